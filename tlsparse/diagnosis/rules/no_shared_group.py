"""Client and server have no group for the key exchange in common."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Phrase, Text, advice, rule
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.offer import GROUP, NARROW, named, real, suspects

ALERTS = ("handshake_failure", "insufficient_security", "unexpected_message")
"""Java says unexpected_message to a client of TLS 1.3 without a group that it has."""


@rule
def no_shared_group(handshake: Handshake) -> Iterator[Finding]:
    """The server found no group in the offer that it could use.

    What it looks like
        ClientHello, then handshake_failure from the server in place of a ServerHello, and the client's list of
        groups is short, or lacks what the server chose for another client of the capture.

    What it means
        The client allows few groups, such as x448 or x25519 alone, and the server has others.

    What to try
        Let the client offer X25519 and secp256r1: nearly every server has one of them.
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
    offered = real(hello.groups)
    if not offered:
        return
    confidence = suspects(handshake)[GROUP]
    if alert.name == "unexpected_message" and confidence < NARROW:
        return
    asked, names = handshake.first("client_hello"), named(offered)
    precedent = next(iter(handshake.precedents), None)
    yield Finding(
        "negotiation.group",
        confidence=confidence,
        side="server",
        step=handshake.step,
        summary=Text(
            "{server} refused the ClientHello with {alert} (packet {packet}). The client offers these groups: "
            "{offered}.",
            server=handshake.target,
            alert=Phrase("an encrypted alert") if alert.encrypted else alert.name,
            packet=alert.packet,
            offered=names,
        ),
        fix=advice(
            "Let the client offer X25519 and secp256r1 beside {offered}, or allow one of the client's groups on "
            "{server} (nginx: ssl_ecdh_curve; OpenSSL: Groups).",
            server=handshake.target,
            offered=names,
        ),
        evidence=tuple(e for e in (asked, alert, precedent and precedent.answer) if e is not None),
    )
