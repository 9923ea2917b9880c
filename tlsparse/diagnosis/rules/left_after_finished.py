"""One side completed the handshake and left without a word."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Phrase, Text, phrase_of, rule
from tlsparse.handshake.handshake import Handshake


@rule
def left_after_finished(handshake: Handshake) -> Iterator[Finding]:
    """The handshake was through, and the connection ended before any application data.

    What it looks like
        Finished from both sides, or from the client; then FIN, RST or an alert that is encrypted, and no data of the
        side that left.

    What it means
        Some clients check the certificate only after the handshake (curl the name, wget and Node everything) and close
        when they dislike it. Servers may do the same with a client certificate. A probe looks alike: a monitor, a load
        balancer, a look at the certificate. The alert is a close_notify then.

    What to try
        Read the log of the side that left.
    """
    close = handshake.ending.decisive
    if handshake.outcome != "rejected" or close is None:
        return
    if close.kind != "transport" and not (close.encrypted and close.sender == "client"):
        return
    if handshake.rhythm is not None:
        return  # it only looks whether the server is there
    yield Finding(
        "certificate" if close.sender == "client" else "client_certificate",
        confidence=0.5,
        side="server" if close.sender == "client" else "client",
        step=handshake.step,
        summary=Text(
            "The {who} completed the handshake and then left (packet {packet}) without sending any data.",
            who=phrase_of(close.sender),
            packet=close.packet,
        ),
        fix=Text(
            "Read the log of the {who}: it may have disliked the other side's certificate. A monitor that only looks "
            "whether the server answers leaves like that, too, and nothing is wrong then."
            if close.sender == "client"
            else "Read the log of the {who}: it may have disliked the other side's certificate.",
            who=phrase_of(close.sender),
        ),
        evidence=(close,),
        title=Phrase("Left after the handshake"),
    )
