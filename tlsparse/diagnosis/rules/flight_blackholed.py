"""Packets of one side vanish on the way."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, phrase_of, rule
from tlsparse.handshake.event import OTHER
from tlsparse.handshake.handshake import Handshake

TRIES = 2
"""Retransmissions after which loss by chance is ruled out: each waits longer than the one before."""

LARGE_BYTES = 1000
"""A packet that an MTU problem swallows is larger than this; smaller ones get through."""


@rule
def flight_blackholed(handshake: Handshake) -> Iterator[Finding]:
    """One side sends the same bytes again and again, and they are never acknowledged.

    What it looks like
        Retransmissions of the ClientHello, or of the server's flight, without an acknowledgment; or, captured at the
        other end, a gap before a small last packet that did arrive.

    What it means
        The network swallows these packets. Where small ones get through and large ones do not, the path has a smaller
        MTU than the sender believes, and the ICMP messages that would tell it are dropped.

    What to try
        Lower the MTU or clamp the MSS on the sender's side, and let ICMP "fragmentation needed" pass.
    """
    if handshake.outcome not in ("silent", "closed", "reset"):
        return
    if handshake.flow.transport != "tcp":
        return  # nothing is acknowledged there
    for sender in ("client", "server"):
        repeats = [e for e in handshake.all("retransmission", sender) if e.length > 1]
        gaps = list(handshake.all("gap", sender))
        lost = handshake.unacknowledged(sender)
        if not ((len(repeats) >= TRIES and lost) or (gaps and handshake.outcome == "silent")):
            continue
        largest = max(event.length for event in (*repeats, *gaps))
        words = next((e for e in handshake.all("message", sender)), None)
        yield Finding(
            f"transport.blackhole.{'client_hello' if sender == 'client' else 'server_flight'}",
            confidence=0.85 if largest > LARGE_BYTES else 0.7,
            side="network",
            step=handshake.step,
            summary=Text(
                "Packets of the {sender} do not arrive at the {other}: {count} were sent again, the largest with "
                "{largest} bytes, and {lost} bytes were never acknowledged."
                if repeats
                else "Packets of the {sender} do not arrive at the {other}: a later one came, {largest} bytes before "
                "it never did, and {lost} bytes were never acknowledged.",
                sender=phrase_of(sender),
                other=phrase_of(OTHER[sender]),
                count=len(repeats),
                largest=largest,
                lost=lost,
            ),
            fix=Text(
                "Test the path with large packets (ping -M do -s 1472); lower the MTU or clamp the MSS where they "
                "vanish."
            ),
            evidence=tuple(event for event in (words, *repeats, *gaps) if event is not None),
        )
