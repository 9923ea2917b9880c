"""The client stopped in the middle of the server's flight."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.stacks import client_stack

ONE_BY_ONE = ("nss",)
"""Stacks that take one record after another from the socket, and judge the certificate when they have them all."""


@rule
def flight_unread(handshake: Handshake) -> Iterator[Finding]:
    """A client that judges a certificate last refused something before it had read the whole flight.

    What it looks like
        TLS 1.3, a client with NSS, an encrypted alert in place of its Finished, and a reset right behind it though the
        server sent nothing in between.

    What it means
        A socket that is closed while there are unread bytes in it answers with a reset. NSS verifies the chain beside
        the handshake, when everything has been read; so what it refused was a record or message before that: one that
        it could not decrypt, or that may not come there.

    What to try
        Capture on both sides and compare.
    """
    alert = handshake.refusal
    if alert is None or not alert.encrypted or alert.sender != "client":
        return
    if handshake.version is None or not handshake.version.is_tls13 or handshake.order:
        return
    if handshake.outcome != "alerted" or handshake.flow.transport != "tcp":
        return
    after = next((e for e in handshake.events if e.order > alert.order), None)
    if after is None or after.name != "rst" or after.sender != "client":
        return
    stack = client_stack(handshake)
    if stack is None or stack.family not in ONE_BY_ONE:
        return
    yield Finding(
        "integrity",
        confidence=0.82,
        side="network",
        step="server_hello",
        summary=Text(
            "The client ended the handshake with an encrypted alert (packet {packet}) and left bytes of the server's "
            "flight unread, as the reset of packet {reset} shows. {stack} judges a certificate when it has read all: "
            "it refused a record or message before that.",
            packet=alert.packet,
            reset=after.packet,
            stack=stack.name,
        ),
        fix=Text(
            "Capture at the client and at {server} and compare the bytes; switch inspecting boxes and TCP offloading "
            "off one by one. With the keys of the client (SSLKEYLOGFILE) the alert can be read.",
            server=handshake.target,
        ),
        evidence=(*_flight(handshake, alert), alert, after),
    )


def _flight(handshake: Handshake, alert: Event) -> list[Event]:
    """Return the last thing of the server that the client can have read."""
    return [e for e in handshake.all("message", "server") if e.order < alert.order][-1:]
