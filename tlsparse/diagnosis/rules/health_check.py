"""A client that only looks whether the server is there."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Severity, Text, rule
from tlsparse.handshake.handshake import Handshake


@rule
def health_check(handshake: Handshake) -> Iterator[Finding]:
    """The same client connects and leaves without a word, again and again, and always after the same time.

    What it looks like
        A connection without a ClientHello, or a handshake that is completed and left at once without any data; from one
        address, five times and more, at one interval of a minute at most; and nothing else from there.

    What it means
        A load balancer or a monitor checks whether the server is up. Nothing failed for anybody. A program that
        dislikes the certificate, says so to nobody and tries again at a fixed interval looks alike.

    What to try
        Nothing, if the address is that of a load balancer or monitor.
    """
    close, rhythm = handshake.ending.decisive, handshake.rhythm
    if rhythm is None or close is None:
        return
    values = {
        "client": handshake.client.ip,
        "server": handshake.target,
        "interval": rhythm.interval_ns / 1e9,
        "times": rhythm.times,
        "packet": close.packet,
    }
    fix = Text("Nothing, if {client} is a load balancer or a monitor of {server}.", **values)
    if handshake.outcome == "rejected":
        fix = Text(
            "Nothing, if {client} is a load balancer or a monitor; if it is not, read its log: it may dislike the "
            "certificate of {server}.",
            **values,
        )
        summary = Text(
            "{client} completes a handshake with {server} every {interval:.1f} s and leaves at once (packet {packet}; "
            "{times} times in all), as load balancers and monitors do.",
            **values,
        )
    else:
        summary = Text(
            "{client} connects to {server} every {interval:.1f} s and leaves without a ClientHello (packet {packet}; "
            "{times} times in all), as load balancers and monitors do.",
            **values,
        )
    yield Finding(
        "client.aborted",
        confidence=0.85,
        side="client",
        step=handshake.step,
        summary=summary,
        fix=fix,
        evidence=(close,),
        severity=Severity.note,
    )
