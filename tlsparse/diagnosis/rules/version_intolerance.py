"""A server, or a box before it, cannot bear a hello that offers a newer version."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake, Precedent, Retry
from tlsparse.tls.codes import TLS_1_3, ProtocolVersion

BEARS_NOT = ("handshake_failure", "decode_error", "illegal_parameter", "internal_error")
"""What is said in place of protocol_version, by who should have chosen the older version instead."""


@rule
def version_intolerance(handshake: Handshake) -> Iterator[Finding]:
    """A hello that offers a newer version fails, and the same client gets through with an older one.

    What it looks like
        ClientHello with TLS 1.3, then reset, FIN, silence or an alert that is not protocol_version; and in the same
        capture a hello of the same client to the same server with TLS 1.2 at most, which is accepted. Or a hello that
        is reset or never acknowledged, and the client's next, with less, is neither.

    What it means
        A server has to choose the best version it knows and to ignore what it does not (RFC 9846 section 4.3.1). This
        one, or a box in front of it, gives up on hellos that are newer than itself.

    What to try
        Update the server or the box. Until then, let the client offer TLS 1.2 to this server only.
    """
    hello, asked = handshake.client_hello, handshake.first("client_hello")
    if hello is None or asked is None or handshake.server_hello is not None:
        return
    if handshake.outcome not in ("alerted", "closed", "reset", "silent"):
        return
    alert = handshake.refusal
    if alert is not None and (alert.sender == "client" or alert.name not in BEARS_NOT):
        return
    newest = _newest(hello.versions)
    accepted = _accepted_older(handshake, newest)
    ended = handshake.ending.decisive
    spared = None if accepted is not None else _spared_older(handshake, newest)
    if spared is not None:
        yield _cut_off(handshake, asked, spared, newest)
    if accepted is None:
        return
    yield Finding(
        "negotiation.version.intolerance",
        confidence=0.9,
        side="server",
        step=handshake.step,
        summary=Text(
            "A hello that offers {newest} failed at {server} (packet {packet}); one of the same client with {older} "
            "at "
            "most was accepted (packet {accepted}).",
            newest=newest,
            server=handshake.target,
            packet=asked.packet if ended is None else ended.packet,
            older=_newest(accepted.offer.versions),
            accepted=accepted.answer.packet,
        ),
        fix=Text(
            "Update {server} or the box before it, which cannot bear a hello with {newest}; as a stopgap let clients "
            "offer {older} at most.",
            server=handshake.target,
            newest=newest,
            older=_newest(accepted.offer.versions),
        ),
        evidence=tuple(e for e in (asked, ended, accepted.answer) if e is not None),
    )


def _newest(versions: tuple[ProtocolVersion, ...]) -> ProtocolVersion:
    return max((v.final for v in versions if not v.is_grease), default=TLS_1_3)


def _accepted_older(handshake: Handshake, newest: ProtocolVersion) -> Precedent | None:
    """Return what shows that the version matters: accepted of the same client with less, and of nobody with as much."""
    if any(_newest(p.offer.versions) >= newest for p in handshake.precedents):
        return None
    return next((p for p in handshake.precedents if p.client == handshake.client.ip), None)


def _spared_older(handshake: Handshake, newest: ProtocolVersion) -> Retry | None:
    """Return a later hello with less that was not cut off, after one with more that was."""
    reset = handshake.outcome == "reset" and handshake.ending.side == "server"
    lost = handshake.outcome == "silent" and handshake.unacknowledged("client") > 0
    if handshake.precedents or not (reset or lost):
        return None
    return next((r for r in handshake.retries if _newest(r.offer.versions) < newest), None)


def _cut_off(handshake: Handshake, asked: Event, spared: Retry, newest: ProtocolVersion) -> Finding:
    older, ended = _newest(spared.offer.versions), handshake.ending.decisive
    values = {
        "newest": newest,
        "older": older,
        "server": handshake.target,
        "asked": asked.packet,
        "spared": spared.asked.packet,
    }
    if handshake.outcome == "reset":
        said = (
            "A hello that offers {newest} (packet {asked}) was reset in the name of {server}; the same client's next "
            "one, with {older} at most (packet {spared}), was not."
        )
    else:
        said = (
            "A hello that offers {newest} (packet {asked}) never arrived at {server}; the same client's next one, with "
            "{older} at most (packet {spared}), did at once."
        )
    return Finding(
        "negotiation.version.intolerance",
        confidence=0.75,
        side="network",
        step=handshake.step,
        summary=Text(said, **values),
        fix=Text(
            "Look for a firewall or an intrusion prevention system before {server} that cuts off hellos with {newest}, "
            "and update it; as a stopgap let clients offer {older} at most.",
            **values,
        ),
        evidence=tuple(e for e in (asked, ended, spared.asked) if e is not None),
    )
