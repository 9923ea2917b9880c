"""What of a diagnosis belongs together: the same failure many times is one block.

It is the same where the cause is the same and one thing is to be done about all of it, in whatever words it showed. So
failures are put together by cause and remedy, and by their server and the name that it was asked for; where the client
must act, by the client, if that makes fewer. A cause with many such groups keeps the largest, and the others become
one, so that the output is as long as there are things to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tlsparse.diagnosis.finding import Finding, Severity, Text
from tlsparse.diagnosis.pattern import GRAVITY
from tlsparse.handshake.handshake import Handshake

MOST = 5
"""Blocks for one cause; what is told of the fifth server is mostly what was told of the first."""

MOST_REMARKS = 2
"""The same for warnings, which can wait."""

Case = tuple[Handshake, Finding | None, Sequence[Finding]]
"""A handshake, what is said of it, and what else is."""


@dataclass
class Group:
    """Handshakes of which the same is to be said."""

    cases: list[Case]

    @property
    def example(self) -> Case:
        """The first of those that are surest: it is told in full."""
        return max(self.cases, key=lambda case: case[1].confidence if case[1] else 0.0)

    @property
    def handshakes(self) -> list[Handshake]:
        """All of them, in order."""
        return [handshake for handshake, _, _ in self.cases]

    @property
    def others(self) -> list[Handshake]:
        """All but the example."""
        example = self.example[0]
        return [handshake for handshake in self.handshakes if handshake is not example]

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        finding = self.cases[0][1]
        return finding.severity if finding is not None else Severity.failure


def group_failures(judged: Iterable[tuple[Handshake, Sequence[Finding]]]) -> list[Group]:
    """Put failed handshakes together by what is said first of each; the gravest and most frequent come first."""
    cases: list[Case] = [
        (handshake, findings[0] if findings else None, findings[1:])
        for handshake, findings in judged
    ]
    return _grouped(cases, MOST)


def group_remarks(judged: Iterable[tuple[Handshake, Sequence[Finding]]]) -> list[Group]:
    """Put together what is remarked of handshakes that completed; one may have several remarks."""
    cases: list[Case] = [
        (handshake, finding, ()) for handshake, findings in judged for finding in findings
    ]
    return _grouped(cases, MOST_REMARKS)


def _to_do(case: Case) -> tuple[object, ...]:
    """Return what is the same where the same is to be done: of an authority it is not what it is of a leaf."""
    handshake, finding, _ = case
    if finding is None:
        return None, handshake.outcome, handshake.step
    return finding.cause, finding.side, finding.severity, *_templates(finding.fix)


def _templates(text: Text) -> Iterator[str]:
    """Yield what a text says but for its values, texts among them included."""
    yield text.template
    for value in text.values.values():
        if isinstance(value, Text):
            yield from _templates(value)


def _grouped(cases: list[Case], most: int) -> list[Group]:
    groups = [
        group
        for alike in _sorted_out(cases, _to_do)
        for group in _bounded(_by_who_acts(alike), most)
    ]
    return sorted(groups, key=lambda g: (GRAVITY[g.severity], -len(g.cases), g.cases[0][0].number))


def _by_who_acts(cases: list[Case]) -> list[list[Case]]:
    """Part the cases of one cause by whom they concern."""
    finding = cases[0][1]
    by_server = _sorted_out(cases, lambda case: (case[0].target, case[0].server_name))
    if finding is None or finding.side != "client":
        return by_server
    by_client = _sorted_out(cases, lambda case: case[0].client.ip)
    return min(by_client, by_server, key=len)


def _bounded(parts: list[list[Case]], most: int) -> list[Group]:
    """Keep the largest parts, and make one of all others."""
    if len(parts) <= most:
        return [Group(part) for part in parts]
    parts = sorted(parts, key=lambda part: (-len(part), part[0][0].number))
    rest = [case for part in parts[most - 1 :] for case in part]
    rest.sort(key=lambda case: case[0].number)
    return [Group(part) for part in (*parts[: most - 1], rest)]


def _sorted_out(cases: list[Case], key: Callable[[Case], object]) -> list[list[Case]]:
    """Part cases by a key, in the order in which each first occurs."""
    parts: dict[object, list[Case]] = {}
    for case in cases:
        parts.setdefault(key(case), []).append(case)
    return list(parts.values())
