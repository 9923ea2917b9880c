"""A reset that does not come from the peer it names."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, phrase_of, rule
from tlsparse.handshake.event import OTHER, Event
from tlsparse.handshake.handshake import Handshake

VOLLEY = 3
"""A host answers each packet with one reset. Boxes send several, since one may come too late to be taken."""


@rule
def injected_reset(handshake: Handshake) -> Iterator[Finding]:
    """A side resets the connection, and goes on as if it had not.

    What it looks like
        RST in the name of one side; after it, that same side sends its next message, or acknowledges data. Or the same
        RST three times and more at once, to a peer that sent nothing in between.

    What it means
        A box on the way made the reset: a filter that dislikes the server name, an intrusion prevention system, a
        censor. The real peer knows nothing of it.

    What to try
        Ask who runs the firewalls between the two; compare the time to live of the reset with the peer's other packets.
    """
    reset = handshake.ending.decisive
    if handshake.outcome != "reset" or reset is None or reset.name != "rst":
        return
    later = [e for e in handshake.events if e.sender == reset.sender and e.order > reset.order]
    words = next((e for e in later if e.kind in ("message", "data")), None)
    if words is None:
        yield from _volley(handshake, reset)
        return
    yield Finding(
        "transport.reset.injected",
        confidence=0.9,
        side="network",
        step=handshake.step,
        summary=Text(
            "The reset of packet {reset} bears the {sender}'s address, but the {sender} went on after it "
            "(packet {words}): a box on the way sent it.",
            reset=reset.packet,
            sender=phrase_of(reset.sender),
            words=words.packet,
        ),
        fix=Text(
            "Find the firewall or filter between {sender} and {other} that resets connections to {name}.",
            sender=phrase_of(reset.sender),
            other=phrase_of(OTHER[reset.sender]),
            name=handshake.server_name or handshake.server,
        ),
        evidence=(reset, words),
    )


def _volley(handshake: Handshake, reset: Event) -> Iterator[Finding]:
    """Find resets that come again and again, though nothing asked for them."""
    after = [e for e in handshake.events if e.order >= reset.order]
    resets = tuple(e for e in after if e.name == "rst" and e.sender == reset.sender)
    if len(resets) < VOLLEY or len(resets) < len(after):
        return
    yield Finding(
        "transport.reset.injected",
        confidence=0.8,
        side="network",
        step=handshake.step,
        summary=Text(
            "The connection was reset {count} times at once in the name of the {sender} (from packet {reset} on), and"
            " "
            "nothing of the {other} asked for it: a box on the way does that.",
            count=len(resets),
            sender=phrase_of(reset.sender),
            reset=reset.packet,
            other=phrase_of(OTHER[reset.sender]),
        ),
        fix=Text(
            "Find the firewall or filter between {sender} and {other} that resets connections to {name}.",
            sender=phrase_of(reset.sender),
            other=phrase_of(OTHER[reset.sender]),
            name=handshake.server_name or handshake.server,
        ),
        evidence=resets,
    )
