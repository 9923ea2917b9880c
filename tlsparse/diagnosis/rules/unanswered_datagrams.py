"""Nobody answers on UDP."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.handshake.handshake import Handshake


@rule
def unanswered_datagrams(handshake: Handshake) -> Iterator[Finding]:
    """A client of DTLS or QUIC says hello, and nothing ever comes back.

    What it looks like
        The same ClientHello again and again, at growing intervals, and not one datagram of the server.

    What it means
        The datagrams do not arrive, or the answers do not: a firewall drops UDP on this port, the address is wrong, or
        nothing listens there and the ICMP message that says so is lost or not in the capture.

    What to try
        See that the server listens on this UDP port, and that firewalls pass it in both directions. Browsers fall back
        to TCP; other clients may have to be told.
    """
    if handshake.outcome != "silent" or not handshake.is_unheard:
        return
    hellos = [*handshake.all("client_hello"), *handshake.all("retransmission", "client")]
    yield Finding(
        "transport.unanswered",
        confidence=0.9,
        side="network",
        step=handshake.step,
        summary=Text(
            "{server} never answered: not one datagram came back (ClientHellos sent: {tries}).",
            server=handshake.server,
            tries=len(hellos),
        ),
        fix=Text(
            "See that the server listens on UDP port {port} of {ip}, and that no firewall drops it on the way.",
            ip=handshake.server.ip,
            port=handshake.server.port,
        ),
        evidence=tuple(hellos),
    )
