"""A ClientHello arrived that the server cannot read."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.handshake.handshake import Handshake

SAID = {
    "decode_error": 0.85,
    "illegal_parameter": 0.75,
    "unexpected_message": 0.7,
    "record_overflow": 0.6,
    "internal_error": 0.4,
}
"""Alerts for a hello that cannot be parsed, with how sure each makes it; Go says unexpected_message."""

LARGE_BYTES = 1 << 15
"""A hello larger than this exceeds what many stacks take: Go 64 KiB, Java 32 KiB."""


@rule
def malformed_hello(handshake: Handshake) -> Iterator[Finding]:
    """The server says that the ClientHello is broken.

    What it looks like
        decode_error, illegal_parameter or, from Go, unexpected_message in answer to the ClientHello.

    What it means
        Lengths in the hello do not fit, something is in it that must not be, or it is too large. A client that works
        elsewhere did not send that: a box on the way cut or changed it, and the capture on the client's side shows the
        hello still whole.

    What to try
        Capture on the server's side as well and compare the hellos.
    """
    alert, asked = handshake.refusal, handshake.first("client_hello")
    if alert is None or asked is None or alert.sender != "server" or alert.encrypted:
        return
    if handshake.step != "client_hello" or alert.name not in SAID:
        return
    hello = handshake.client_hello
    large = asked.length > LARGE_BYTES
    certain = hello is None or large
    values = {
        "server": handshake.target,
        "alert": alert.name,
        "packet": alert.packet,
        "bytes": asked.length,
    }
    if large:
        said = "{server} refused a ClientHello of {bytes} bytes with {alert} (packet {packet}): it is too large."
    elif hello is None:
        said = (
            "{server} refused a ClientHello that cannot be parsed with {alert} (packet {packet})."
        )
    else:
        said = (
            "{server} says with {alert} (packet {packet}) that the ClientHello is broken; as captured it can be read,"
            " so "
            "it may have been changed after that."
        )
    yield Finding(
        "integrity.malformed_hello",
        confidence=0.93 if certain else SAID[alert.name],
        side="client" if certain else "network",
        step=handshake.step,
        summary=Text(said, **values),
        fix=Text(
            "Compare the ClientHello as {server} receives it with what the client sends; take away or update the box "
            "between the two that changes it, or the client if it sends it so.",
            **values,
        ),
        evidence=(asked, alert),
    )
