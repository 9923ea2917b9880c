"""A reset that does not come from the peer it names."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from tlsparse.diagnosis.finding import Finding, Text, phrase_of, rule
from tlsparse.diagnosis.paragraph import paragraph
from tlsparse.handshake.event import OTHER, Event, Side
from tlsparse.handshake.handshake import Handshake

if TYPE_CHECKING:
    from tlsparse.flow.header import Habit, Header

VOLLEY = 3
"""A host answers each packet with one reset. Boxes send several, since one may come too late to be taken."""

FIRST_TTLS = (64, 128, 255)
"""Times to live that packets begin with: Unix and its kin, Windows, network equipment."""

STEP = 1024
"""By how much a host that counts its identifications goes on between two packets of a connection, at most."""

MEASURABLE_NS = 1_000_000
"""A round trip that is shorter is no measure of what another may take: hosts differ by as much."""

TOGETHER_NS = 20_000_000
"""Within so much time a box on the way resets both sides."""

SAID = 3
"""Signs that are said, the strongest ones."""

ENOUGH = 0.6
"""What several weak signs have to come to, where there is no strong one."""


class Sign(NamedTuple):
    """One thing that speaks against the sender of a reset."""

    weight: float  # how often a reset that shows it is forged, other signs left aside
    words: Text
    evidence: tuple[Event, ...]


@rule
def injected_reset(handshake: Handshake) -> Iterator[Finding]:
    """A reset bears the address of one side, and was made elsewhere.

    What it looks like
        The reset has another time to live than all other packets of that side, or an IP identification out of its
        count; it acknowledges data sooner than that side could have had them; its sequence number is one where that
        side has not been; both sides are reset at once. Or the side goes on as if nothing were: its next message comes,
        or the reset comes three times and more.

    What it means
        A box on the way made the reset: a filter that dislikes the server name, an intrusion prevention system, a
        censor, or a load balancer or firewall in front of the server that speaks in its name. The real peer may know
        nothing of it.

    What to try
        The hops say how far away it is: compare with traceroute. Ask who runs the firewalls between the two, and
        capture on the side in whose name the reset came: if it never sent one, it was made between.
    """
    reset = handshake.ending.decisive
    if handshake.outcome != "reset" or reset is None or reset.name != "rst":
        return
    signs = [sign for find in SIGNS for sign in find(handshake, reset)]
    confidence = 1 - prod(1 - sign.weight for sign in signs)
    if confidence <= ENOUGH:
        return
    signs.sort(key=lambda sign: -sign.weight)
    evidence = {e.packet: e for sign in signs for e in (reset, *sign.evidence)}
    yield Finding(
        "transport.reset.injected",
        confidence=min(0.97, round(confidence, 2)),
        side="network",
        step=handshake.step,
        summary=paragraph(*(sign.words for sign in signs[:SAID])),
        fix=_fix(handshake, reset),
        evidence=tuple(evidence.values()),
    )


def _fix(handshake: Handshake, reset: Event) -> Text:
    """Say where to look: how far away the box is, where the time to live tells."""
    values: dict[str, object] = {
        "sender": phrase_of(reset.sender),
        "other": phrase_of(OTHER[reset.sender]),
        "name": handshake.server_name or handshake.target,
    }
    header = reset.header
    if header is not None and _ttl_differs(header, handshake.habit(reset.sender)):
        return Text(
            "Find the firewall, filter or load balancer between {sender} and {other} that resets connections to "
            "{name}. Hops from where this was captured to it, by its time to live: {hops}; traceroute shows what is "
            "there.",
            hops=_hops(header.ttl),
            **values,
        )
    return Text(
        "Find the firewall or filter between {sender} and {other} that resets connections to {name}.",
        **values,
    )


# --- One sign each ---------------------------------------------------------------------------------------------------


def _goes_on(handshake: Handshake, reset: Event) -> Iterator[Sign]:
    """Its sender says something after it."""
    later = (e for e in handshake.events if e.sender == reset.sender and e.order > reset.order)
    words = next((e for e in later if e.kind in ("message", "data")), None)
    if words is not None:
        yield Sign(
            0.9,
            Text(
                "The reset of packet {reset} bears the {sender}'s address, but the {sender} went on after it "
                "(packet {words}): a box on the way sent it.",
                reset=reset.packet,
                sender=phrase_of(reset.sender),
                words=words.packet,
            ),
            (words,),
        )


def _volley(handshake: Handshake, reset: Event) -> Iterator[Sign]:
    """It comes again and again, though nothing asked for it."""
    after = [e for e in handshake.events if e.order >= reset.order]
    resets = tuple(e for e in after if e.name == "rst" and e.sender == reset.sender)
    if len(resets) >= VOLLEY and len(resets) == len(after):
        yield Sign(
            0.8,
            Text(
                "The connection was reset {count} times at once in the name of the {sender} (from packet {reset} "
                "on), and nothing of the {other} asked for it: a box on the way does that.",
                count=len(resets),
                sender=phrase_of(reset.sender),
                reset=reset.packet,
                other=phrase_of(OTHER[reset.sender]),
            ),
            resets,
        )


def _other_ttl(handshake: Handshake, reset: Event) -> Iterator[Sign]:
    """Its time to live is another than that of all other packets of its sender."""
    header, habit = reset.header, handshake.habit(reset.sender)
    if header is None or not _ttl_differs(header, habit):
        return
    values = {
        "packet": reset.packet,
        "sender": phrase_of(reset.sender),
        "ttl": header.ttl,
        "hops": _hops(header.ttl),
        "least": habit.least_ttl,
        "greatest": habit.greatest_ttl,
        "away": _hops(habit.greatest_ttl),
    }
    if habit.least_ttl == habit.greatest_ttl:
        words = Text(
            "The reset of packet {packet} is not the {sender}'s: its time to live is {ttl} (hops from here: {hops}), "
            "that of all other packets of the {sender} is {greatest} (hops: {away}).",
            **values,
        )
    else:
        words = Text(
            "The reset of packet {packet} is not the {sender}'s: its time to live is {ttl} (hops from here: {hops}), "
            "that of all other packets of the {sender} is {least} to {greatest} (hops: {away}).",
            **values,
        )
    yield Sign(0.85, words, tuple(handshake.all("syn_ack" if reset.sender == "server" else "syn")))


def _ttl_differs(header: Header, habit: Habit) -> bool:
    """Tell whether a time to live is outside of all that was seen of a side."""
    return habit.least_ttl > 0 and not habit.least_ttl <= header.ttl <= habit.greatest_ttl


def _hops(ttl: int) -> int:
    """Return how many routers a packet has passed, by the next usual time to live to begin with."""
    return next(first for first in FIRST_TTLS if first >= ttl) - ttl


def _other_count(handshake: Handshake, reset: Event) -> Iterator[Sign]:
    """Its IP identification is out of its sender's count. It may be 0 in any reset, which tells nothing."""
    header, habit = reset.header, handshake.habit(reset.sender)
    if header is None or not habit.counts or header.identification <= 0:
        return
    if 0 <= (header.identification - habit.identification + STEP) & 0xFFFF <= 2 * STEP:
        return
    yield Sign(
        0.5,
        Text(
            "Its IP identification is {identification}, where the {sender} counts on from {last}.",
            identification=f"0x{header.identification:04x}",
            sender=phrase_of(reset.sender),
            last=f"0x{habit.identification:04x}",
        ),
        (),
    )


def _too_soon(handshake: Handshake, reset: Event) -> Iterator[Sign]:
    """It acknowledges data that its sender cannot have had yet.

    The first round trip may have been longer than later ones, where an address had to be looked up or a load balancer
    connected to its server; so this alone is not enough.
    """
    header, trip_ns = reset.header, _round_trip_ns(handshake, reset.sender)
    opening = handshake.first("syn" if reset.sender == "server" else "syn_ack")
    if (
        header is None
        or header.acknowledgment is None
        or opening is None
        or opening.header is None
        or trip_ns < MEASURABLE_NS
    ):
        return
    stream = handshake.stream(OTHER[reset.sender])
    acknowledged = (header.acknowledgment - opening.header.sequence - 1) & 0xFFFFFFFF
    if not 0 < acknowledged <= stream.end:
        return
    asked, asked_ns = stream.arrival(acknowledged)
    if 0 <= reset.time_ns - asked_ns < trip_ns // 2:
        yield Sign(
            0.5,
            Text(
                "It answers packet {asked} after {waited:.1f} ms, where the {sender} is {trip:.1f} ms away and back.",
                asked=asked,
                waited=(reset.time_ns - asked_ns) / 1e6,
                sender=phrase_of(reset.sender),
                trip=trip_ns / 1e6,
            ),
            (opening,),
        )


def _round_trip_ns(handshake: Handshake, side: Side) -> int:
    """Return how long an answer of one side took when the connection was opened; 0 where that is not known."""
    syns = list(handshake.all("syn"))
    answer, whole_ns = handshake.first("syn_ack"), handshake.flow.rtt_ns
    if len(syns) != 1 or answer is None or whole_ns is None:
        return 0
    server_ns = answer.time_ns - syns[0].time_ns
    return server_ns if side == "server" else whole_ns - server_ns


def _other_place(handshake: Handshake, reset: Event) -> Iterator[Sign]:
    """Its sequence number lies past all that its sender has sent."""
    header = reset.header
    opening = handshake.first("syn_ack" if reset.sender == "server" else "syn")
    if (
        header is None
        or opening is None
        or opening.header is None
        or any(handshake.all("gap", reset.sender))
    ):
        return
    sent = 1 + handshake.stream(reset.sender).end
    ahead = (header.sequence - opening.header.sequence - sent) & 0xFFFFFFFF
    if 1 < ahead < 0x80000000:  # a FIN before it counts as one
        yield Sign(
            0.5,
            Text(
                "Its sequence number lies {ahead} bytes past the last that the {sender} sent.",
                ahead=ahead,
                sender=phrase_of(reset.sender),
            ),
            (opening,),
        )


def _both_sides(handshake: Handshake, reset: Event) -> Iterator[Sign]:
    """The other side is reset at once, by packets that were made in the same place."""
    for other in handshake.all("rst", OTHER[reset.sender]):
        one, two = reset.header, other.header
        if (
            one is not None
            and two is not None
            and abs(other.time_ns - reset.time_ns) <= TOGETHER_NS
            and one.ttl == two.ttl
            and one.identification == two.identification > 0
        ):
            yield Sign(
                0.8,
                Text(
                    "Both sides were reset at once (packets {one} and {two}), by packets with the same time to live "
                    "({ttl}) and the same identification.",
                    one=reset.packet,
                    two=other.packet,
                    ttl=one.ttl,
                ),
                (other,),
            )
            return


def _bare(handshake: Handshake, reset: Event) -> Iterator[Sign]:
    """It acknowledges, as a host that still has the connection does, and lacks the timestamps that were agreed on."""
    header, opening = reset.header, [handshake.first("syn"), handshake.first("syn_ack")]
    agreed = all(
        event is not None and event.header is not None and event.header.has_timestamps
        for event in opening
    )
    if (
        agreed
        and header is not None
        and header.acknowledgment is not None
        and not header.has_timestamps
    ):
        yield Sign(
            0.2,
            Text("It lacks the TCP timestamps that both sides agreed on."),
            (),
        )


SIGNS = (
    _goes_on,
    _other_ttl,
    _volley,
    _both_sides,
    _too_soon,
    _other_count,
    _other_place,
    _bare,
)
