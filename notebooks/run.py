"""Run the notebooks anew and keep their outputs: ``python notebooks/run.py [NAME.ipynb...]``.

Without names, runs all. Each gets a clean kernel, in this folder. What differs from one run to the
next without meaning anything (times, counts, the version of Python, random ids) is not written, so
that a diff shows only what changed for a reader.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parent
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def main() -> None:
    """Run the notebooks that are named on the command line."""
    for name in sys.argv[1:] or sorted(path.name for path in FOLDER.glob("*.ipynb")):
        path = FOLDER / Path(name).name
        notebook = nbformat.read(path, as_version=4)
        client = NotebookClient(
            notebook,
            timeout=120,
            kernel_name="python3",
            record_timing=False,
            resources={"metadata": {"path": str(FOLDER)}},
        )
        client.execute()
        steady(notebook)
        nbformat.write(notebook, path)
        print(path.name)


def steady(notebook: nbformat.NotebookNode) -> None:
    """Keep of a notebook only what is the same in every run."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02}"
        cell.metadata = nbformat.from_dict({})
        if cell.cell_type == "code":
            cell.execution_count = None
            for output in cell.outputs:
                output.pop("execution_count", None)
                if output.output_type == "execute_result":
                    output.execution_count = None


if __name__ == "__main__":
    main()
