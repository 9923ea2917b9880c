"""Datagrams of the server's flight vanish on the way."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.handshake.handshake import Handshake

AFTER_HELLO = ("change_cipher_spec", "encrypted", "client_key_exchange", "certificate")
"""Messages with which a client answers the server's flight."""


@rule
def datagrams_blackholed(handshake: Handshake) -> Iterator[Finding]:
    """Client and server of DTLS or QUIC hear each other, and still get nowhere.

    What it looks like
        The server answers, and the client repeats its ClientHello as if it had not; or the server repeats its flight,
        of which the capture shows only the small datagrams.

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
    answers = [*handshake.all("message", "server"), *handshake.all("retransmission", "server")]
    yield Finding(
        "transport.blackhole.server_flight",
        confidence=0.8,
        side="network",
        step=handshake.step,
        summary=Text(
            "The flight of {server} does not arrive whole: the client answered nothing of it. Sent again: {client} "
            "datagrams of the client, {server_again} of the server.",
            server=handshake.server,
            client=len(repeats),
            server_again=sum(1 for _ in handshake.all("retransmission", "server")),
        ),
        fix=Text(
            "Test the path with large datagrams (ping -M do -s 1372 {ip}); make the server's datagrams smaller, or "
            "let "
            "fragments pass.",
            ip=handshake.server.ip,
        ),
        evidence=tuple(e for e in (hello, *repeats, *answers, *gaps) if e is not None),
    )
