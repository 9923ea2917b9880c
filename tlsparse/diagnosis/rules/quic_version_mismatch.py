"""Client and server have no version of QUIC in common."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Phrase, Text, rule
from tlsparse.handshake.handshake import Handshake


@rule
def quic_version_mismatch(handshake: Handshake) -> Iterator[Finding]:
    """The server offers other versions of QUIC, and the client takes none.

    What it looks like
        An Initial packet, a version negotiation in answer, and no other Initial packet.

    What it means
        The client knows none of the versions that the server has. If it knew one, it would begin again with that.

    What to try
        Update the older of the two; or let the client use TCP.
    """
    offer = handshake.ending.decisive
    if handshake.outcome != "closed" or offer is None or offer.name != "version_negotiation":
        return
    hello = handshake.first("client_hello")
    yield Finding(
        "negotiation.version",
        confidence=0.9,
        side="server",
        step=handshake.step,
        summary=Text(
            "{server} does not know the client's version of QUIC and offered {versions} (packet {packet}); the client"
            " "
            "took none of them.",
            server=handshake.server,
            versions=offer.meaning or Phrase("none"),
            packet=offer.packet,
        ),
        fix=Text("Update the side with the older QUIC, or use TCP between the two."),
        evidence=tuple(event for event in (hello, offer) if event is not None),
    )
