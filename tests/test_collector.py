"""The garbage collector does not run meanwhile, and is left as it was found."""

from __future__ import annotations

import gc

import pytest

from tlsparse import collector


@pytest.fixture(autouse=True)
def as_it_was():
    enabled = gc.isenabled()
    yield
    (gc.enable if enabled else gc.disable)()


def test_it_does_not_run_meanwhile():
    gc.enable()

    with collector.paused():
        assert not gc.isenabled()

    assert gc.isenabled()


def test_who_has_switched_it_off_finds_it_off():
    gc.disable()

    with collector.paused():
        pass

    assert not gc.isenabled()


def test_it_runs_again_after_an_error():
    gc.enable()

    with pytest.raises(ZeroDivisionError), collector.paused():
        1 / 0  # noqa: B018

    assert gc.isenabled()
