"""Items are made in another thread, a bounded number of them at a time."""

from __future__ import annotations

import threading

import pytest

from tlsparse.ahead import ahead


def test_items_come_in_order():
    assert list(range(100)) == list(ahead(iter(range(100)), 2))


def test_no_more_are_made_than_may_be_there_at_a_time():
    """A buffer is used again for the item after next: that must not be made before this one is done with."""
    made = []

    def items():
        for n in range(20):
            made.append(n)
            yield n

    for n in ahead(items(), 3):
        assert len(made) <= n + 3


def test_an_exception_comes_after_the_items_before_it():
    def items():
        yield 1
        raise OSError("the disk is gone")

    making = ahead(items(), 2)

    assert 1 == next(making)
    with pytest.raises(OSError, match="the disk is gone"):
        next(making)


def test_who_stops_early_leaves_no_thread_behind():
    before = threading.active_count()
    making = ahead(iter(range(100)), 2)
    next(making)
    making.close()

    assert before == threading.active_count()
