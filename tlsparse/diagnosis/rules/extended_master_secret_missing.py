"""One side insists on extended_master_secret."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, phrase_of, rule
from tlsparse.handshake.handshake import Handshake
from tlsparse.tls.codes import TLS_1_2, ExtensionType

SAID = {"insufficient_security": 0.85, "handshake_failure": 0.45}
"""tlslite-ng says the first; the second has many other reasons."""


@rule
def extended_master_secret_missing(handshake: Handshake) -> Iterator[Finding]:
    """A hello up to TLS 1.2 lacks extended_master_secret, and the other side leaves.

    What it looks like
        The client offers extended_master_secret, the ServerHello does not answer it, and the client ends with
        insufficient_security or handshake_failure. Or a ClientHello without it, and the alert is the server's.

    What it means
        One side demands the stronger derivation of keys (RFC 7627), as rules for public bodies want it, and the other
        is too old for it.

    What to try
        Update the older side, or use TLS 1.3, which has it built in.
    """
    alert, hello, choice = handshake.refusal, handshake.client_hello, handshake.server_hello
    if alert is None or hello is None or alert.name not in SAID or alert.encrypted:
        return
    extension = ExtensionType.extended_master_secret
    if alert.sender == "client":
        if choice is None or choice.version > TLS_1_2 or handshake.step != "server_hello":
            return
        if choice.extension(extension) or not hello.extension(extension):
            return
        old = handshake.target
    else:
        if choice is not None or hello.extension(extension) or TLS_1_2 not in hello.versions:
            return
        old = handshake.client
    asked, answer = handshake.first("client_hello"), handshake.first("server_hello")
    yield Finding(
        "negotiation.extended_master_secret",
        confidence=SAID[alert.name],
        side="server" if alert.sender == "client" else "client",
        step=handshake.step,
        summary=Text(
            "{old} does not have extended_master_secret, and the {who} ended the handshake with {alert} (packet "
            "{packet}).",
            old=old,
            who=phrase_of(alert.sender),
            alert=alert.name,
            packet=alert.packet,
        ),
        fix=Text("Update the TLS library of {old}, or let both sides use TLS 1.3.", old=old),
        evidence=tuple(e for e in (asked, answer, alert) if e is not None),
    )
