"""What a rule yields, and how a rule is made known.

A finding is a cause with what proves it. Its sentences are `Text`: a template and the values seen, kept apart, so that
they can be said in another language and so that values from a capture are never taken for part of the sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Literal

from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake
from tlsparse.language import ENGLISH, Phrase, fill, phrase_of


class Severity(StrEnum):
    """How grave a finding is."""

    failure = "failure"
    """It made the handshake fail."""
    warning = "warning"
    """The handshake worked, and one day will not."""
    note = "note"
    """Worth knowing."""


__all__ = [
    "Finding",
    "Phrase",
    "Proven",
    "Rule",
    "Severity",
    "Text",
    "Who",
    "advice",
    "all_rules",
    "phrase_of",
    "remark",
    "rule",
    "rules_for",
]

MOST_ADVICE = 2048
"""Sentences that are remembered for the next handshake."""

Who = Literal["client", "server", "network", "capture"]


class Text:
    """A sentence with values, which can be said in several languages.

    A value is a name, a number or whatever else came from the capture, or is itself said: another `Text`, a `Phrase`
    for a word of our own, or a tuple of them for a list.
    """

    __slots__ = ("_said", "language", "template", "values")

    def __init__(self, template: str, /, **values: object) -> None:
        self.template = template
        self.values = values
        self.language: str = ENGLISH
        self._said: str | None = None

    def say(self, language: str) -> str:
        """Return the sentence in a language, `tlsparse.language.LANGUAGES`."""
        return fill(self.template, self.values, language)

    def in_language(self, language: str) -> Text:
        """Return the same sentence as one that `str` says in a language."""
        text = Text(self.template, **self.values)
        text.language = language
        return text

    def __str__(self) -> str:
        if self._said is None:  # many handshakes may share it
            self._said = self.say(self.language)
        return self._said

    def __repr__(self) -> str:
        return f"Text({str(self)!r})"


@lru_cache(maxsize=MOST_ADVICE, typed=True)  # a `Phrase` is equal to a name that reads like it
def advice(template: str, /, **values: object) -> Text:
    """Return a sentence that stands in the findings of many handshakes: the same one for the same values.

    What it says is put together once then. So it is for what names a server or a setting, and no packet.
    """
    return Text(template, **values)


class Proven:
    """What is said with the events that prove it."""

    evidence: tuple[Event, ...]

    @property
    def packets(self) -> tuple[int, ...]:
        """Numbers of the packets that prove it, in order."""
        if len(self.evidence) == 1:
            return (self.evidence[0].packet,)
        return tuple(sorted({event.packet for event in self.evidence}))

    @property
    def wireshark_filter(self) -> str | None:
        """Display filter that shows these packets."""
        packets = self.packets
        return f"frame.number in {{{', '.join(map(str, packets))}}}" if packets else None


@dataclass(frozen=True)
class Finding(Proven):
    """One cause, with its evidence."""

    cause: str  # id of the taxonomy, from general to particular: certificate.expired
    confidence: float  # 0 to 1: how often such a finding is right
    side: Who  # who has to act
    step: str  # where the handshake stood
    summary: Text  # what happened, with the values seen
    fix: Text  # what to do
    evidence: tuple[Event, ...] = ()
    severity: Severity = Severity.failure
    title: Phrase | None = None  # in place of the cause's, where that says more than is true

    def proven_by(self, *evidence: Event) -> Finding:
        """Return the same finding about another handshake, with what proves it there."""
        finding = object.__new__(Finding)  # as `replace` does, without setting each field
        finding.__dict__.update(self.__dict__, evidence=evidence)
        return finding

    def in_language(self, language: str) -> Finding:
        """Return the same finding, whose sentences are said in a language."""
        if language == self.summary.language:
            return self
        return replace(
            self,
            summary=self.summary.in_language(language),
            fix=self.fix.in_language(language),
        )


Rule = Callable[[Handshake], Iterator[Finding]]

_RULES: dict[str, Rule] = {}
_REMARKS: dict[str, Rule] = {}


def rule(function: Rule) -> Rule:
    """Make a function known as a rule: a name, a page of manual in its docstring, one question.

    It is asked about handshakes that did not complete, and need not look at others.
    """
    _RULES[function.__name__] = function
    return function


def remark(function: Rule) -> Rule:
    """Make a function known as a rule about handshakes that completed, which are most: it should be quick."""
    _REMARKS[function.__name__] = function
    return function


@cache
def all_rules() -> dict[str, Rule]:
    """Return every rule of the folder `rules`, by name."""
    from tlsparse.diagnosis import rules

    for module in iter_modules(rules.__path__):
        import_module(f"{rules.__name__}.{module.name}")
    return dict(sorted((_RULES | _REMARKS).items()))


@cache
def rules_for(outcome: str) -> tuple[Rule, ...]:
    """Return the rules that are asked about handshakes of an outcome."""
    asked = _REMARKS if outcome == "completed" else _RULES
    return tuple(rule for name, rule in all_rules().items() if name in asked)
