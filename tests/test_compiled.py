"""Kernels give the same answers compiled and interpreted."""

from __future__ import annotations

import os
import subprocess
import sys
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
        answers[path.name] = [list(as_json(capture)), problems]
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
