"""A handshake went well with a certificate that another client would refuse, or that expires soon."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.chains import (
    Shown,
    cause_of,
    fix_of,
    mender_of,
    shown_chain,
    summary_of,
    together,
)
from tlsparse.diagnosis.finding import Finding, Severity, Text, remark
from tlsparse.diagnosis.times import duration, span_ns
from tlsparse.handshake.event import Side
from tlsparse.handshake.handshake import Handshake

SOON_DAYS = 30
"""So long before its end a certificate should have been renewed; ACME clients renew a month ahead."""

PRIVATE = ("unknown_ca", "untrusted", "self_signed", "address", "duplicate", "stray", "stale_list")
"""What is no fault for a client that was told whom to trust, or for any but the strictest."""

NOTES = ("interception", "longer_path", "lifetime")
"""What is worth knowing, and need not be mended at once."""

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
        for fault in shown.verdict.faults:
            if fault.kind not in PRIVATE and fault.why != "then":
                yield Finding(
                    cause_of(fault, side),
                    confidence=0.9,
                    side=mender_of(fault, side),
                    step=handshake.step,
                    summary=together(
                        summary_of(fault, shown, handshake, side),
                        Text("The other side accepted it."),
                    ),
                    fix=fix_of(fault, shown, handshake, side),
                    evidence=(shown.event,),
                    severity=Severity.note if fault.kind in NOTES else Severity.warning,
                )
        yield from _ends_soon(handshake, shown, side)


def _ends_soon(handshake: Handshake, shown: Shown, side: Side) -> Iterator[Finding]:
    leaf = shown.verdict.leaf
    if leaf.not_after is None or leaf.not_before is None:
        return
    left = leaf.not_after - shown.at
    lifetime = leaf.not_after - leaf.not_before
    if not 0 <= left.total_seconds() < SOON_DAYS * 86400 or left > lifetime / 3:
        return  # one that lives for days is renewed in its last third
    yield Finding(
        "certificate.expired" if side == "server" else "client_certificate.expired",
        confidence=0.9,
        side=side,
        step=handshake.step,
        summary=Text(
            "The certificate of {subject} expires on {end} UTC, {span} after the handshake.",
            subject=leaf.subject or "?",
            end=f"{leaf.not_after:%Y-%m-%d %H:%M}",
            span=duration(span_ns(left)),
        ),
        fix=Text(
            "Renew the certificate of {owner}, and see why that did not happen by itself.",
            owner=handshake.server if side == "server" else handshake.client,
        ),
        evidence=(shown.event,),
        severity=Severity.warning,
    )
