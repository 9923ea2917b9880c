"""Machines behind one address answer the same offer in different ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tlsparse.diagnosis.chains import PLAIN_NAME
from tlsparse.diagnosis.faces import Face, face_of, offer_of
from tlsparse.diagnosis.finding import Severity, Text
from tlsparse.diagnosis.pattern import FEWEST, Crowd, Member, Pattern, counted, pattern, proof, runs

FEWEST_TURNS = 4
"""What a server shows changes once when it is set up anew, and twice when that is taken back."""

MOST_COMPARED = 500
"""Handshakes of a server that are compared; machines that take turns have all had theirs by then."""

SURE, FAILING = 0.85, 0.9


NAMED = (
    "Ask each machine behind {server} by itself (openssl s_client -connect BACKEND -servername {name}), and bring all "
    "to one state."
)
UNNAMED = "Ask each machine behind {server} by itself (openssl s_client -connect BACKEND), and bring all to one state."
"""What to do. A name that a shell would not leave alone is in no command."""


@pattern
def backends_differ(crowd: Crowd) -> Iterator[Pattern]:
    """Several machines behind one address do not have the same certificate or settings.

    What it looks like
        To the same offer one address answers now in one way and now in another (certificate, version, cipher suite,
        make of the ServerHello): each three times or more, and in turns.

    What it means
        A load balancer spreads connections over machines that are set up differently. If handshakes fail with one of
        their faces only, that machine is the one to mend.

    What to try
        Ask each machine behind the address by itself (openssl s_client -connect BACKEND -servername NAME), and bring
        them to one state.
    """
    for members in crowd.by_server.values():
        if len(members) < 2 * FEWEST:
            continue
        seen = [
            (face, m) for m in members[:MOST_COMPARED] if (face := face_of(m.handshake)) is not None
        ]
        if len({face for face, _ in seen}) > 1:
            yield from _compared(seen)


def _compared(seen: list[tuple[Face, Member]]) -> Iterator[Pattern]:
    """Yield the first offer to which the two most frequent faces were shown in turns."""
    by_offer: dict[tuple[object, ...], list[tuple[Face, Member]]] = {}
    for face, member in seen:
        hello = member.handshake.client_hello
        if hello is not None:
            by_offer.setdefault(offer_of(hello), []).append((face, member))
    for alike in by_offer.values():
        faces = [face for face, _ in alike]
        most = [face for face, count in Counter(faces).most_common(2) if count >= FEWEST]
        if (
            len(most) == 2
            and _share_a_client(alike, most)
            and len(runs(f for f in faces if f in most)) >= FEWEST_TURNS
        ):
            one, other = ([m for face, m in alike if face == each] for each in most)
            yield _told(one, other, _difference(*most))
            return


def _share_a_client(seen: list[tuple[Face, Member]], most: list[Face]) -> bool:
    """Tell whether some client saw both faces; else it may be the way of each client that decides."""
    one, other = ({m.client for face, m in seen if face == each} for each in most)
    return not one.isdisjoint(other)


def _difference(one: Face, other: Face) -> str:
    """Name in what two faces differ."""
    return ", ".join(name for name in Face._fields if getattr(one, name) != getattr(other, name))


def _told(one: list[Member], other: list[Member], difference: str) -> Pattern:
    well, bad = sorted((one, other), key=lambda group: sum(not m.completed for m in group))
    fails = all(m.completed for m in well) and not any(m.completed for m in bad)
    said = (
        "{server} answers the same offer in two ways, in turns: {many} times in the one and {few} times in the other. "
        "They differ in: {difference}."
    )
    if fails:
        said = (
            "{server} answers the same offer in two ways, in turns: all {well} handshakes with the one completed, and "
            "all {bad} with the other failed (packet {packet} is such an answer). They differ in: {difference}. "
            "Causes: {causes}."
        )
    few, many = sorted((one, other), key=len)
    answers = [
        e
        for group in (one, other)
        for m in group[:FEWEST]
        if (e := m.handshake.first("server_hello"))
    ]
    odd = bad[0].handshake.first("server_hello")
    values = {
        "server": one[0].server,
        "name": one[0].name,
        "difference": difference,
        "many": len(many),
        "few": len(few),
        "well": len(well),
        "bad": len(bad),
        "packet": odd.packet if odd else "?",
        "causes": counted(m.cause for m in bad if not m.completed),
    }
    return Pattern(
        "backends_differ",
        Text("The machines behind one address differ"),
        confidence=FAILING if fails else SURE,
        side="server",
        members=tuple(bad) if fails else (*one, *other),
        summary=Text(said, **values),
        fix=Text(NAMED if PLAIN_NAME.fullmatch(one[0].name or "") else UNNAMED, **values),
        evidence=proof(bad) if fails else tuple(answers),
        severity=Severity.failure if fails else Severity.warning,
    )
