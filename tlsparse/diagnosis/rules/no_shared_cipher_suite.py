"""Client and server have no cipher suite in common."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Phrase, Text, advice, rule
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.offer import CIPHER_SUITE, named, real, suspects

ALERTS = ("handshake_failure", "insufficient_security")


@rule
def no_shared_cipher_suite(handshake: Handshake) -> Iterator[Finding]:
    """The server found no cipher suite in the offer that it could use.

    What it looks like
        ClientHello, then handshake_failure from the server in place of a ServerHello, and the client's list of
        cipher suites is short, or lacks what the server chose for another client of the capture.

    What it means
        No suite of the client's list is allowed on the server; or those that are do not fit its certificate: a server
        with an RSA key alone cannot use ECDHE_ECDSA suites, one with an ECDSA key alone no others.

    What to try
        Compare the `offers` table with the server's list of suites and the kind of its key.
    """
    alert, hello = handshake.refusal, handshake.client_hello
    if (
        alert is None
        or hello is None
        or alert.sender != "server"
        or handshake.step != "client_hello"
    ):
        return
    if alert.name not in ALERTS:
        return
    offered = real(hello.cipher_suites)
    if not offered:
        return
    confidence = suspects(handshake)[CIPHER_SUITE]
    asked, names = handshake.first("client_hello"), named(offered)
    precedent = next(iter(handshake.precedents), None)
    yield Finding(
        "negotiation.cipher_suite",
        confidence=confidence,
        side="server",
        step=handshake.step,
        summary=Text(
            "{server} refused the ClientHello with {alert} (packet {packet}). The client offers these cipher suites: "
            "{offered}.",
            server=handshake.target,
            alert=Phrase("an encrypted alert") if alert.encrypted else alert.name,
            packet=alert.packet,
            offered=names,
        ),
        fix=advice(
            "Allow on {server} one of the client's suites, with a certificate whose key fits it (nginx: ssl_ciphers; "
            "OpenSSL: openssl ciphers -s -v), or let the client offer more: {offered}.",
            server=handshake.target,
            offered=names,
        ),
        evidence=tuple(e for e in (asked, alert, precedent and precedent.answer) if e is not None),
    )
