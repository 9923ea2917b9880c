"""A second handshake on a connection was refused."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, phrase_of, rule
from tlsparse.handshake.handshake import Handshake


@rule
def renegotiation_refused(handshake: Handshake) -> Iterator[Finding]:
    """One side would negotiate again, and the other does not.

    What it looks like
        A handshake was through; later another one begins under its keys, and is answered with an alert.

    What it means
        Renegotiation is switched off in most stacks of today, and gone from TLS 1.3. Servers that want a client
        certificate for a part of their paths only used to ask for it that way.

    What to try
        Let the server ask for the certificate in the first handshake, or use post-handshake authentication.
    """
    alert = handshake.refusal
    if alert is None or not handshake.order:
        return
    begun = next(handshake.all("message"), None)
    yield Finding(
        "negotiation.renegotiation",
        confidence=0.85,
        side="server",
        step=handshake.step,
        summary=Text(
            "The {asker} began a second handshake on the connection (packet {begun}), and it ended with an alert of "
            "the {who} (packet {packet}).",
            asker=phrase_of(begun.sender if begun else "client"),
            begun=begun.packet if begun else None,
            who=phrase_of(alert.sender),
            packet=alert.packet,
        ),
        fix=Text(
            "Do without renegotiation: let {server} ask for all it needs in the first handshake (Apache: "
            "SSLVerifyClient "
            "for the whole virtual host).",
            server=handshake.target,
        ),
        evidence=tuple(e for e in (begun, alert) if e is not None),
    )
