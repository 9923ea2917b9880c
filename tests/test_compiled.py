"""Kernels give the same answers compiled and interpreted."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

CAPTURES = Path(__file__).parent.parent / "captures"

READ_BOTH_WAYS = """
import json, sys
from pathlib import Path
import tlsparse
from tlsparse import compiled
from tlsparse.output import as_json

def said():
    answers = {}
    for path in sorted(Path(sys.argv[1]).glob("*.pcap*")):
        capture = tlsparse.read(path)
        problems = [(p.packet, p.problem) for p in capture.contents.problems]
        answers[path.name] = [list(as_json(capture.contents)), problems]
    return json.dumps(answers)

interpreted = said()
assert compiled.compile_kernels()
assert interpreted == said()
compiled.interpret_kernels()
assert interpreted == said()
print(len(json.loads(interpreted)))
"""


@pytest.mark.slow
def test_every_capture_reads_the_same_compiled_and_interpreted(tmp_path: Path) -> None:
    """Compiled kernels see numpy views of the very columns that interpreted ones work on."""
    pytest.importorskip("numba")
    run = subprocess.run(
        [sys.executable, "-c", READ_BOTH_WAYS, str(CAPTURES)],
        capture_output=True,
        text=True,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
        cwd=CAPTURES.parent,
    )

    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > 100
    assert "compiled 'track'" in run.stderr  # it says what took so long, on standard error


def test_without_numba_there_is_nothing_to_compile() -> None:
    """The extra `fast` is optional: without it everything is read by the interpreter."""
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.modules['numba'] = None\n"
            "import tlsparse.compiled as c; print(c.compile_kernels())",
        ],
        capture_output=True,
        text=True,
        cwd=CAPTURES.parent,
    )

    assert run.stdout.strip() == "False"


def test_a_small_capture_never_waits_for_a_compiler() -> None:
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, tlsparse; tlsparse.read(sys.argv[1]); print('numba' in sys.modules)",
            str(CAPTURES / "tls13.pcap"),
        ],
        capture_output=True,
        text=True,
        cwd=CAPTURES.parent,
    )

    assert run.stdout.strip() == "False"


TOTAL = """
import sys
from array import array
from tlsparse import compiled

@compiled.kernel
def total(values, count):
    result = 0
    for i in range(count):
        result += values[i]
    return result

assert compiled.compile_kernels()
try:
    print(compiled.invoke(total, array("q", [1, 2, 3]), int(sys.argv[1])), "numba" in sys.modules)
    compiled.invoke(total, array("q", [1, 2, 3]))
except (IndexError, TypeError) as error:
    print(type(error).__name__, error)
"""


@pytest.fixture
def total(tmp_path: Path):
    """Run a small kernel in a process of its own; its code is kept in `tmp_path`."""
    pytest.importorskip("numba")
    (tmp_path / "total.py").write_text(TOTAL)

    def run(count: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, tmp_path / "total.py", str(count)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": str(CAPTURES.parent)},
        )

    return run


@pytest.mark.slow
def test_what_was_compiled_once_is_loaded_without_numba(total) -> None:
    first, second = total(3), total(3)

    assert "6 True" == first.stdout.splitlines()[0]
    assert "compiled 'total'" in first.stderr
    assert "6 False" == second.stdout.splitlines()[0]
    assert "" == second.stderr


@pytest.mark.slow
def test_of_processes_that_need_the_same_kernel_one_compiles_it(total) -> None:
    """As the workers do that read one capture."""
    pytest.importorskip("fcntl")
    with ThreadPoolExecutor(3) as threads:
        runs = list(threads.map(total, [3, 3, 3]))

    assert ["6"] * 3 == [run.stdout.split()[0] for run in runs]
    assert 1 == sum("compiled 'total'" in run.stderr for run in runs)


@pytest.mark.slow
def test_a_kernel_stops_at_the_end_of_a_column(total) -> None:
    """The input is hostile: compiled code checks its bounds."""
    assert "IndexError" == total(4).stdout.split()[0]


@pytest.mark.slow
def test_a_kernel_refuses_other_arguments_than_it_was_compiled_for(total) -> None:
    assert "TypeError total takes 8 words, not 7" == total(3).stdout.splitlines()[1]


@pytest.mark.slow
def test_damaged_code_is_compiled_anew(total, tmp_path: Path) -> None:
    total(3)
    (kept,) = tmp_path.glob("tlsparse/kernels-*/*.total.o")
    kept.write_bytes(kept.read_bytes()[:-100])

    again = total(3)

    assert "6 True" == again.stdout.splitlines()[0]
    assert "compiled 'total'" in again.stderr
