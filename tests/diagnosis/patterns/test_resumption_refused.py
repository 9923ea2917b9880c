"""A server takes up no session, however often clients offer one."""

from __future__ import annotations


def test_tickets_that_are_passed_over_each_time_are_told(cases, seen):
    (pattern,) = seen(cases("resumption_refused"))

    assert (1, 2, 3, 4, 5) == pattern.handshakes
    assert "192.0.2.10 offered 192.0.2.80:443 5 times to resume a session" in str(pattern.summary)


def test_four_times_are_too_few(cases, seen):
    assert [] == seen(cases("resumption_refused")[:5])


def test_one_session_that_was_taken_up_shows_that_it_works(cases, seen):
    assert [] == seen(cases("resumption_refused") + cases("resumed_ticket"))


def test_the_session_id_of_a_client_of_tls_13_is_no_offer(cases, seen):
    assert [] == seen(cases("tls13") * 6)
