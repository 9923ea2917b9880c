"""A client fails against a server again and again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from statistics import median

from tlsparse.diagnosis.finding import Severity, Text
from tlsparse.diagnosis.pattern import Crowd, Member, Pattern, counted, pattern, proof
from tlsparse.diagnosis.times import SECOND_NS, duration
from tlsparse.flow.flow import Endpoint
from tlsparse.pcap.block import NO_TIME

FEWEST_RETRIES = 5
"""A person tries three or four times, a program goes on."""

PATIENT_NS = 30 * SECOND_NS
"""Who waits longer than this between two tries does no harm, and monitoring does so by intent."""

GROWTH = 1.5
"""Who backs off waits in the second half of its tries so much longer than in the first; doubling gives far more."""

SURE = 0.85

STEADY = (
    "{client} tried {server} {tries} times in {span} and failed each time, every {interval} without backing off. "
    "Causes: {causes}."
)
GROWING = (
    "{client} tried {server} {tries} times in {span} and failed each time; it waits longer and longer, last {last}. "
    "Causes: {causes}."
)


@pattern
def retry_storm(crowd: Crowd) -> Iterator[Pattern]:
    """The same client fails against the same server again and again.

    What it looks like
        Five failures or more of one client address with one server, each begun after the one before had ended, half
        of them within 30 seconds of it, and none that completed between them.

    What it means
        A program repeats what cannot succeed. It mends nothing, fills logs, and may keep a server busy or a limit
        exceeded.

    What to try
        Mend the cause; then give the program a pause that grows with each failure, and an end.
    """
    pairs: dict[tuple[str, Endpoint], list[Member]] = {}
    for member in crowd.failed:
        pairs.setdefault((member.client, member.server), []).append(member)
    often = {pair for pair, members in pairs.items() if len(members) >= FEWEST_RETRIES}
    if not often:
        return
    for series in _series(crowd, often):
        intervals = [b.handshake.start_ns - a.handshake.start_ns for a, b in pairwise(series)]
        if any(m.handshake.start_ns == NO_TIME for m in series) or median(intervals) > PATIENT_NS:
            continue
        yield _told(series, intervals)


def _series(crowd: Crowd, pairs: set[tuple[str, Endpoint]]) -> Iterator[list[Member]]:
    """Yield the longest series of failures of each pair that no success interrupts."""
    longest: dict[tuple[str, Endpoint], list[Member]] = {}
    current: dict[tuple[str, Endpoint], list[Member]] = {}
    for member in crowd.members:
        pair = member.client, member.server
        if pair not in pairs:
            continue
        if member.completed:
            current[pair] = []
            continue
        series = current.setdefault(pair, [])
        if series and member.handshake.start_ns < _end_ns(series[-1]):
            continue  # begun beside the other, as browsers do; no retry
        series.append(member)
        if len(series) > len(longest.get(pair, ())):
            longest[pair] = series
    yield from (series for series in longest.values() if len(series) >= FEWEST_RETRIES)


def _end_ns(member: Member) -> int:
    """When it failed; if nothing decided that, when its last packet came."""
    end_ns = member.handshake.end_ns
    return member.handshake.flow.end_ns if end_ns is None else end_ns


def _told(series: list[Member], intervals: list[int]) -> Pattern:
    half = len(intervals) // 2
    backs_off = median(intervals[half:]) > GROWTH * max(median(intervals[:half]), 1)
    values = {
        "client": series[0].client,
        "server": series[0].server,
        "tries": len(series),
        "span": duration(sum(intervals)),
        "interval": duration(int(median(intervals))),
        "last": duration(intervals[-1]),
        "causes": counted(m.cause for m in series),
    }
    return Pattern(
        "retry_storm",
        Text("The same failure again and again"),
        confidence=SURE,
        side="client",
        members=tuple(series),
        summary=Text(GROWING if backs_off else STEADY, **values),
        fix=Text(
            "Mend the cause first. Then let the program on {client} wait longer after each failure, and give up after "
            "some: what fails {tries} times does not succeed by haste.",
            **values,
        ),
        evidence=proof(series),
        severity=Severity.warning,
    )
