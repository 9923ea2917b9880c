"""All findings of a handshake, most probable first.

A failure stands before a warning, a warning before a note; among equals the surer one comes first, and of two equally
sure the more particular cause. One cause is said once, by the rule that is surest of it.

A particular cause says its general one as well: where one rule is sure of ``certificate`` and another holds
``certificate.expired`` for probable, only the second is said, and stands where the first would.

What was only looked at by a scan failed for nobody, whatever the answer was: all findings are notes then.

Where the capture does not show all that came before the end, what it does show may have another reason: all findings
are less sure then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from tlsparse.diagnosis.finding import Finding, Severity, rules_for
from tlsparse.handshake.handshake import Handshake
from tlsparse.language import ENGLISH, find_language

PROBABLE = 0.5
"""From here on a particular cause takes the place of a general one: it is as likely right as not."""

PARTIAL = 0.7
"""What is left of a confidence where the capture lacks a direction, the beginning, or packets in between."""

MOST_ORDERS = 4096
"""Lists of causes whose order is remembered: most handshakes of a capture went as others did."""

GRAVITY = {Severity.failure: 0, Severity.warning: 1, Severity.note: 2}


def diagnose(handshake: Handshake, *, lang: str = ENGLISH) -> list[Finding]:
    """Say why a handshake failed; for one that did not, what is worth knowing of it.

    Parameters
    ----------
    handshake
        Any handshake of a capture, `Capture.handshake`.
    lang
        The language of what is said: ``"en"`` or ``"zh"``.

    Returns
    -------
    list of Finding
        Most probable first; empty when there is nothing to say.

    Raises
    ------
    UsageError
        If there is no such language.
    """
    language = find_language(lang)
    findings = _ranked(handshake)
    if language == ENGLISH:
        return findings
    return [finding.in_language(language) for finding in findings]


def has_failed(handshake: Handshake, findings: Sequence[Finding]) -> bool:
    """Tell whether a handshake failed for anybody.

    It did not where it was completed, where the capture does not follow it to its end, and where all that is to be said
    of it is a note: a load balancer looked whether the server is up, or a client went on in plain by its own choice.
    """
    if handshake.outcome in ("completed", "cut"):
        return False
    return not findings or any(finding.severity is Severity.failure for finding in findings)


def _ranked(handshake: Handshake) -> list[Finding]:
    findings = [finding for rule in rules_for(handshake.outcome) for finding in rule(handshake)]
    if not findings:
        return []
    if handshake.scan is not None:
        findings = [replace(f, severity=Severity.note) for f in findings]
    if handshake.ending.partial:
        findings = [replace(f, confidence=round(f.confidence * PARTIAL, 2)) for f in findings]
    if len(findings) == 1:
        return findings
    order = _order(tuple([(f.cause, f.severity, f.confidence) for f in findings]))
    return [findings[place] for place in order]


Claim = tuple[str, Severity, float]
"""What the place of a finding among others depends on: cause, severity, confidence."""


@lru_cache(maxsize=MOST_ORDERS)
def _order(claims: tuple[Claim, ...]) -> tuple[int, ...]:
    """Return which of several findings are said, and in which order."""
    surest = [
        max(other[2] for other in claims if other is claim or _replaces(claim, other))
        for claim in claims
    ]
    kept = [
        place
        for place, claim in enumerate(claims)
        if not any(_replaces(other, claim) for other in claims)
    ]

    def rank(place: int) -> tuple[int, float, float, int, str]:
        cause, severity, confidence = claims[place]
        return GRAVITY[severity], -surest[place], -confidence, -cause.count("."), cause

    said: dict[str, int] = {}
    for place in sorted(kept, key=rank):
        said.setdefault(claims[place][0], place)
    return tuple(said.values())


def _replaces(particular: Claim, general: Claim) -> bool:
    """Tell whether a finding says all that another says, and more."""
    cause, severity, confidence = particular
    return severity is general[1] and confidence >= PROBABLE and cause.startswith(general[0] + ".")
