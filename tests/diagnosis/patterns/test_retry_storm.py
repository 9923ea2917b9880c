"""A client fails against a server again and again."""

from __future__ import annotations

import pytest


def at(cases, moved, seconds):
    """Return the first failure of a capture at each of these seconds."""
    case = cases("retry_storm")[0]
    return [moved(case, at_s=1000 + second) for second in seconds]


def test_tries_a_second_apart_are_told_with_their_interval(cases, seen):
    (pattern,) = seen(cases("retry_storm"))

    assert tuple(range(7)) == pattern.handshakes
    assert "7 times in 6.0 s and failed each time, every 1.0 s without backing off" in str(
        pattern.summary
    )


def test_a_program_that_backs_off_is_told_so(cases, seen, moved):
    (pattern,) = seen(at(cases, moved, [0, 1, 3, 7, 15, 31]))

    assert "it waits longer and longer, last 16.0 s" in str(pattern.summary)


@pytest.mark.parametrize(
    "seconds",
    [
        [0, 1, 2, 3],  # too few
        [0, 60, 120, 180, 240, 300],  # monitoring
        [0, 0, 0, 0, 0, 0],  # beside one another
    ],
)
def test_few_slow_or_parallel_tries_are_no_storm(seconds, cases, seen, moved):
    assert [] == seen(at(cases, moved, seconds))


def test_a_success_between_ends_the_series(cases, seen, moved):
    failures = at(cases, moved, range(8))
    (success,) = cases("tls13")

    assert [] == seen([*failures[:4], success, *failures[4:]])
