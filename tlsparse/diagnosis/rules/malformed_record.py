"""A record or message breaks the protocol."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Phrase, Text, rule
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake

SAID = {
    "unexpected_message": 0.8,
    "record_overflow": 0.9,
    "decode_error": 0.85,
    "illegal_parameter": 0.6,
    "unsupported_extension": 0.85,
}
"""Alerts for what must not come, or not so, with how sure each makes it where the fault itself is not seen."""

FAULTS = {
    "suite": "the ServerHello chooses {suite}, which the client did not offer",
    "echo": "the ServerHello does not return the session id of the ClientHello",
    "unreadable": "the ServerHello cannot be parsed",
    "twice": "the ServerHello came twice",
    "early": "application data came before the ServerHello",
    "version": "the record of the ServerHello has the version {version:#06x}, and there is no such version of TLS",
    "noise": "what the server sent after its ServerHello is no record of TLS",
}

SEEN, SURE = 0.92, 0.95
"""How sure a fault makes it that can be seen, and one that no client can live with."""

BREAKING = ("early", "version")
"""Faults after which a client may leave without an alert: OpenSSL does, of a record that it cannot place."""


@rule
def malformed_record(handshake: Handshake) -> Iterator[Finding]:
    """One side sent what the protocol does not allow at that place.

    What it looks like
        A ServerHello that chooses what was not offered, does not return the session id or cannot be parsed, a message
        twice or out of order, a record that is too long or of a type that there is not; then unexpected_message,
        decode_error, illegal_parameter or record_overflow from the other side.

    What it means
        A fault of the sender's stack; or a box on the way that changes or mixes up what passes.

    What to try
        Capture on both sides. If the bytes differ, look for the box between; if not, update the sender.
    """
    alert, end = handshake.refusal, handshake.ending.decisive
    if end is None or handshake.client_hello is None:
        return
    fault, proof = _fault(handshake, end)
    if alert is None and (fault not in BREAKING or end.kind != "transport"):
        return
    if end.sender == "server":
        return
    known = alert is not None and not alert.encrypted and alert.name in SAID
    if not fault and not known:
        return
    if not fault and handshake.step not in ("server_hello", "certificate"):
        return
    confidence = SAID[end.name] if not fault else SURE if fault == "version" else SEEN
    reason = (
        FAULTS[fault] if fault else "something that the server sent before that breaks the protocol"
    )
    yield Finding(
        "integrity.malformed_record",
        confidence=confidence,
        side="server",
        step=handshake.step,
        summary=Text(
            "The client ended the handshake with {alert} (packet {packet}): " + reason + ".",
            alert=_name(end),
            packet=end.packet,
            suite=handshake.cipher_suite,
            version=_odd_version(handshake) or 0,
        ),
        fix=Text(
            "Capture at {server} and compare: a box on the way changes what the server sends, or its TLS library has "
            "a "
            "fault and must be updated.",
            server=handshake.target,
        ),
        evidence=(*proof, end),
    )


def _name(end: Event) -> str | Phrase:
    if end.kind == "transport":
        return Phrase("a reset" if end.name == "rst" else "a FIN")
    return Phrase("an encrypted alert") if end.encrypted else end.name


def _fault(handshake: Handshake, end: Event) -> tuple[str, tuple[Event, ...]]:
    """Return what is wrong with what the server sent, by its key in `FAULTS`, and the events that show it."""
    hello = handshake.client_hello
    answers = [e for e in handshake.all("server_hello", "server") if e.order < end.order]
    if hello is None or not answers:
        return "", ()
    first = answers[0]
    if len(answers) > 1:
        return "twice", tuple(answers)
    early = [e for e in handshake.events if e.sender == "server" and e.order < first.order]
    if _odd_version(handshake) is not None:
        return "version", (first,)
    unasked = tuple(e for e in early if e.kind == "data" or e.name == "encrypted")
    if unasked:
        return "early", (*unasked[:1], first)
    choice = handshake.server_hello
    if choice is None:  # of SSL 2.0, or one that cannot be read
        return ("unreadable", (first,)) if first.body is None else ("", ())
    if choice.cipher_suite not in hello.cipher_suites:
        return "suite", (first,)
    if choice.version.is_tls13 and choice.session_id != hello.session_id:
        return "echo", (first,)
    if any(trouble.text == "server: not a TLS record" for trouble in handshake.line.troubles):
        return "noise", (first,)
    return "", ()


def _odd_version(handshake: Handshake) -> int | None:
    """Return the version of a record of the server that is none of TLS; None if all are."""
    if handshake.flow.transport != "tcp":
        return None
    records = (r for r in handshake.line.records if r.sender == "server" and r.version >> 8 != 3)
    return next((record.version for record in records), None)
