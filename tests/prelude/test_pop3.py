"""RFC 2595 section 4."""

from __future__ import annotations

CAPABILITIES = """
    S: +OK POP3 ready
    C: CAPA
    S: +OK
    S: UIDL
    S: {}
    S: .
"""


def test_stls_is_granted_by_ok(said):
    prelude = said(CAPABILITIES.format("STLS") + "C: STLS\n S: +OK Begin TLS")

    assert "pop3" == prelude.protocol
    assert prelude.advertised
    assert (10, 11) == (prelude.asked.packet, prelude.granted.packet)


def test_a_refusal_is_kept(said):
    refused = said("S: +OK ready\n C: STLS\n S: -ERR Command not permitted").refused

    assert ("refused", "-ERR") == (refused.kind, refused.code)
    assert "-ERR Command not permitted" == refused.words


def test_a_client_that_leaves_over_the_list_was_refused(said):
    assert "not_advertised" == said(CAPABILITIES.format("TOP"), closed_by="client").refused.kind


def test_a_client_that_leaves_with_stls_on_the_list_was_not_refused(said):
    assert said(CAPABILITIES.format("STLS"), closed_by="client").refused is None


def test_a_login_in_plain_is_no_refusal(said):
    prelude = said(CAPABILITIES.format("USER") + "C: USER me\n S: +OK", closed_by="client")

    assert prelude.went_on
    assert prelude.refused is None


def test_redis_is_no_pop3_though_it_answers_ok(mixed):
    words = ("C", b"*1\r\n$4\r\nPING\r\n"), ("S", b"+PONG\r\n"), ("C", b"*1\r\n"), ("S", b"+OK\r\n")

    assert mixed(*words) is None
