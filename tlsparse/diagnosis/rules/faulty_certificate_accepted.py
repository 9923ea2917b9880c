"""A handshake went well with a certificate that another client would refuse, or that expires soon."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from tlsparse.diagnosis.chains import (
    Shown,
    carrier_options,
    cause_of,
    fix_of,
    mender_of,
    names_the_client,
    shown_chain,
    span_of,
    summary_of,
    together,
)
from tlsparse.diagnosis.finding import Finding, Phrase, Severity, Text, remark
from tlsparse.diagnosis.times import duration, span_ns
from tlsparse.handshake.event import Side
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.stacks import Stack, client_stack, server_stack
from tlsparse.trust.chain import ChainVerdict, Fault

SOON_DAYS = 30
"""So long before its end a certificate should have been renewed; ACME clients renew a month ahead."""

PRIVATE = ("unknown_ca", "untrusted", "self_signed", "address", "duplicate", "stray", "stale_list")
"""What is no fault for a client that was told whom to trust, or for any but the strictest."""

NOTES = ("interception", "longer_path", "lifetime")
"""What is worth knowing, and need not be mended at once."""

MOST_SAID = 4096
"""Cases that are remembered; a capture has a few dozen."""

SIDES: tuple[Side, ...] = ("server", "client")


@remark
def faulty_certificate_accepted(handshake: Handshake) -> Iterator[Finding]:
    """The other side accepted a chain although it has faults.

    What it looks like
        A handshake that is through, and a certificate in clear that has expired or expires within 30 days, has a key
        or a hash that is too weak, lacks an intermediate, is on a revocation list that was given, or, of a public
        authority, is in no public log or lives for too long.

    What it means
        This client did not look, could fetch what was missing, or was told to be lenient. The next one may not be.

    What to try
        Mend the chain before somebody complains.
    """
    if handshake.outcome != "completed":
        return
    for side in SIDES:
        shown = shown_chain(handshake, side)
        if shown is None:
            continue
        faults, name_client = _worth_saying(shown.verdict, side)
        if faults:
            for finding in _remembered(handshake, shown, side, faults, name_client):
                yield finding.proven_by(shown.event)
        left_ns = _left(shown)
        if left_ns is not None:
            yield _ends_soon(handshake, shown, side, left_ns)


@lru_cache(maxsize=MOST_SAID)
def _worth_saying(verdict: ChainVerdict, side: Side) -> tuple[tuple[Fault, ...], bool]:
    """Return the faults of a chain that are spoken of, and whether what is said of one depends on the client.

    Of several that are the same cause the first is the gravest.
    """
    kept: dict[tuple[str, Severity], Fault] = {}
    for fault in verdict.faults:
        if fault.kind not in PRIVATE and fault.why != "then":
            kept.setdefault((cause_of(fault, side), _severity(fault)), fault)
    return tuple(kept.values()), side == "client" or any(map(names_the_client, kept.values()))


class _Case(NamedTuple):
    """All that the findings about a chain depend on, but for the packets that brought it."""

    verdict: ChainVerdict
    side: Side
    spans: tuple[str, ...]
    target: tuple[str, int]
    server: tuple[str, int]  # of the connection: the target, or a proxy before it
    server_name: str | None
    carrier: str
    client: str | None
    stacks: tuple[Stack | None, Stack | None]


_said: dict[_Case, tuple[Finding, ...]] = {}
"""A server shows the same chain to thousands of clients, and the same is to be said of each."""


def _remembered(
    handshake: Handshake, shown: Shown, side: Side, faults: tuple[Fault, ...], name_client: bool
) -> tuple[Finding, ...]:
    """Return the findings about the faults of a chain; what was said before is said again."""
    case = _Case(
        shown.verdict,
        side,
        tuple([span_of(fault, shown) for fault in faults]),
        handshake.target,
        handshake.server,
        handshake.server_name,
        carrier_options(handshake),
        handshake.client.ip if name_client else None,
        (client_stack(handshake), server_stack(handshake)),
    )
    findings = _said.get(case)
    if findings is None:
        if len(_said) >= MOST_SAID:
            _said.clear()
        said = [_about(handshake, shown, side, fault) for fault in faults]
        findings = _said[case] = tuple(said)
    return findings


def _about(handshake: Handshake, shown: Shown, side: Side, fault: Fault) -> Finding:
    return Finding(
        cause_of(fault, side),
        confidence=0.9,
        side=mender_of(fault, side),
        step=handshake.step,
        summary=together(
            summary_of(fault, shown, handshake, side),
            Text("The other side accepted it."),
        ),
        fix=fix_of(fault, shown, handshake, side),
        severity=_severity(fault),
    )


def _severity(fault: Fault) -> Severity:
    return Severity.note if fault.kind in NOTES else Severity.warning


def _left(shown: Shown) -> int | None:
    """Return how long the leaf is still valid, in nanoseconds; None if it need not be renewed yet."""
    leaf = shown.verdict.leaf
    if leaf.not_after is None or leaf.not_before is None:
        return None
    left = leaf.not_after - shown.at
    lifetime = leaf.not_after - leaf.not_before
    if not 0 <= left.total_seconds() < SOON_DAYS * 86400 or left > lifetime / 3:
        return None  # one that lives for days is renewed in its last third
    return span_ns(left)


def _ends_soon(handshake: Handshake, shown: Shown, side: Side, left_ns: int) -> Finding:
    leaf = shown.verdict.leaf
    return Finding(
        "certificate.expired" if side == "server" else "client_certificate.expired",
        confidence=0.9,
        side=side,
        step=handshake.step,
        summary=Text(
            "The certificate of {subject} expires on {end} UTC, {span} after the handshake.",
            subject=leaf.subject or "?",
            end=f"{leaf.not_after:%Y-%m-%d %H:%M}",
            span=duration(left_ns),
        ),
        fix=Text(
            "Renew the certificate of {owner}, and see why that did not happen by itself.",
            owner=handshake.target if side == "server" else handshake.client.ip,
        ),
        evidence=(shown.event,),
        severity=Severity.warning,
        title=Phrase("Certificate expires soon"),
    )
