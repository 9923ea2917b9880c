"""A first look never waits for a heavy package: each is imported by what needs it, when it does."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"pandas", "numpy", "matplotlib", "numba", "cryptography", "scapy"}

HELP = """
import contextlib, io, sys
from tlsparse.cli import main
with contextlib.redirect_stdout(io.StringIO()) as shown, contextlib.suppress(SystemExit):
    main(["--help"])
assert "diagnose" in shown.getvalue(), shown.getvalue()
"""


@pytest.mark.parametrize("first_look", ["import tlsparse", HELP], ids=["import", "help"])
def test_a_first_look_imports_nothing_heavy(first_look):
    shown = subprocess.run(
        [sys.executable, "-c", f"{first_look}\nimport sys\nprint(*sys.modules, sep='\\n')"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(shown.stdout.split())

    assert "tlsparse" in loaded
    assert set() == HEAVY & loaded
