"""What every test may ask for: captures, commented hex, and a reason to be skipped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of captures that the manifest describes."""
    return ROOT / "captures"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of the larger collection of captures, which not every checkout has beside it."""
    if not SHARED.is_dir():
        pytest.skip("no larger collection of captures beside the checkout")
    return SHARED


@pytest.fixture(scope="session")
def wire() -> Callable[[str], bytes]:
    """Turn hex with comments into the bytes that a wire would carry."""

    def read_hex(text: str) -> bytes:
        return bytes.fromhex("".join(line.partition("#")[0] for line in text.splitlines()))

    return read_hex


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run, and say what it lacks."""
    lacking = {
        "tshark": None if shutil.which("tshark") else "tshark is not installed",
        "shared": None if SHARED.is_dir() else "no larger collection of captures",
        "browser": None if shutil.which("chromedriver") else "no headless Chromium and its driver",
        "slow": None
        if config.getoption("--slow") or "CI" in os.environ
        else "slow; run with --slow",
    }
    for item in items:
        for marker, reason in lacking.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))
