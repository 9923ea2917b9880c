"""The server chose a group that the client did not offer."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.handshake.handshake import Handshake


@rule
def unoffered_group(handshake: Handshake) -> Iterator[Finding]:
    """The ServerKeyExchange is on a curve that is not in the client's list.

    What it looks like
        ServerKeyExchange with a group that is not among the client's supported_groups, then illegal_parameter.

    What it means
        The two have no group in common, and the server took one of its own instead of refusing, as Java does up to
        TLS 1.2.

    What to try
        Let the client offer X25519 and secp256r1: nearly every server has one of them.
    """
    alert, hello, group = handshake.refusal, handshake.client_hello, handshake.group
    exchange = handshake.first("server_key_exchange")
    if alert is None or alert.sender != "client" or alert.encrypted or exchange is None:
        return
    if hello is None or not hello.groups or group is None or group in hello.groups:
        return
    yield Finding(
        "negotiation.group",
        confidence=0.93,
        side="client",
        step=handshake.step,
        summary=Text(
            "The server chose the group {group} (packet {sent}), which the client does not offer, and the client "
            "refused "
            "with {alert} (packet {packet}).",
            group=group,
            sent=exchange.packet,
            alert=alert.name,
            packet=alert.packet,
        ),
        fix=Text(
            "Let the client offer {group}, X25519 and secp256r1, or allow one of its groups on {server}.",
            group=group,
            server=handshake.target,
        ),
        evidence=(exchange, alert),
    )
