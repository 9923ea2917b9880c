"""What a pattern yields, what it looks at, and how it is made known.

A rule looks at one handshake; a pattern looks at all of a capture, which a `Crowd` sorts by who took part. What only
shows in many handshakes is a `Finding` of its own kind: not a cause, but what the failures have in common.

Captures of 20 000 handshakes are usual, and most of them are fine. A pattern goes over each handshake a few times at
most, and first asks what is cheap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import import_module
from pkgutil import iter_modules
from typing import TypeVar

from tlsparse.diagnosis.finding import Finding, Proven, Severity, Text, Who
from tlsparse.diagnosis.judge import has_failed
from tlsparse.flow.flow import Endpoint
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake

Key = TypeVar("Key")
Value = TypeVar("Value")

FEWEST = 3
"""Less often than this anything may be chance: what is said of a side needs as many handshakes of it."""

NAMED = 4
"""Of a list in a sentence so many are named, and the others counted."""

NAME_WIDTH = 64
"""Characters of a name from a capture in a sentence; a stranger may send 64 KB of them."""

EVIDENCE = 12
"""Handshakes whose decisive packets prove a pattern; more would make a filter that nobody can read."""


@dataclass(frozen=True)
class Pattern(Proven):
    """What many handshakes have in common."""

    pattern: str  # its id, the name of its file: retry_storm
    title: Text  # in a few words
    confidence: float  # 0 to 1: how often such a thing is right
    side: Who  # who has to act
    members: tuple[Member, ...]  # the handshakes that it is about
    summary: Text  # what was seen, with values
    fix: Text  # what to do
    evidence: tuple[Event, ...] = ()
    severity: Severity = Severity.failure

    @property
    def handshakes(self) -> tuple[int, ...]:
        """Numbers of the handshakes that it is about, in order."""
        return tuple(sorted(member.handshake.number for member in self.members))

    def in_language(self, language: str) -> Pattern:
        """Return the same pattern, whose sentences are said in a language."""
        return replace(
            self,
            title=self.title.in_language(language),
            summary=self.summary.in_language(language),
            fix=self.fix.in_language(language),
        )


@dataclass(slots=True, eq=False)
class Member:
    """One handshake of a crowd, with what is asked of each."""

    handshake: Handshake
    findings: Sequence[Finding]
    client: str  # address
    server: Endpoint  # the one behind a proxy
    completed: bool  # else it failed

    @property
    def name(self) -> str | None:
        """The name that the client asked for."""
        return self.handshake.server_name

    @property
    def cause(self) -> str:
        """Why it failed: the cause, or how it ended where no cause is known; empty if it completed."""
        if self.completed:
            return ""
        return self.findings[0].cause if self.findings else self.handshake.outcome

    @property
    def decisive(self) -> Event | None:
        """The event that shows how it ended: of a failure the one that decided, else the ServerHello."""
        event = self.handshake.ending.decisive if not self.completed else None
        return event or self.handshake.first("server_hello") or self.handshake.first("client_hello")


class Crowd:
    """All handshakes of a capture that ended, well or not, in order of their first packets.

    Left out is what says nothing: what the capture does not show to its end, renegotiations (their connection is here
    already), failures that are only a note, and clients that never spoke TLS, as those of a port scan.
    """

    def __init__(self, judged: Iterable[tuple[Handshake, Sequence[Finding]]]) -> None:
        self.members: list[Member] = []
        for handshake, findings in judged:
            outcome = handshake.outcome
            completed = outcome == "completed"
            if outcome == "cut" or handshake.order:
                continue
            if not completed and not has_failed(handshake, findings):
                continue
            if outcome == "not_tls" and handshake.first("client_hello") is None:
                continue
            client, server = handshake.client.ip, handshake.target
            self.members.append(Member(handshake, findings, client, server, completed))

    @cached_property
    def failed(self) -> list[Member]:
        """Those that failed."""
        return [member for member in self.members if not member.completed]

    @cached_property
    def by_server(self) -> dict[Endpoint, list[Member]]:
        """The members of each server that has enough of them for a pattern."""
        return _enough(self.members, lambda member: member.server)

    @cached_property
    def by_client(self) -> dict[str, list[Member]]:
        """The members of each client address that has enough of them for a pattern."""
        return _enough(self.members, lambda member: member.client)

    @cached_property
    def accepting(self) -> set[Endpoint]:
        """Servers with which some handshake completed."""
        return {member.server for member in self.members if member.completed}

    @cached_property
    def accepted(self) -> set[str]:
        """Addresses of clients of which some handshake completed."""
        return {member.client for member in self.members if member.completed}


def _enough(members: list[Member], key: Callable[[Member], Key]) -> dict[Key, list[Member]]:
    groups: dict[Key, list[Member]] = {}
    for member in members:
        groups.setdefault(key(member), []).append(member)
    return {name: group for name, group in groups.items() if len(group) >= FEWEST}


def runs(values: Iterable[Value]) -> list[tuple[Value, int]]:
    """Return the values in order, each stretch of equals once, with its length."""
    stretches: list[tuple[Value, int]] = []
    for value in values:
        if stretches and stretches[-1][0] == value:
            stretches[-1] = value, stretches[-1][1] + 1
        else:
            stretches.append((value, 1))
    return stretches


# --- In words -----------------------------------------------------------------------------------------------------


def listed(values: Iterable[object], most: int = NAMED) -> tuple[str, ...]:
    """Return each of some values once, the first ones by name: in a sentence ``a, b (+7)``."""
    return _bounded(list(dict.fromkeys(map(str, values))), most)


def counted(values: Iterable[object], most: int = NAMED) -> tuple[str, ...]:
    """Return values by how often they occur, ``a (12), b (3)``; without the counts where each occurs once."""
    ranked = Counter(map(str, values)).most_common()
    if ranked and ranked[0][1] == 1:
        return listed((value for value, _ in ranked), most)
    return _bounded([f"{value} ({count})" for value, count in ranked], most)


def most_frequent(values: Iterable[str]) -> str:
    """Return the value that occurs most often."""
    return Counter(values).most_common(1)[0][0]


def _bounded(texts: list[str], most: int) -> tuple[str, ...]:
    """Keep the first texts, and count the others behind the last of these."""
    more = len(texts) - most
    if more <= 0:
        return tuple(texts)
    return (*texts[: most - 1], f"{texts[most - 1]} (+{more})")


def proof(members: Iterable[Member]) -> tuple[Event, ...]:
    """Return the decisive events of the first members."""
    events: list[Event] = []
    for member in members:
        if len(events) == EVIDENCE:
            break
        if (event := member.decisive) is not None:
            events.append(event)
    return tuple(events)


# --- The register -------------------------------------------------------------------------------------------------

Look = Callable[[Crowd], Iterator[Pattern]]

_PATTERNS: dict[str, Look] = {}


def pattern(function: Look) -> Look:
    """Make a function known as a pattern: a name, a page of manual in its docstring, one question."""
    _PATTERNS[function.__name__] = function
    return function


@cache
def all_patterns() -> dict[str, Look]:
    """Return every pattern of the folder `patterns`, by name."""
    from tlsparse.diagnosis import patterns

    for module in iter_modules(patterns.__path__):
        import_module(f"{patterns.__name__}.{module.name}")
    return dict(sorted(_PATTERNS.items()))


GRAVITY = {Severity.failure: 0, Severity.warning: 1, Severity.note: 2}


def find_patterns(judged: Iterable[tuple[Handshake, Sequence[Finding]]]) -> list[Pattern]:
    """Return what the handshakes of a capture have in common, the gravest and largest first."""
    crowd = Crowd(judged)
    if len(crowd.members) < FEWEST:
        return []
    found = [each for look in all_patterns().values() for each in look(crowd)]
    found.sort(key=lambda p: (GRAVITY[p.severity], -len(p.members), p.handshakes, p.pattern))
    return found
