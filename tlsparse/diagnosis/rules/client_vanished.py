"""The client is gone: it does not even acknowledge."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.handshake.handshake import Handshake

TRIES = 2
"""Retransmissions after which loss by chance is ruled out."""

SMALL_BYTES = 1000
"""A segment that gets through wherever the client's own packets did."""


@rule
def client_vanished(handshake: Handshake) -> Iterator[Finding]:
    """After the ClientHello nothing comes from the client any more, whatever the server sends.

    What it looks like
        The server's flight, sent again and again, small segments as well as large ones; and not one packet of the
        client, not even an acknowledgment. Perhaps its host says by ICMP that the port is closed.

    What it means
        The client's host is gone, asleep or has lost its network; or a firewall that had forgotten the connection drops
        the answers. Where small segments arrive and large ones do not, the client would ask for these: then it is the
        MTU.

    What to try
        Ask what became of the client at that time: a mobile device that changed its network, a process that was killed,
        a NAT that was restarted.
    """
    repeats = [e for e in handshake.all("retransmission", "server") if e.length > 1]
    hello = handshake.first("client_hello")
    if handshake.outcome != "silent" or handshake.flow.transport != "tcp" or hello is None:
        return
    closed = next((e for e in handshake.all("transport", "client") if e.is_refusal), None)
    quiet = handshake.habit("client").packets > 0 and handshake.bare("client") <= 1
    small = any(event.length <= SMALL_BYTES for event in repeats)
    if len(repeats) < TRIES or not handshake.unacknowledged("server") or not quiet or not small:
        return
    if any(
        e.sender == "client" and e.order > repeats[0].order for e in handshake.events if not e.error
    ):
        return
    values = {
        "client": handshake.client,
        "hello": hello.packet,
        "count": len(repeats),
        "least": min(event.length for event in repeats),
    }
    yield Finding(
        "transport.silent.client",
        confidence=0.75 if closed is None else 0.9,
        side="client",
        step=handshake.step,
        summary=Text(
            "After its ClientHello (packet {hello}) nothing came from {client} any more, not even an acknowledgment: "
            "the server sent its flight again, {count} packets, the smallest with {least} bytes.",
            **values,
        ),
        fix=Text(
            "Ask what became of {client} at that time (killed, asleep, another network), and whether a NAT or firewall "
            "on the way had forgotten the connection.",
            **values,
        ),
        evidence=(hello, *repeats) if closed is None else (hello, *repeats, closed),
    )
