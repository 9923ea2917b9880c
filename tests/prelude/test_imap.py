"""RFC 9051 section 6.2.1."""

from __future__ import annotations

GREETING = "S: * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\n"


def test_starttls_is_granted_under_its_tag(said):
    prelude = said(GREETING + "C: A1 STARTTLS\n S: * 3 EXISTS\n S: A1 OK Begin TLS negotiation now")

    assert "imap" == prelude.protocol
    assert prelude.advertised
    assert (5, 7) == (prelude.asked.packet, prelude.granted.packet)


def test_answers_are_told_apart_though_every_command_has_the_same_tag(said):
    """OpenSSL sends a dot as the tag of all its commands."""
    prelude = said("""
        S: * OK ready
        C: . CAPABILITY
        S: * CAPABILITY IMAP4rev1 STARTTLS
        S: . OK done
        C: . STARTTLS
        S: . BAD TLS support isn't enabled.
    """)

    assert prelude.advertised
    assert prelude.granted is None
    assert ("refused", "BAD", 9) == (
        prelude.refused.kind,
        prelude.refused.code,
        prelude.refused.turn.packet,
    )


def test_a_list_in_the_greeting_counts(said):
    greeting = "S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\n"

    assert "not_advertised" == said(greeting, closed_by="client").refused.kind
    assert said(greeting + "C: a LOGIN me secret", closed_by="client").refused is None


def test_what_is_kept_as_text_holds_no_password(said):
    prelude = said(GREETING + "C: a LOGIN me secret\n S: a NO")

    assert prelude.went_on
    assert "secret" not in prelude.request + prelude.greeting
