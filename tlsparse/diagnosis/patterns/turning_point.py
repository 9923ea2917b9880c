"""The handshakes with a server fail since a moment, or until one."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.faces import leaf_of
from tlsparse.diagnosis.finding import Severity, Text
from tlsparse.diagnosis.pattern import FEWEST, Crowd, Member, Pattern, counted, pattern, runs
from tlsparse.diagnosis.times import moment
from tlsparse.pcap.block import NO_TIME

SURE = 0.9
"""Three and three that part by chance alone, if half of them failed: one in ten. By then a server has mostly more."""

WORDS = {
    (True, False): (
        "A server fails since a moment",
        "Until {last} UTC all {completed} handshakes with {server} completed; since {first} UTC all {failed} failed. "
        "Causes: {causes}.",
        "Find out what was changed at {server} between {last} and {first} UTC, or what ran out then: a certificate, "
        "a configuration, a release, a rule of a firewall.",
    ),
    (False, True): (
        "A server has recovered",
        "Until {last} UTC all {failed} handshakes with {server} failed; since {first} UTC all {completed} completed. "
        "Causes: {causes}.",
        "Nothing now; find out what was mended at {server} between {last} and {first} UTC, so that it stays so.",
    ),
    (True, False, True): (
        "A server failed for a while",
        "Between {begin} and {end} UTC all {failed} handshakes with {server} failed; all {completed} before and after "
        "that completed. Causes: {causes}.",
        "Find out what happened at {server} between {begin} and {end} UTC: a restart, a release, an overload.",
    ),
}
"""Title, summary and fix, by what completed in turn."""

REPLACED = (
    "Until {last} UTC all {completed} handshakes with {server} completed; since {first} UTC, when it began to show "
    "another certificate, all {failed} failed. Causes: {causes}."
)


@pattern
def turning_point(crowd: Crowd) -> Iterator[Pattern]:
    """The handshakes with a server complete up to a moment and fail from then on, or the other way round.

    What it looks like
        Three handshakes or more in a row that completed, and three or more that failed, with nothing between; some
        client is on both sides of the moment.

    What it means
        Something changed or ran out at that moment: a certificate, a configuration, a release.

    What to try
        Look up in the server's log and in the history of its configuration what happened then.
    """
    for server in dict.fromkeys(member.server for member in crowd.failed):
        members = sorted(crowd.by_server.get(server, ()), key=lambda m: m.handshake.start_ns)
        if len(members) < 2 * FEWEST or any(m.handshake.start_ns == NO_TIME for m in members):
            continue
        turns = runs(member.completed for member in members)
        order = tuple(completed for completed, _ in turns)
        if order not in WORDS or min(count for _, count in turns) < FEWEST:
            continue
        if any(_share_no_client(members, at) for at in _borders(turns)):
            continue
        yield _told(members, order, _borders(turns))


def _borders(turns: list[tuple[bool, int]]) -> list[int]:
    """Return at which members a new turn begins."""
    borders = [turns[0][1]]
    for _, count in turns[1:-1]:
        borders.append(borders[-1] + count)
    return borders


def _share_no_client(members: list[Member], at: int) -> bool:
    """Tell whether the clients before and after a moment are others: then they may be the reason, and not the time."""
    return {m.client for m in members[:at]}.isdisjoint(m.client for m in members[at:])


def _told(members: list[Member], order: tuple[bool, ...], borders: list[int]) -> Pattern:
    title, said, fix = WORDS[order]
    at = borders[0]
    if order == (True, False) and _is_replaced(members[:at], members[at:]):
        said = REPLACED
    failed = [member for member in members if not member.completed]
    values = {
        "server": members[0].server,
        "last": moment(members[at - 1].handshake.start_ns),
        "first": moment(members[at].handshake.start_ns),
        "begin": moment(failed[0].handshake.start_ns),
        "end": moment(members[borders[-1]].handshake.start_ns),
        "completed": len(members) - len(failed),
        "failed": len(failed),
        "causes": counted(m.cause for m in failed),
    }
    sides = (m.decisive for border in borders for m in members[border - 1 : border + 1])
    return Pattern(
        "turning_point",
        Text(title),
        confidence=SURE,
        side="server",
        members=tuple(failed),
        summary=Text(said, **values),
        fix=Text(fix, **values),
        evidence=tuple(event for event in sides if event is not None),
        severity=Severity.failure if not order[-1] else Severity.note,
    )


def _is_replaced(before: list[Member], after: list[Member]) -> bool:
    """Tell whether the server showed one certificate up to a moment and others from then on."""
    old, new = ({leaf for m in half if (leaf := leaf_of(m.handshake))} for half in (before, after))
    return bool(old and new and old.isdisjoint(new))
