"""No TCP connection came to be."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.handshake.handshake import Handshake


@rule
def connection_refused(handshake: Handshake) -> Iterator[Finding]:
    """The client's SYN was answered with a reset, or with nothing.

    What it looks like
        SYN, then RST from the server's address; or SYN again and again, and no answer.

    What it means
        A reset: the host is there, and nothing listens on the port, or a firewall rejects the connection. Silence: the
        host is off, the address is wrong, or a firewall drops the packets. TLS has not begun.

    What to try
        See whether the service runs and listens on that address and port; then look for a firewall on the way.
    """
    syn = handshake.first("syn")
    if handshake.outcome != "refused" or syn is None:
        return
    reset = handshake.first("rst", "server")
    tries = sum(1 for _ in handshake.all("syn"))
    if reset is None and any(event.error for event in handshake.all("transport", "server")):
        return  # a router or the host said why
    if reset is not None:
        yield Finding(
            "transport.refused",
            confidence=0.95,
            side="server",
            step="tcp_connect",
            summary=Text(
                "{server} answered the connection request with a reset (packet {packet}): nothing listens there, "
                "or a firewall rejects it.",
                server=handshake.server,
                packet=reset.packet,
            ),
            fix=Text(
                "See that the service runs and listens on {server}, and that no firewall rejects the port.",
                server=handshake.server,
            ),
            evidence=(syn, reset),
        )
    else:
        yield Finding(
            "transport.unanswered",
            confidence=0.9,
            side="network",
            step="tcp_connect",
            summary=Text(
                "{server} never answered: the client asked for a connection {tries} times.",
                server=handshake.server,
                tries=tries,
            ),
            fix=Text(
                "Check the address and the route to {server}, and look for a firewall that drops port {port}.",
                server=handshake.server,
                port=handshake.server.port,
            ),
            evidence=tuple(handshake.all("syn")),
        )
