"""Datagrams of the server's flight vanish on the way."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.diagnosis.paragraph import paragraph
from tlsparse.handshake.event import TOO_LARGE, Event
from tlsparse.handshake.handshake import Handshake

AFTER_HELLO = ("change_cipher_spec", "encrypted", "client_key_exchange", "certificate")
"""Messages with which a client answers the server's flight."""


@rule
def datagrams_blackholed(handshake: Handshake) -> Iterator[Finding]:
    """Client and server of DTLS or QUIC hear each other, and still get nowhere.

    What it looks like
        The server answers, and the client repeats its ClientHello as if it had not; or the server repeats its flight,
        of which the capture shows only the small datagrams. Perhaps a router says by ICMP that one is too large.

    What it means
        The large datagrams of the server's flight, with its certificates, are lost: the path has a smaller MTU than the
        server believes, or a firewall drops IP fragments.

    What to try
        Let the server make smaller datagrams (a lower MTU for DTLS, a shorter certificate chain), and let ICMP
        "fragmentation needed" and IP fragments pass.
    """
    repeats = list(handshake.all("retransmission", "client"))
    gaps = list(handshake.all("gap", "server"))
    if (
        handshake.outcome != "silent"
        or handshake.flow.transport == "tcp"
        or handshake.is_unheard
        or not (repeats or gaps)
        or any(handshake.first(name, "client") for name in AFTER_HELLO)
    ):
        return
    hello = handshake.first("client_hello")
    told = next((e for e in handshake.all("transport") if e.name in TOO_LARGE), None)
    answers = [*handshake.all("message", "server"), *handshake.all("retransmission", "server")]
    yield Finding(
        "transport.blackhole.server_flight",
        confidence=0.8 if told is None else 0.95,
        side="network",
        step=handshake.step,
        summary=paragraph(
            Text(
                "The flight of {server} does not arrive whole: the client answered nothing of it. Sent again: {client} "
                "datagrams of the client, {server_again} of the server.",
                server=handshake.server,
                client=len(repeats),
                server_again=sum(1 for _ in handshake.all("retransmission", "server")),
            ),
            _who_says_so(told),
        ),
        fix=Text(
            "Test the path with large datagrams (ping -M do -s 1372 {ip}); make the server's datagrams smaller, or "
            "let "
            "fragments pass.",
            ip=handshake.server.ip,
        ),
        evidence=tuple(e for e in (hello, *repeats, *answers, *gaps, told) if e is not None),
    )


def _who_says_so(told: Event | None) -> Text | None:
    if told is None or told.error is None:
        return None
    return Text(
        "{router} says that one of {size} bytes is too large for its next link, which takes {mtu} (packet {packet}).",
        router=told.error.router,
        size=told.error.length,
        mtu=told.error.mtu or "?",
        packet=told.packet,
    )
