"""All handshakes of one client fail, while the same servers accept others."""

from __future__ import annotations


def test_a_client_that_fails_where_others_complete_is_named(cases, seen):
    (pattern,) = seen(cases("one_client_fails"))

    assert (1, 3, 5) == pattern.handshakes
    assert "client" == pattern.side
    assert "All 3 handshakes of 192.0.2.11 failed, while 3 handshakes" in str(pattern.summary)
    assert "certificate.untrusted.unknown_ca (3)" in str(pattern.summary)
    assert "Its list of roots may be old" in str(pattern.fix)


def test_it_is_surer_with_several_servers(cases, seen, moved):
    here = cases("one_client_fails")
    there = [moved(case, server="192.0.2.90") for case in here]

    (one,), (both,) = seen(here), seen(here + there)

    assert one.confidence < both.confidence


def test_two_failures_are_too_few(cases, seen):
    assert [] == seen(cases("one_client_fails")[:5])


def test_one_success_is_enough_to_acquit_the_client(cases, seen, moved):
    judged = cases("one_client_fails")

    assert [] == seen([*judged, moved(judged[0], client="192.0.2.11")])


def test_where_nobody_else_completes_it_is_not_the_client(cases, seen, moved):
    assert [] == seen([case for case in cases("one_client_fails") if case[1]])
