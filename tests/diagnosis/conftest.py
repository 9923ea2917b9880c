"""Handshakes from a script, as `tests/handshake/conftest.py` makes them, and what one rule says of them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

import tlsparse
from tlsparse.diagnosis.finding import Finding, all_rules
from tlsparse.handshake.handshake import Handshake, build_handshakes


@pytest.fixture(scope="session")
def scripts() -> ModuleType:
    """The builder: test folders are no packages, so its file is named."""
    path = Path(__file__).parent.parent / "handshake" / "conftest.py"
    spec = spec_from_file_location("handshake_scripts", path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def handshake(scripts: ModuleType) -> Callable[..., Handshake]:
    """Make the last handshake of a script; packets 1 to 3 open the connection unless told otherwise."""

    def make(script: str, *, opened: bool = True) -> Handshake:
        flow = scripts.play((scripts.OPEN if opened else "") + script).flow()
        return build_handshakes(flow)[-1]

    return make


@pytest.fixture(scope="session")
def tls12(scripts: ModuleType) -> str:
    return scripts.TLS12


@pytest.fixture(scope="session")
def tls13(scripts: ModuleType) -> str:
    return scripts.TLS13


@pytest.fixture
def findings(
    request: pytest.FixtureRequest, handshake: Callable[..., Handshake], captures: Path
) -> Callable[..., list[Finding]]:
    """Return what the rule of a test file says of a script, or of a handshake of a capture, the first by default."""
    rule = all_rules()[request.path.stem.removeprefix("test_")]

    def say(
        script: str = "", *, capture: str = "", number: int = 0, opened: bool = True
    ) -> list[Finding]:
        if capture:
            return list(rule(tlsparse.read(captures / capture).handshake(number)))
        return list(rule(handshake(script, opened=opened)))

    return say
