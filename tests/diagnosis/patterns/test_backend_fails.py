"""One of several addresses of a name fails."""

from __future__ import annotations


def test_the_address_that_fails_is_named_beside_those_that_do_not(cases, seen):
    (pattern,) = seen(cases("one_backend_fails"))

    assert (1, 3, 5) == pattern.handshakes
    assert "All 3 handshakes for server.test with 192.0.2.81:443 failed" in str(pattern.summary)
    assert "while 3 with 192.0.2.80:443 completed" in str(pattern.summary)
    assert "Take 192.0.2.81:443 out of the addresses of server.test" in str(pattern.fix)


def test_an_address_that_completes_now_and_then_is_another_matter(cases, seen, moved):
    judged = cases("one_backend_fails")

    assert [] == seen([*judged, moved(judged[0], server="192.0.2.81")])


def test_two_failures_are_too_few(cases, seen):
    assert [] == seen(cases("one_backend_fails")[:5])


def test_where_another_client_fails_it_may_be_the_client(cases, seen, moved):
    judged = cases("one_backend_fails")

    assert [] == seen(moved(c, client="192.0.2.11") if c[1] else c for c in judged)


def test_one_address_alone_has_no_fellows(cases, seen):
    assert [] == seen(cases("one_client_fails"))
