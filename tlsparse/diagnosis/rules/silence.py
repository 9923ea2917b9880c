"""One side stopped answering."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, phrase_of, rule
from tlsparse.diagnosis.paragraph import paragraph
from tlsparse.diagnosis.timeouts import given_up
from tlsparse.handshake.event import OTHER
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
        Whoever had to speak next received nothing, or hangs. Where the message is sent again, it does not arrive: large
        packets that vanish point to a path with a smaller MTU.

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
    yield Finding(
        f"transport.silent.{owes}",
        confidence=0.6,
        side=owes,
        step=handshake.step,
        summary=paragraph(
            Text(
                "The {owes} sent its {message} (packet {packet}), and never what has to follow it."
                if broken_off
                else "The {owes} never answered the {message} of packet {packet}.",
                owes=phrase_of(owes),
                message=last.name,
                packet=last.packet,
            ),
            given_up(handshake, last),
        ),
        fix=Text(
            "Capture on the {owes} as well, to see whether the packet arrives there.",
            owes=phrase_of(owes),
        ),
        evidence=(last,),
    )
