"""Clients see different certificates of the same server."""

from __future__ import annotations

from tlsparse.diagnosis.finding import Severity


def test_another_authority_for_some_clients_is_something_on_their_path(cases, seen):
    (pattern,) = seen(cases("certificates_differ"))

    assert "network" == pattern.side
    assert (1, 3, 5) == pattern.handshakes
    assert "CN=Other Intermediate" in str(pattern.summary)


def test_the_same_authority_is_another_machine(cases, seen, moved):
    judged = [
        moved(case, client="192.0.2.11") if case[1] else case for case in cases("backends_differ")
    ]

    (pattern,) = seen(judged)

    assert "server" == pattern.side
    assert "reach the same machine" in str(pattern.fix)


def test_a_certificate_that_changed_at_a_moment_was_replaced(cases, seen):
    (pattern,) = seen(cases("wrong_renewal"))

    assert "A server's certificate was replaced" == str(pattern.title)
    assert Severity.note is pattern.severity
    assert (3, 4, 5) == pattern.handshakes


def test_a_client_that_sees_both_is_another_matter(cases, seen):
    assert [] == seen(cases("backends_differ"))


def test_two_of_a_kind_are_too_few(cases, seen):
    assert [] == seen(cases("certificates_differ")[:5])


def test_a_server_may_have_a_certificate_for_each_kind_of_key(cases, seen, moved):
    """RSA for old clients, ECDSA for new ones."""
    one = cases("tls12_ecdhe")[0]
    other = moved(cases("tls12_ecdhe_rsa")[0], client="192.0.2.11")

    assert [] == seen([one, other] * 4)
