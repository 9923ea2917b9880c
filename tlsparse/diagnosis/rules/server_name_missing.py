"""The server needs a server name, and the client sent none."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, advice, rule
from tlsparse.handshake.handshake import Handshake

SAID = {
    "unrecognized_name": 0.93,
    "internal_error": 0.7,
    "missing_extension": 0.7,
    "handshake_failure": 0.5,
}
"""How sure each alert makes it: Go says internal_error where it finds no certificate for a name."""


@rule
def server_name_missing(handshake: Handshake) -> Iterator[Finding]:
    """A client that names no server is refused.

    What it looks like
        ClientHello without the extension server_name, then unrecognized_name, or internal_error of Go.

    What it means
        The server has several names, each with its certificate, and none for clients that do not say which they want.
        Old clients, and those that were given an address in place of a name, send no name.

    What to try
        Let the client use a name (openssl s_client: -servername), or give the server a default certificate.
    """
    alert, hello = handshake.refusal, handshake.client_hello
    if alert is None or hello is None or not hello.extensions:
        return
    if alert.sender != "server" or handshake.step != "client_hello" or hello.server_name:
        return
    if alert.name not in SAID or hello.psk_identities or handshake.order:
        return
    named = next((p for p in handshake.precedents if p.offer.server_name), None)
    confidence = SAID[alert.name]
    asked = handshake.first("client_hello")
    yield Finding(
        "negotiation.server_name.missing",
        confidence=max(confidence, 0.9) if named is not None else confidence,
        side="client",
        step=handshake.step,
        summary=Text(
            "The client names no server in its hello, and {server} refused it with {alert} (packet {packet}).",
            server=handshake.target,
            alert=alert.name,
            packet=alert.packet,
        ),
        fix=advice(
            "Let the client name the server it wants (openssl s_client -servername NAME; curl with a name in place of"
            " "
            "the address), or give {server} a certificate for clients without a name.",
            server=handshake.target,
        ),
        evidence=tuple(e for e in (asked, alert, named and named.answer) if e is not None),
    )
