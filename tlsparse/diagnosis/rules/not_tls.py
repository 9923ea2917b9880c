"""One side spoke something other than TLS."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.handshake.handshake import Handshake


@rule
def not_tls(handshake: Handshake) -> Iterator[Finding]:
    """TLS was due, and something else came.

    What it looks like
        A ClientHello, answered with bytes that are no record of TLS; or a connection to a port where TLS is usual, on
        which the client sends something else.

    What it means
        A plain service on this port, or a plain client on a TLS port. The TLS side's own error ("wrong version number",
        "record overflow") only says that it could not read the other's words.

    What to try
        Use the right port, or switch TLS on where it is missing.
    """
    if handshake.outcome != "not_tls":
        return
    hello = handshake.first("client_hello")
    decisive = handshake.ending.decisive
    evidence = tuple(event for event in (hello, decisive) if event is not None)
    if hello is not None:
        yield Finding(
            "protocol.server_not_tls",
            confidence=0.95,
            side="server",
            step="server_hello",
            summary=Text(
                "{server} answered the ClientHello (packet {packet}) with something that is not TLS.",
                server=handshake.server,
                packet=hello.packet,
            ),
            fix=Text(
                "Connect to the port on which {ip} speaks TLS, or switch TLS on for this one.",
                ip=handshake.server.ip,
            ),
            evidence=evidence,
        )
    else:
        yield Finding(
            "protocol.client_not_tls",
            confidence=0.85,
            side="client",
            step="client_hello",
            summary=Text(
                "{client} did not begin with TLS on port {port}.",
                client=handshake.client,
                port=handshake.server.port,
            ),
            fix=Text(
                "Configure the client to use TLS on this port (https:// rather than http://)."
            ),
            evidence=evidence,
        )
