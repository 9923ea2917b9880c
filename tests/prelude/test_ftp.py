"""RFC 4217."""

from __future__ import annotations

import pytest


def test_auth_tls_is_granted_by_234(said):
    prelude = said("""
        S: 220-Welcome
        S: to this server
        S: 220 ready
        C: FEAT
        S: 211-Features:
        S:  AUTH TLS
        S: 211 End
        C: AUTH TLS
        S: 234 Proceed with negotiation.
    """)

    assert "ftp" == prelude.protocol
    assert prelude.advertised
    assert (11, 12) == (prelude.asked.packet, prelude.granted.packet)


@pytest.mark.parametrize("command", ["AUTH SSL", "AUTH TLS-C", "auth tls"])
def test_older_names_of_the_mechanism_ask_for_tls_too(said, command):
    assert said(f"S: 220 ready\n C: {command}").request == command


def test_the_last_to_be_asked_for_counts(said):
    prelude = said("""
        S: 220 ready
        C: AUTH TLS
        S: 504 unknown mechanism
        C: AUTH SSL
        S: 234 OK
    """)

    assert (7, 8) == (prelude.asked.packet, prelude.granted.packet)
    assert prelude.refused is None


def test_a_refusal_is_kept(said):
    refused = said("S: 220 ready\n C: AUTH TLS\n S: 530 Please login with USER and PASS.").refused

    assert ("530", "530 Please login with USER and PASS.") == (refused.code, refused.words)


def test_other_mechanisms_ask_for_no_tls(said):
    prelude = said("S: 220 GridFTP\n C: AUTH GSSAPI\n S: 534 no")

    assert prelude.asked is None
    assert prelude.refused is None
