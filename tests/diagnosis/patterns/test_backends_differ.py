"""Machines behind one address answer the same offer in different ways."""

from __future__ import annotations

import tlsparse
from tlsparse.diagnosis.finding import Severity


def test_the_face_with_which_handshakes_fail_is_told(cases, seen):
    (pattern,) = seen(cases("backends_differ"))

    assert (1, 3, 5) == pattern.handshakes
    assert Severity.failure is pattern.severity
    assert "all 3 handshakes with the one completed, and all 3 with the other failed" in str(
        pattern.summary
    )
    assert "They differ in: certificate." in str(pattern.summary)


def test_faces_with_which_all_complete_are_a_warning(cases, seen, moved):
    judged = [moved(case, client="192.0.2.10") for case in cases("certificates_differ")]

    (pattern,) = seen(judged)

    assert Severity.warning is pattern.severity
    assert "3 times in the one and 3 times in the other" in str(pattern.summary)


def test_a_certificate_that_was_replaced_is_no_second_machine(cases, seen):
    assert [] == seen(cases("wrong_renewal"))


def test_where_each_client_sees_one_face_the_clients_may_be_the_reason(cases, seen):
    assert [] == seen(cases("certificates_differ"))


def test_two_of_a_kind_are_too_few(cases, seen):
    assert [] == seen(cases("backends_differ")[:4])


def test_another_offer_may_well_get_another_answer(cases, seen, moved):
    """TLS 1.2 for GnuTLS, TLS 1.3 for curl."""
    old, new = cases("gnutls_tls12")[0], cases("tls13")[0]

    assert [] == seen([old, new] * 4)


def test_a_name_that_a_shell_would_not_leave_alone_is_in_no_command(captures, seen):
    data = (captures / "backends_differ.pcap").read_bytes()
    contents = tlsparse.read(data.replace(b"server.test", b"$(reboot).x")).contents

    (pattern,) = seen((h, contents.findings[h.number]) for _, h in contents.each())

    assert "(openssl s_client -connect BACKEND)" in str(pattern.fix)
    assert "reboot" not in str(pattern.fix)
