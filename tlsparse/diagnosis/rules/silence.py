"""One side stopped answering."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Phrase, Text, phrase_of, rule
from tlsparse.diagnosis.paragraph import paragraph
from tlsparse.diagnosis.timeouts import given_up
from tlsparse.handshake.event import OTHER, Event, Side
from tlsparse.handshake.handshake import Handshake

PRELUDE = ("starttls", "starttls_granted", "tunnel", "tunnel_granted")
"""Words before TLS that want an answer."""


@rule
def silence(handshake: Handshake) -> Iterator[Finding]:
    """The handshake stopped, and the capture goes on without it.

    What it looks like
        A message, perhaps sent again and again, and nothing after it; until somebody gives up, mostly after a round
        number of seconds: 5, 10, 30, 60.

    What it means
        Whoever had to speak next received nothing, or hangs: where TCP acknowledged the message, it hangs, and some
        answer when nobody waits any more. Where the message is sent again, it does not arrive: large packets that
        vanish point to a path with a smaller MTU.

    What to try
        Capture on the silent side too: did the message arrive there?
    """
    if handshake.outcome != "silent" or handshake.is_unheard:
        return
    left = handshake.ending.decisive
    words = [
        event
        for event in handshake.events
        if (event.kind in ("message", "data", "alert") or event.name in PRELUDE)
        and (left is None or event.order < left.order)
    ]
    last = words[-1] if words else handshake.first("syn_ack")
    if last is None:
        return
    broken_off = last.name == "server_hello" and left is not None and left.sender == "client"
    owes = last.sender if broken_off else OTHER[last.sender]
    part = _part_of_a_hello(handshake) if not words else None
    late = _late_answer(handshake, owes, left)
    yield Finding(
        f"transport.silent.{owes}",
        confidence=0.6,
        side=owes,
        step=handshake.step,
        summary=paragraph(
            Text(
                _said(handshake, owes, last, part, late, broken_off),
                owes=phrase_of(owes),
                message=Phrase("encrypted message") if last.name == "encrypted" else last.name,
                packet=last.packet,
                part=part.packet if part else None,
                bytes=handshake.stream("client").end,
            ),
            given_up(handshake, last),
            _too_late(late, last) if late else None,
        ),
        fix=Text(
            _advice(handshake, owes, last, part, late),
            owes=phrase_of(owes),
            owner=handshake.target if owes == "server" else handshake.client.ip,
        ),
        evidence=tuple(event for event in (last, part, late) if event is not None),
    )


def _said(
    handshake: Handshake,
    owes: Side,
    last: Event,
    part: Event | None,
    late: Event | None,
    broken_off: bool,
) -> str:
    """Say what did not come."""
    if broken_off:
        return "The {owes} sent its {message} (packet {packet}), and never what has to follow it."
    if part is not None:
        return "The {owes} sent {bytes} bytes (packet {part}), which are no whole ClientHello, and nothing more."
    if last.name == "syn_ack" and _arrived(handshake, last):
        return (
            "The {owes} connected, and said nothing when the server had accepted (packet {packet})."
        )
    if _is_sent_again(handshake, owes, last):
        return (
            "The {owes} did not go on after the {message} of packet {packet}: it sent its own flight again, as if it "
            "had not heard it."
        )
    if late is not None:
        return "The {owes} did not answer the {message} of packet {packet} in time."
    return "The {owes} never answered the {message} of packet {packet}."


def _advice(
    handshake: Handshake, owes: Side, last: Event, part: Event | None, late: Event | None
) -> str:
    """Say where to look: the side that owes an answer had got what it should answer, or perhaps not."""
    if late is not None:
        return "Look at {owner}: it answers, but too late. It is overloaded, or waits for something itself."
    if part is not None:
        return "Look at {owner}: its program began to speak and hangs, or what it sent next was lost on the way."
    if last.name == "syn_ack" and _arrived(handshake, last):
        return (
            "Nothing, if it is a check whether the port is open or a connection kept for later; else look at {owner}: "
            "its program connected, and hangs."
        )
    if _is_sent_again(handshake, owes, last):
        return (
            "Read the log of {owner}: it may not accept what it hears, as with another pre-shared key. Or capture "
            "there as well, to see whether the packet arrives."
        )
    if _arrived(handshake, last):
        return (
            "The packet arrived, since TCP acknowledged it: look at {owner}, whether the program hangs or has no "
            "worker free, and whether it wants TLS on this port at all."
        )
    return "Capture on the {owes} as well, to see whether the packet arrives there."


def _arrived(handshake: Handshake, last: Event) -> bool:
    """Tell whether TCP acknowledged the last word, as far as the capture shows."""
    flow = handshake.flow
    if flow.transport != "tcp":
        return False
    if last.name == "syn_ack":
        return flow.rtt_ns is not None
    acknowledged = flow.acknowledged[1 - handshake.side(last.sender)]
    return acknowledged is not None and handshake.unacknowledged(last.sender) == 0


def _part_of_a_hello(handshake: Handshake) -> Event | None:
    """Return the packet that brought the last of what a client said that made no message."""
    said = handshake.stream("client").end
    return handshake.segment("client", said - 1) if said else None


def _is_sent_again(handshake: Handshake, owes: Side, last: Event) -> bool:
    """Tell whether over UDP the side that owes an answer sends again what it had said before."""
    again = handshake.all("retransmission", owes)
    return handshake.flow.transport == "udp" and any(e.order > last.order for e in again)


def _late_answer(handshake: Handshake, owes: Side, left: Event | None) -> Event | None:
    """Return the answer that came when nobody waited for it any more."""
    if left is None or left.sender == owes:
        return None
    said = handshake.all("message", owes)
    return next((event for event in said if event.order > left.order), None)


def _too_late(late: Event, last: Event) -> Text:
    return Text(
        "The answer came {waited:.1f} s after the question (packet {late}).",
        waited=(late.time_ns - last.time_ns) / 1e9,
        late=late.packet,
    )
