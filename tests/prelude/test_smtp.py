"""RFC 3207."""

from __future__ import annotations

import pytest

REFUSED = """
    S: 220 mail.test ESMTP ready
    C: EHLO client.test
    S: 250-mail.test
    S: 250-PIPELINING
    S: 250 STARTTLS
    C: STARTTLS
    S: 454 4.7.0 TLS not available due to temporary reason
"""

NOT_LISTED = """
    S: 220 mail.test ESMTP
    C: EHLO client.test
    S: 250-mail.test
    S: 250 8BITMIME
"""


def test_starttls_is_asked_for_and_granted(said):
    prelude = said("""
        S: 220 mail.test ESMTP ready
        C: EHLO client.test
        S: 250-mail.test
        S: 250 STARTTLS
        C: STARTTLS
        S: 220 2.0.0 Ready to start TLS
    """)

    assert "smtp" == prelude.protocol
    assert "220 mail.test ESMTP ready" == prelude.greeting
    assert prelude.advertised
    assert (8, "STARTTLS") == (prelude.asked.packet, prelude.request)
    assert 9 == prelude.granted.packet
    assert prelude.refused is None


def test_a_refusal_keeps_its_words_and_its_packet(said):
    refused = said(REFUSED).refused

    assert ("server", "refused", "454") == (refused.side, refused.kind, refused.code)
    assert "454 4.7.0 TLS not available due to temporary reason" == refused.words
    assert 10 == refused.turn.packet


def test_a_command_that_was_not_on_the_list_is_refused_as_not_advertised(said):
    refused = said(NOT_LISTED + "C: STARTTLS\n S: 502 5.5.1 command not implemented").refused

    assert ("not_advertised", "502") == (refused.kind, refused.code)


@pytest.mark.parametrize("leaving", ["", "C: QUIT\n S: 221 Bye"])
def test_a_client_that_leaves_over_the_list_was_refused(said, leaving):
    refused = said(NOT_LISTED + leaving, closed_by="client").refused

    assert ("not_advertised", "") == (refused.kind, refused.code)
    assert "250 mail.test 8BITMIME" == refused.words


def test_a_client_that_goes_on_in_plain_was_refused_nothing(said):
    prelude = said(NOT_LISTED + "C: MAIL FROM:<a@client.test>\n S: 250 OK", closed_by="client")

    assert prelude.refused is None
    assert prelude.went_on
    assert prelude.advertised is False


def test_a_capture_that_ends_after_the_list_shows_no_refusal(said):
    assert said(NOT_LISTED).refused is None


def test_a_client_may_go_on_after_a_refusal(said):
    prelude = said(REFUSED + "C: MAIL FROM:<a@client.test>")

    assert prelude.refused
    assert prelude.went_on


def test_starttls_is_found_where_commands_are_sent_without_waiting(mixed):
    prelude = mixed(
        ("S", b"220 mail.test ESMTP\r\n"),
        ("C", b"EHLO client.test\r\nSTARTTLS\r\n"),
        ("S", b"250-mail.test\r\n250 STARTTLS\r\n220 go ahead\r\n"),
    )

    assert prelude.granted
    assert prelude.refused is None


def test_one_direction_alone_is_recognised(said):
    prelude = said("""
        C: EHLO client.test
        C: STARTTLS
    """)

    assert ("smtp", 5) == (prelude.protocol, prelude.asked.packet)
    assert prelude.granted is None
    assert prelude.refused is None


def test_lmtp_is_told_by_its_hello(said):
    prelude = said("""
        S: 220 mail.test LMTP
        C: LHLO client.test
        S: 250 STARTTLS
    """)

    assert "lmtp" == prelude.protocol


def test_http_at_a_mail_server_is_no_smtp(said):
    assert said("S: 220 mail.test ESMTP\n C: GET / HTTP/1.1\n S: 502 5.5.2 what") is None
