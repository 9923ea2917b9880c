"""The client refused the server's certificate, and the certificate can be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tlsparse.diagnosis.chains import (
    Shown,
    cause_of,
    check_command,
    fix_of,
    mender_of,
    shown_chain,
    summary_of,
)
from tlsparse.diagnosis.finding import Finding, Text, phrase_of, rule
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake
from tlsparse.trust.chain import GRAVITY, Fault, second_opinion

TRUST = ("self_signed", "ca_constraints", "interception", "bad_signature", "missing_intermediate")
NO_ROOT = ("untrusted", "unknown_ca")

MEANT = {
    "certificate_expired": ("expired", "not_yet_valid"),
    "certificate_revoked": ("revoked",),
    "unknown_ca": (*TRUST, *NO_ROOT, "expired", "order"),
    "unsupported_certificate": ("usage", "weak_signature", "weak_key", "ca_constraints"),
    "decrypt_error": ("bad_signature",),
    "bad_certificate_status_response": ("staple", "revoked"),
    "handshake_failure": ("weak_key", "weak_signature"),
}
"""Faults for which stacks send an alert, likeliest first. OpenSSL says unknown_ca also of a path that is too long or
has an authority that is none."""

VAGUE = ("bad_certificate", "certificate_unknown", "access_denied", "encrypted", "fin", "rst")
"""What may stand for any fault: Go says bad_certificate, Chromium certificate_unknown to all of them, Node nothing."""

SOFT = (*NO_ROOT, "address", "order", "duplicate", "weak_key", "weak_signature", "no_san")
"""Faults with which some clients live: they were given the root, know another name, allow small keys."""

CLOCK_RANGE = timedelta(days=3 * 365)
"""A hello's first bytes that are farther from the capture's time are random, not a clock."""


@rule
def server_certificate_refused(handshake: Handshake) -> Iterator[Finding]:
    """The client ended the handshake over a certificate that it was shown in clear.

    What it looks like
        Up to TLS 1.2 (or decrypted) a Certificate of the server; then an alert of the client, or its Finished and a
        close without any data.

    What it means
        The chain has a fault that the alert can stand for. Stacks differ in what they call it, so the chain decides and
        the alert agrees or not. A chain without fault, and an alert that says expired, is a client with a wrong clock.

    What to try
        Mend the fault of the chain, or of the clock; each finding says how.
    """
    refusal = _refusal(handshake)
    shown = shown_chain(handshake, "server") if refusal is not None else None
    if refusal is None or shown is None:
        return
    meant = _faults_meant(handshake, refusal, shown)
    clock = _clock_fault(handshake, refusal, shown, meant)
    if clock is not None:
        yield clock
    completed = handshake.outcome == "rejected" and refusal.kind == "alert"
    if completed and all(fault.kind in NO_ROOT for fault in meant):
        yield _pinned(handshake, refusal, shown)
    for rank, fault in enumerate(meant[:2]):
        yield Finding(
            cause_of(fault, "server"),
            confidence=round(_confidence(refusal, fault, completed) / (rank + 1), 2),
            side=mender_of(fault, "server"),
            step=handshake.step,
            summary=Text(
                "{refusal} {reason}{others}",
                refusal=_said(refusal),
                reason=summary_of(fault, shown, handshake, "server"),
                others=_others(shown, fault),
            ),
            fix=fix_of(fault, shown, handshake, "server"),
            evidence=(shown.event, refusal),
        )
    if not meant and shown.verdict.anchored:
        if refusal.name == "unknown_ca":
            yield _root_not_known(handshake, refusal, shown)
        elif not shown.verdict.faults:
            yield from _verifier_refuses(handshake, refusal, shown)


def _refusal(handshake: Handshake) -> Event | None:
    """Return what the client ended the handshake with, if that was about the certificate."""
    end = handshake.ending.decisive
    if (
        handshake.outcome not in ("alerted", "rejected")
        or handshake.step != "certificate"
        or end is None
        or end.sender != "client"
        or end.name not in (*MEANT, *VAGUE)
    ):
        return None
    return end


def _faults_meant(handshake: Handshake, refusal: Event, shown: Shown) -> list[Fault]:
    """Return the faults of the chain that the refusal can stand for, likeliest first, one of a cause."""
    wanted = MEANT.get(refusal.name, GRAVITY)
    faults = [f for f in shown.verdict.faults if f.kind in wanted]
    faults.sort(key=lambda fault: wanted.index(fault.kind))
    if (
        faults and faults[0].kind not in SOFT
    ):  # a root that no list has explains nothing beside that
        faults = [fault for fault in faults if fault.kind not in NO_ROOT]
    first = {cause_of(fault, "server"): fault for fault in reversed(faults)}
    return [fault for fault in faults if first[cause_of(fault, "server")] is fault]


def _confidence(refusal: Event, fault: Fault, completed: bool) -> float:
    """Say how often such a fault is what such a refusal means."""
    if refusal.name in MEANT:
        return 0.85 if fault.kind in NO_ROOT else 0.95
    if fault.kind in NO_ROOT:
        return 0.4 if completed else 0.65  # who completes with OpenSSL has found the root
    if fault.kind in SOFT:
        return 0.75
    return 0.93 if not refusal.encrypted and refusal.kind == "alert" else 0.88


def _said(refusal: Event) -> Text:
    """Say how the client refused."""
    if refusal.kind == "transport":
        said = "The client completed the handshake and left without a word (packet {packet})."
    elif refusal.encrypted:
        said = "The client ended the handshake with an alert that is encrypted (packet {packet})."
    else:
        said = (
            "The client refused the server's certificate with the alert {alert} (packet {packet})."
        )
    return Text(said, alert=refusal.name, packet=refusal.packet)


def _others(shown: Shown, fault: Fault) -> Text | str:
    """Name the other faults of the chain; a root that no public list has is said only where it matters."""
    kinds = [f.kind for f in shown.verdict.faults if f.kind not in (fault.kind, *NO_ROOT)]
    names = tuple(map(phrase_of, dict.fromkeys(kinds)))
    return Text(" The chain has other faults: {names}.", names=names) if kinds else ""


# --- A chain without the fault that was told ------------------------------------------------------------------------


def _clock_fault(
    handshake: Handshake, refusal: Event, shown: Shown, meant: list[Fault]
) -> Finding | None:
    """Suspect the client's clock: the chain is valid at the capture's time, and not at the client's."""
    if any(f.kind in ("expired", "not_yet_valid") for f in shown.verdict.faults):
        return None
    told = _told_time(handshake, shown.at)
    outside = told is not None and any(
        (link.not_before is not None and told < link.not_before)
        or (link.not_after is not None and told > link.not_after)
        for link in shown.verdict.path
    )
    hard = any(fault.kind not in SOFT for fault in meant)
    if refusal.name != "certificate_expired" and (not outside or hard):
        return None
    leaf = shown.verdict.leaf
    return Finding(
        "certificate.clock",
        confidence=0.9 if outside and refusal.name == "certificate_expired" else 0.75,
        side="client",
        step=handshake.step,
        summary=Text(
            "{refusal} The chain was valid at the time of the capture, {now} UTC: from {begin} to {end}.{told}",
            refusal=_said(refusal),
            now=f"{shown.at:%Y-%m-%d %H:%M}",
            begin=f"{leaf.not_before:%Y-%m-%d}" if leaf.not_before else "?",
            end=f"{leaf.not_after:%Y-%m-%d}" if leaf.not_after else "?",
            told=Text(" The client's hello says it is {told} UTC.", told=f"{told:%Y-%m-%d %H:%M}")
            if outside
            else "",
        ),
        fix=Text(
            "Set the clock of {client}, and its time zone; let it use NTP.", client=handshake.client
        ),
        evidence=tuple(
            e for e in (handshake.first("client_hello"), shown.event, refusal) if e is not None
        ),
    )


def _told_time(handshake: Handshake, at: datetime) -> datetime | None:
    """Return the clock of the client as its hello tells it, if it can be one.

    Old stacks begin their random with gmt_unix_time (RFC 5246 section 7.4.1.2); those that speak TLS 1.3 do not.
    """
    hello = handshake.client_hello
    if hello is None or any(v.is_tls13 for v in hello.versions):
        return None
    told = datetime.fromtimestamp(int.from_bytes(hello.random[:4], "big"), UTC)
    return told if abs(told - at) < CLOCK_RANGE else None


def _pinned(handshake: Handshake, refusal: Event, shown: Shown) -> Finding:
    return Finding(
        "certificate.pinned",
        confidence=0.5,
        side="client",
        step=handshake.step,
        summary=Text(
            "The client completed the handshake and left at once (packet {packet}), without any data. The chain of "
            "{subject} has no fault that could be seen; the client may have been told to expect another key.",
            packet=refusal.packet,
            subject=shown.verdict.leaf.subject or "?",
        ),
        fix=Text(
            "Compare the key or certificate that {client} is told to expect with what {server} sends; look "
            "with: {look}",
            client=handshake.client,
            server=handshake.server,
            look=check_command(handshake),
        ),
        evidence=(shown.event, refusal),
    )


def _root_not_known(handshake: Handshake, refusal: Event, shown: Shown) -> Finding:
    return Finding(
        "certificate.untrusted.unknown_ca",
        confidence=0.85,
        side="client",
        step=handshake.step,
        summary=Text(
            "{refusal} The chain leads to {root}, which is in today's public list of roots: the client "
            "does not have it.",
            refusal=_said(refusal),
            root=shown.verdict.top.subject or "?",
        ),
        fix=Text(
            "Update the list of roots of {client}; it may be older than the root (valid from {begin}).",
            client=handshake.client,
            begin=f"{shown.verdict.top.not_before:%Y-%m-%d}"
            if shown.verdict.top.not_before
            else "?",
        ),
        evidence=(shown.event, refusal),
    )


def _verifier_refuses(handshake: Handshake, refusal: Event, shown: Shown) -> Iterator[Finding]:
    """Ask a second verifier about a chain to a public root in which nothing was found."""
    name = handshake.server_name
    chain = handshake.certificates.get("server", ())
    reason = second_opinion(chain, at=shown.at, server_name=name) if name else None
    if reason is not None:
        yield Finding(
            "certificate",
            confidence=0.85,
            side="server",
            step=handshake.step,
            summary=Text(
                "{refusal} A strict verifier refuses the chain, too: {reason}.",
                refusal=_said(refusal),
                reason=reason,
            ),
            fix=Text(
                "Have the certificate of {owner} issued anew, without that; look with: {look}",
                owner=handshake.server,
                look=check_command(handshake),
            ),
            evidence=(shown.event, refusal),
        )
