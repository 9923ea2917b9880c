"""The handshakes with a server fail since a moment, or until one."""

from __future__ import annotations

import pytest

from tlsparse.diagnosis.finding import Severity


def test_a_server_that_fails_since_a_moment_is_named_with_what_changed(cases, seen):
    (pattern,) = seen(cases("wrong_renewal"))

    assert "A server fails since a moment" == str(pattern.title)
    assert (3, 4, 5) == pattern.handshakes
    assert "when it began to show another certificate" in str(pattern.summary)
    assert 2 == len(pattern.packets)


def test_an_outage_is_over(cases, seen):
    (pattern,) = seen(cases("slow_restart"))

    assert "A server failed for a while" == str(pattern.title)
    assert Severity.note is pattern.severity
    assert "all 6 before and after that completed" in str(pattern.summary)
    assert 4 == len(pattern.packets)


def test_a_server_that_recovered_is_told_too(cases, seen):
    (pattern,) = seen(cases("slow_restart")[3:])

    assert "A server has recovered" == str(pattern.title)


@pytest.mark.parametrize("order", [(0, 1, 3, 4, 5), (0, 1, 2, 3, 4), (0, 3, 1, 4, 2, 5)])
def test_too_few_on_one_side_or_in_turns_is_no_turning_point(order, cases, seen, moved):
    judged = cases("wrong_renewal")

    assert [] == seen(moved(judged[n], at_s=second) for second, n in enumerate(order))


def test_where_the_clients_changed_too_they_may_be_the_reason(cases, seen, moved):
    judged = cases("wrong_renewal")

    assert [] == seen(judged[:3] + [moved(case, client="192.0.2.11") for case in judged[3:]])
