"""IRCv3 "tls"."""

from __future__ import annotations


def test_starttls_is_granted_by_670_between_other_messages(said):
    prelude = said("""
        C: CAP LS 302
        S: :irc.test NOTICE * :*** Looking up your hostname
        S: :irc.test CAP * LS :multi-prefix tls
        C: STARTTLS
        S: :irc.test NOTICE * :*** Found your hostname
        S: :irc.test 670 nick :STARTTLS successful, proceed with TLS handshake
    """)

    assert "irc" == prelude.protocol
    assert prelude.advertised
    assert (7, 9) == (prelude.asked.packet, prelude.granted.packet)


def test_a_refusal_is_kept(said):
    refused = said("""
        C: STARTTLS
        S: :irc.test 691 nick :STARTTLS failed (no certificate)
    """).refused

    assert ("refused", "691") == (refused.kind, refused.code)
    assert ":irc.test 691 nick :STARTTLS failed (no certificate)" == refused.words


def test_another_unknown_command_is_no_refusal(said):
    prelude = said("C: NICK me\n S: :irc.test 421 me FOO :Unknown command\n C: STARTTLS")

    assert prelude.asked
    assert prelude.refused is None


def test_a_chat_in_plain_is_no_refusal(said):
    prelude = said("C: NICK me\n S: :irc.test 001 me :Welcome\n C: JOIN #tls", closed_by="client")

    assert prelude.went_on
    assert prelude.refused is None
