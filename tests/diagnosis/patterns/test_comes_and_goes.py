"""The same attempt now completes and now fails."""

from __future__ import annotations


def test_failures_in_turns_with_successes_are_told(cases, seen):
    (pattern,) = seen(cases("comes_and_goes"))

    assert (1, 3, 5) == pattern.handshakes
    assert "3 handshakes completed and 3 failed, in turns" in str(pattern.summary)


def test_a_connection_that_was_refused_had_the_same_offer_in_mind(cases, seen):
    judged = cases("slow_restart")

    (pattern,) = seen(judged[n] for n in (0, 3, 1, 4, 2, 5))

    assert "transport.refused (3)" in str(pattern.summary)


def test_what_broke_once_does_not_come_and_go(cases, seen):
    assert [] == seen(cases("slow_restart"))


def test_where_the_server_shows_another_face_that_says_more(cases, seen):
    assert [] == seen(cases("backends_differ"))


def test_another_client_is_another_attempt(cases, seen):
    assert [] == seen(cases("one_client_fails"))


def test_another_offer_is_another_attempt(cases, seen):
    """With TLS 1.3 it fails, with TLS 1.2 it completes."""
    assert [] == seen(cases("fallback_retries"))
