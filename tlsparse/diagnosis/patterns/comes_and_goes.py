"""The same attempt now completes and now fails."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.faces import face_of, offer_of
from tlsparse.diagnosis.finding import Text
from tlsparse.diagnosis.pattern import FEWEST, Crowd, Member, Pattern, counted, pattern, proof, runs
from tlsparse.flow.flow import Endpoint

FEWEST_TURNS = 4
"""What was mended, or broke, changes once; what came back, twice."""

MOST_COMPARED = 500
"""Handshakes of a client with a server that are compared; what comes and goes has done so by then."""

PROBABLE = 0.7
"""The client may differ in what its hello does not show, such as the roots that it trusts."""

Pair = tuple[str, Endpoint]
"""The address of a client, and a server."""


@pattern
def comes_and_goes(crowd: Crowd) -> Iterator[Pattern]:
    """One client makes a server the same offer again and again, and now it completes and now it fails.

    What it looks like
        Three handshakes or more that completed and three or more that failed, of one client address with one server
        and the same offer, in turns; what can be seen of the server's answers is the same.

    What it means
        One of several machines behind the address is at fault, or a limit that is now reached and now not, or a
        program on the client that has other roots than its neighbour.

    What to try
        Look in the server's log at the times of the failures, on each machine behind the address.
    """
    failures: dict[Pair, int] = {}
    for member in crowd.failed:
        pair = member.client, member.server
        failures[pair] = failures.get(pair, 0) + 1
    often = {pair for pair, count in failures.items() if count >= FEWEST}
    groups: dict[Pair, list[Member]] = {}
    for member in crowd.members if often else ():
        if (pair := (member.client, member.server)) in often:
            groups.setdefault(pair, []).append(member)
    for members in groups.values():
        alike = _same_offer(members[:MOST_COMPARED])
        turns = runs(member.completed for member in alike)
        failed = [member for member in alike if not member.completed]
        completed = [member for member in alike if member.completed]
        if len(turns) < FEWEST_TURNS or min(len(failed), len(completed)) < FEWEST:
            continue
        if not _look_different(failed, completed):
            yield _told(failed, completed)


def _same_offer(members: list[Member]) -> list[Member]:
    """Return those with the offer that is most frequent, and those that did not come so far as to make one."""
    offers: dict[tuple[object, ...] | None, list[Member]] = {}
    for member in members:
        hello = member.handshake.client_hello
        offers.setdefault(None if hello is None else offer_of(hello), []).append(member)
    silent = offers.pop(None, [])
    most = max(offers.values(), key=len, default=[])
    return sorted(most + silent, key=lambda member: member.handshake.number)


def _look_different(failed: list[Member], completed: list[Member]) -> bool:
    """Tell whether the server showed another face where it failed; that says more, and is another pattern."""
    bad, good = ({f for m in group if (f := face_of(m.handshake))} for group in (failed, completed))
    return bool(bad) and bad.isdisjoint(good)


def _told(failed: list[Member], completed: list[Member]) -> Pattern:
    values = {
        "client": failed[0].client,
        "server": failed[0].server,
        "completed": len(completed),
        "failed": len(failed),
        "causes": counted(m.cause for m in failed),
    }
    return Pattern(
        "comes_and_goes",
        Text("The same attempt now completes and now fails"),
        confidence=PROBABLE,
        side="server",
        members=tuple(failed),
        summary=Text(
            "{client} made {server} the same offer each time; {completed} handshakes completed and {failed} failed, in "
            "turns. Causes: {causes}.",
            **values,
        ),
        fix=Text(
            "If {server} is a load balancer, ask each machine behind it by itself: one of them is set up otherwise or "
            "is down. Else look for a limit or an overload in its log at the times of the failures.",
            **values,
        ),
        evidence=proof(failed),
    )
