"""The registries, as files: what numbers and identifiers are called.

One CSV file for each registry, the value in the first column and its name in the second;
``README.md`` beside them tells where they come from. This is all the code that reads them.
"""

from __future__ import annotations

import csv
import pkgutil

# State of the data.
REGISTRY_DATE = "2026-08"


def read_registry(name: str) -> dict[str, str]:
    """Read one registry: value to name, both as they are written in ``<name>.csv``.

    The package's loader finds the file, in a folder or in a zip. `importlib.resources` would too, but
    its import takes longer than a small capture.
    """
    data = pkgutil.get_data(__name__, f"{name}.csv") or b""
    rows = csv.reader(data.decode("utf-8").splitlines())
    next(rows)  # the heads of the columns
    return {value: name for value, name in rows}
