"""A server, or a box before it, cannot bear a hello that comes in more than one packet."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.diagnosis.paragraph import paragraph
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake, Precedent

BEARS_NOT = ("handshake_failure", "decode_error", "illegal_parameter", "internal_error")
"""What is said by a server that has read only a part."""

SEGMENT_BYTES = 1460
"""What a packet of Ethernet holds. Where the network card does the cutting, a capture shows larger ones."""


@rule
def large_hello(handshake: Handshake) -> Iterator[Finding]:
    """A hello in several packets fails, and the same client gets through with one in a single packet.

    What it looks like
        A ClientHello in two segments and more, all of them acknowledged; then reset, FIN, silence or an alert in place
        of a ServerHello. In the same capture a smaller hello of the same client, which is accepted; and no larger one
        of anybody.

    What it means
        A hello may come in any number of packets (RFC 9846 section 5.1). This server, or a load balancer or firewall in
        front of it, reads the first packet and takes it for all. Post-quantum key shares make hellos so large
        (https://tldr.fail).

    What to try
        Update the server or the box. Until then, let the client leave the post-quantum group out.
    """
    asked, hello = handshake.first("client_hello"), handshake.client_hello
    if asked is None or hello is None or handshake.server_hello is not None:
        return
    if handshake.flow.transport != "tcp":
        return
    if handshake.outcome not in ("alerted", "closed", "reset", "silent"):
        return
    if handshake.outcome == "silent" and not _arrived(handshake, asked):
        return  # nobody had it to read
    alert = handshake.refusal
    if alert is not None and (alert.sender == "client" or alert.name not in BEARS_NOT):
        return
    packets = _packets(handshake, asked)
    accepted = _accepted_smaller(handshake, asked)
    if packets < 2 or accepted is None:
        return
    ended = handshake.ending.decisive
    values = {
        "server": handshake.target,
        "length": asked.length,
        "packets": packets,
        "packet": asked.packet,
        "smaller": accepted.asked.length,
        "accepted": accepted.answer.packet,
    }
    share = hello.post_quantum_share
    yield Finding(
        "negotiation.version.intolerance",
        confidence=0.85,
        side="server",
        step=handshake.step,
        summary=paragraph(
            Text(
                "A hello of {length} bytes in {packets} packets failed at {server} (packet {packet}); one of "
                "the same client with {smaller} bytes was accepted (packet {accepted}).",
                **values,
            ),
            None
            if share is None
            else Text(
                "What makes it so large is its post-quantum key share {group}.", group=share.group
            ),
        ),
        fix=Text(
            "Update {server} or the load balancer or firewall before it, which reads only the first packet of a hello "
            "(https://tldr.fail); as a stopgap let clients leave post-quantum groups out (openssl s_client -groups "
            "X25519).",
            **values,
        ),
        evidence=tuple(e for e in (asked, ended, accepted.answer) if e is not None),
    )


def _arrived(handshake: Handshake, asked: Event) -> bool:
    """Tell whether the server's host has all of a hello."""
    acknowledged = handshake.stream("client").end - handshake.unacknowledged("client")
    return acknowledged >= asked.start + asked.length


def _packets(handshake: Handshake, asked: Event) -> int:
    """Return in how many segments a hello came, or must have come before an interface joined them."""
    end = asked.start + asked.length
    seen = 1 + sum(asked.start < start < end for start in handshake.stream("client").starts)
    return max(seen, -(-asked.length // SEGMENT_BYTES))


def _accepted_smaller(handshake: Handshake, asked: Event) -> Precedent | None:
    """Return what shows that the size matters: accepted of the same client in one packet, and of nobody in more."""
    if any(p.asked.length >= asked.length for p in handshake.precedents):
        return None
    ip = handshake.client.ip
    return next((p for p in handshake.precedents if p.client == ip), None)
