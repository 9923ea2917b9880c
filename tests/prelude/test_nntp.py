"""RFC 4642."""

from __future__ import annotations


def test_starttls_is_granted_by_382(said):
    prelude = said("""
        S: 201 news.test ready
        C: CAPABILITIES
        S: 101 Capability list:
        S: VERSION 2
        S: STARTTLS
        S: .
        C: STARTTLS
        S: 382 Continue with TLS negotiation
    """)

    assert "nntp" == prelude.protocol
    assert prelude.advertised
    assert (10, 11) == (prelude.asked.packet, prelude.granted.packet)


def test_a_refusal_is_kept(said):
    refused = said("S: 200 news\n C: STARTTLS\n S: 580 Can not initiate TLS negotiation").refused

    assert ("refused", "580") == (refused.kind, refused.code)


def test_starttls_without_a_greeting_is_told_from_smtp_by_its_answer(said):
    assert "nntp" == said("C: STARTTLS\n S: 382 Continue").protocol
    assert "smtp" == said("C: STARTTLS\n S: 220 Go ahead").protocol
