"""A client gets through only with a lower version, each time at the second try."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from tlsparse.diagnosis.finding import Severity, Text
from tlsparse.diagnosis.pattern import FEWEST, Crowd, Member, Pattern, listed, pattern
from tlsparse.diagnosis.times import SECOND_NS
from tlsparse.flow.flow import Endpoint
from tlsparse.tls.codes import ProtocolVersion

SOON_NS = 5 * SECOND_NS
"""A program tries its next version at once; a person takes longer to type."""

SURE = 0.85


@pattern
def fallback_retries(crowd: Crowd) -> Iterator[Pattern]:
    """A client fails with its newest version and tries again with an older one, time after time.

    What it looks like
        Three times or more the same client address fails with a server and comes back within 5 seconds with an offer
        whose highest version is lower; some of these second tries complete.

    What it means
        The server, or something before it, cannot stand the newer hello, and the client works round that. Each
        connection costs a failed one, and whoever can break a connection can force the lower version.

    What to try
        Bring the server up to date, or switch the newer version off where the client is set up, so that the first try
        is the right one.
    """
    failed_by: dict[tuple[str, Endpoint], int] = {}
    for member in crowd.failed:
        pair = member.client, member.server
        failed_by[pair] = failed_by.get(pair, 0) + 1
    often = {pair for pair, count in failed_by.items() if count >= FEWEST}
    attempts: dict[tuple[str, Endpoint], list[Member]] = {}
    for member in crowd.members if often else ():
        if (pair := (member.client, member.server)) in often:
            attempts.setdefault(pair, []).append(member)
    for members in attempts.values():
        steps = [(a, b) for a, b in pairwise(members) if _falls_back(a, b)]
        through = [second for _, second in steps if second.completed]
        if len(steps) >= FEWEST and through:
            yield _told(steps, through)


def _falls_back(first: Member, second: Member) -> bool:
    """Tell whether the second is a new try of the first, with a lower version."""
    if first.completed or first.name != second.name:
        return False
    if not 0 <= second.handshake.start_ns - first.handshake.start_ns <= SOON_NS:
        return False
    newest, next_newest = _newest(first), _newest(second)
    return newest is not None and next_newest is not None and next_newest < newest


def _newest(member: Member) -> ProtocolVersion | None:
    hello = member.handshake.client_hello
    if hello is None:
        return None
    return max((v for v in hello.versions if not v.is_datagram and not v.is_grease), default=None)


def _told(steps: list[tuple[Member, Member]], through: list[Member]) -> Pattern:
    first, _ = steps[0]
    shown = [e for step in steps[:FEWEST] for m in step if (e := m.handshake.first("client_hello"))]
    values = {
        "client": first.client,
        "server": first.server,
        "high": listed(_newest(one) for one, _ in steps),
        "low": listed(_newest(other) for _, other in steps),
        "times": len(steps),
        "completed": len(through),
    }
    return Pattern(
        "fallback_retries",
        Text("Each connection needs a second try with a lower version"),
        confidence=SURE,
        side="server",
        members=tuple(member for step in steps for member in step),
        summary=Text(
            "{times} times {client} failed with {server} when it offered {high}, and came back within seconds with "
            "{low} at most; {completed} of these second tries completed.",
            **values,
        ),
        fix=Text(
            "Find out what at {server}, or before it, cannot stand a hello with {high}, and bring it up to date; until "
            "then let {client} begin with {low}.",
            **values,
        ),
        evidence=tuple(shown),
        severity=Severity.warning,
    )
