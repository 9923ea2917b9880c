"""A client that only looks which ports are open."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Severity, Text, rule
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.scan import PORTS


@rule
def port_scan(handshake: Handshake) -> Iterator[Finding]:
    """One client comes to many ports of a host, or to many hosts, and never has a word to say.

    What it looks like
        From one address SYN to eight and more ports of one host, whatever the answer; or to eight and more hosts that
        accept, and are left at once. Each is met once or twice, and no ClientHello comes from there.

    What it means
        A port scanner, or an inventory of the network. It wanted no TLS, so nothing failed for anybody, and a port that
        is closed to it is no outage.

    What to try
        Find out whose address it is. Nothing, if the scan is your own.
    """
    scan = handshake.scan
    if scan is None:
        return
    values = {"client": handshake.client.ip, "host": handshake.server.ip, **scan._asdict()}
    if scan.ports >= PORTS:
        summary = Text(
            "{client} came to {ports} ports of {host} and never sent a ClientHello: it only looks which are open.",
            **values,
        )
    else:
        summary = Text(
            "{client} connected to {hosts} hosts, left each at once and never sent a ClientHello: it only looks which "
            "are there.",
            **values,
        )
    first, last = handshake.first("syn"), handshake.ending.decisive
    yield Finding(
        "client.aborted",
        confidence=0.95 if scan.ports >= PORTS else 0.85,
        side="client",
        step=handshake.step,
        summary=summary,
        fix=Text(
            "Nothing, if {client} is a scanner of your own; if not, find out whose it is.", **values
        ),
        evidence=tuple(event for event in (first, last) if event is not None),
        severity=Severity.note,
    )
