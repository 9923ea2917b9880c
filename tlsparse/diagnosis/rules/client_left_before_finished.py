"""The client closed the connection when it had seen the server's certificate."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.chains import check_command
from tlsparse.diagnosis.finding import Finding, Phrase, Text, rule
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.outcome import thought_ns


@rule
def client_left_before_finished(handshake: Handshake) -> Iterator[Finding]:
    """The client of a TLS 1.3 handshake had the server's whole flight, and closed in place of its Finished.

    What it looks like
        ServerHello and the encrypted flight, then a FIN or RST of the client after some milliseconds, without an alert.

    What it means
        The client did not accept the certificate, and does not say so. Node, Bun and gRPC close like that for every
        fault of a chain. A client that was stopped by its user looks alike.

    What to try
        Look at the chain that the server sends; it is encrypted in the capture.
    """
    close = handshake.ending.decisive
    if (
        handshake.outcome not in ("closed", "reset")
        or close is None
        or close.name not in ("fin", "rst")
        or close.sender != "client"
        or not handshake.version
        or not handshake.version.is_tls13
    ):
        return
    waited_ns = thought_ns(handshake, close)
    if waited_ns is None or any(handshake.all("encrypted", "client")):
        return
    flight = [e for e in handshake.all("message", "server") if e.order < close.order]
    yield Finding(
        "certificate",
        confidence=0.65,
        side="server",
        step=handshake.step,
        summary=Text(
            "The client {how} (packet {packet}) {waited:.1f} ms after it had the server's certificate, in place of its "
            "Finished and without an alert.",
            how=Phrase("reset the connection" if close.name == "rst" else "closed the connection"),
            packet=close.packet,
            waited=waited_ns / 1e6,
        ),
        fix=Text(
            "Look at the chain of {server}: dates, names, and whether its intermediates are sent: {look}",
            server=handshake.target,
            look=check_command(handshake),
        ),
        evidence=(flight[-1], close),
    )
