"""The server does not know the name that the client asks for."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.handshake.handshake import Handshake


@rule
def server_name_unrecognized(handshake: Handshake) -> Iterator[Finding]:
    """The server has no certificate for the name that the client asks for.

    What it looks like
        ClientHello with a server name, then unrecognized_name. As a warning it may pass, but Java takes it for fatal
        and answers handshake_failure. Go says internal_error.

    What it means
        The name is not configured on this server: the DNS leads to the wrong machine, a virtual host is missing, or the
        client has a mistake in the name.

    What to try
        Compare the name with the server's configuration, and the address with the DNS.
    """
    alert, name = handshake.refusal, handshake.server_name
    if alert is None or not name:
        return
    warned = handshake.first("unrecognized_name", "server")
    if alert.sender == "client":
        if warned is None or alert.name != "handshake_failure" or warned.order > alert.order:
            return
        confidence, said = (
            0.93,
            "{server} warned that it does not know the name {name} (packet {warned}); Java takes the warning for "
            "fatal "
            "and ended the handshake with handshake_failure (packet {packet}).",
        )
    elif alert.name == "unrecognized_name":
        confidence, said = (
            0.95,
            "{server} does not know the name {name}: unrecognized_name (packet {packet}).",
        )
    elif alert.name == "internal_error" and handshake.step == "client_hello":
        others = {p.offer.server_name for p in handshake.precedents}
        confidence = 0.8 if others and name not in others else 0.45
        said = (
            "{server} answered a hello for {name} with internal_error (packet {packet}), as Go does where it has no "
            "certificate for a name."
        )
    else:
        return
    asked = handshake.first("client_hello")
    values = {
        "server": handshake.target,
        "name": name,
        "packet": alert.packet,
        "warned": warned.packet if warned else None,
    }
    yield Finding(
        "negotiation.server_name.unrecognized",
        confidence=confidence,
        side="server",
        step=handshake.step,
        summary=Text(said, **values),
        fix=Text(
            "See that {name} is meant to lead to {server}; then add it there (nginx: server_name and ssl_certificate;"
            " "
            "Java clients can be told to ignore the warning with -Djsse.enableSNIExtension=false).",
            **values,
        ),
        evidence=tuple(e for e in (asked, warned, alert) if e is not None),
    )
