"""All findings of a handshake, most probable first.

A failure stands before a warning, a warning before a note; among equals the surer one comes first, and of two equally
sure the more particular cause. One cause is said once, by the rule that is surest of it.
"""

from __future__ import annotations

from tlsparse.diagnosis.finding import Finding, Severity, all_rules
from tlsparse.handshake.handshake import Handshake

GRAVITY = {Severity.failure: 0, Severity.warning: 1, Severity.note: 2}


def diagnose(handshake: Handshake) -> list[Finding]:
    """Say why a handshake failed; for one that did not, what is worth knowing of it.

    Parameters
    ----------
    handshake
        Any handshake of a capture, `Capture.handshake`.

    Returns
    -------
    list of Finding
        Most probable first; empty when there is nothing to say.
    """
    findings = [finding for rule in all_rules().values() for finding in rule(handshake)]
    findings.sort(key=lambda f: (GRAVITY[f.severity], -f.confidence, -f.cause.count("."), f.cause))
    said: set[str] = set()
    return [f for f in findings if not (f.cause in said or said.add(f.cause))]  # type: ignore[func-returns-value]
