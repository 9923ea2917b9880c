"""Client and server have no signature scheme in common."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Phrase, Text, advice, rule
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.offer import NARROW, SIGNATURE_SCHEME, named, real, suspects

ALERTS = ("handshake_failure", "insufficient_security", "encrypted")
"""Java finds out only after its ServerHello, and then its alert is encrypted."""


@rule
def no_shared_signature_scheme(handshake: Handshake) -> Iterator[Finding]:
    """The server found no signature scheme in the offer that it could use.

    What it looks like
        ClientHello, then handshake_failure from the server in place of a ServerHello, and the client's list of
        signature schemes is short, or lacks what the server chose for another client of the capture.

    What it means
        The server's key cannot sign in a way that the client accepts: the client allows ECDSA only and the server's key
        is RSA, or the other way round; or the key is of a rare kind, such as Ed25519.

    What to try
        Give the server a second certificate with another kind of key, or let the client accept more signature schemes.
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
    offered = real(hello.signature_schemes)
    if not offered:
        return
    confidence = suspects(handshake)[SIGNATURE_SCHEME]
    if alert.encrypted and confidence < NARROW:
        return
    asked, names = handshake.first("client_hello"), named(offered)
    precedent = next(iter(handshake.precedents), None)
    yield Finding(
        "negotiation.signature_scheme",
        confidence=confidence,
        side="server",
        step=handshake.step,
        summary=Text(
            "{server} refused the ClientHello with {alert} (packet {packet}). The client offers these signature "
            "schemes: {offered}.",
            server=handshake.target,
            alert=Phrase("an encrypted alert") if alert.encrypted else alert.name,
            packet=alert.packet,
            offered=names,
        ),
        fix=advice(
            "Give {server} a certificate whose key signs with one of {offered}, or let the client accept more "
            "signature schemes (OpenSSL: -sigalgs, SignatureAlgorithms).",
            server=handshake.target,
            offered=names,
        ),
        evidence=tuple(e for e in (asked, alert, precedent and precedent.answer) if e is not None),
    )
