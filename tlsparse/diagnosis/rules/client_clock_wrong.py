"""The client took a valid certificate for one that has expired, or is not valid yet: its clock is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tlsparse.diagnosis.chains import Shown, precedent_chain, shown_chain, together
from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake, ToldClock
from tlsparse.handshake.stacks import client_stack

REFUSALS = (
    *("certificate_expired", "bad_certificate", "certificate_unknown", "unknown_ca"),
    *("access_denied", "encrypted", "fin", "rst"),
)
"""How stacks refuse what is not valid at the time that they have; NSS says unknown_ca of an authority."""

DATES = ("expired", "not_yet_valid", "expired_root", "longer_path", "stale_list")
"""Faults of a chain that explain such a refusal without the clock."""

LESSER = (
    *("untrusted", "unknown_ca", "former_root", "address", "no_san", "weak_key", "weak_signature"),
    *("not_logged", "lifetime", "order", "stray", "duplicate"),
)
"""Faults with which some clients live, so that they explain little."""

EARLY = ("openssl", "curl", "java")
"""Families that say bad_certificate of what is not valid yet, and other words of a root that they do not know."""


@rule
def client_clock_wrong(handshake: Handshake) -> Iterator[Finding]:
    """The client's clock is wrong, so that it takes a certificate that is valid for one that is not.

    What it looks like
        An alert certificate_expired, or a vaguer one, for a chain that is valid at the time of the capture: it was
        shown in clear, here or to another client of the same server. An old hello tells the client's time, which is
        another than the capture's.

    What it means
        A device without a battery for its clock, a virtual machine that was asleep, a wrong date set by hand. Where the
        same client accepted the certificate of another server, its clock is no suspect.

    What to try
        Set the client's clock, and let it use NTP.
    """
    refusal = handshake.ending.decisive
    if (
        handshake.outcome not in ("alerted", "rejected")
        or handshake.step != "certificate"
        or refusal is None
        or refusal.sender != "client"
        or refusal.name not in REFUSALS
    ):
        return
    own = shown_chain(handshake, "server")
    shown = own or precedent_chain(handshake)
    if shown is None:
        yield from _hidden(handshake, refusal)
        return
    confidence = _confidence(handshake, refusal, shown, own is not None)
    if confidence:
        yield _finding(handshake, refusal, shown, confidence)


def _confidence(handshake: Handshake, refusal: Event, shown: Shown, is_own: bool) -> float:
    """Say how probable it is that the clock is wrong; 0 where nothing speaks for it."""
    faults = [fault.kind for fault in shown.verdict.faults]
    if any(kind in DATES for kind in faults):
        return 0.0
    told = handshake.told_clock
    says_expired = refusal.name == "certificate_expired"
    if told is not None and told.certain and not _is_outside(shown, told):
        return 0.0
    if told is not None and _is_outside(shown, told):
        hard = any(kind not in LESSER for kind in faults)
        return 0.95 if told.certain and not hard else 0.9 if says_expired else 0.4 * (not hard)
    if says_expired:
        return 0.86 if handshake.accepted else 0.9 if is_own else 0.88
    if refusal.name == "bad_certificate" and all(kind in LESSER for kind in faults):
        stack = client_stack(handshake)
        named = not set(faults) & {"address", "no_san", "weak_key", "weak_signature"}
        if stack is not None and stack.family in EARLY and named and not handshake.accepted:
            return 0.5
    return 0.0


def _is_outside(shown: Shown, told: ToldClock) -> bool:
    """Tell whether a link of the chain is not valid at the time that the client has."""
    now = shown.at + timedelta(seconds=told.ahead_s)
    return any(
        (link.not_before is not None and now < link.not_before)
        or (link.not_after is not None and now > link.not_after)
        for link in shown.verdict.path
    )


def _finding(handshake: Handshake, refusal: Event, shown: Shown, confidence: float) -> Finding:
    leaf = shown.verdict.leaf
    own = shown.event in (handshake.first("certificate"), handshake.first("compressed_certificate"))
    valid = (
        "The chain was valid at the time of the capture, {now} UTC: from {begin} to {end}."
        if own
        else "The chain that the server showed to another client (packet {packet}) was valid at the time of the "
        "capture, {now} UTC: from {begin} to {end}."
    )
    return Finding(
        "certificate.clock",
        confidence=confidence,
        side="client",
        step=handshake.step,
        summary=together(
            _said(refusal),
            Text(
                valid,
                packet=shown.event.packet,
                now=f"{shown.at:%Y-%m-%d %H:%M}",
                begin=f"{leaf.not_before:%Y-%m-%d}" if leaf.not_before else "?",
                end=f"{leaf.not_after:%Y-%m-%d}" if leaf.not_after else "?",
            ),
            _told(handshake, shown),
        ),
        fix=_fix(handshake),
        evidence=tuple(
            e for e in (handshake.first("client_hello"), shown.event, refusal) if e is not None
        ),
    )


def _told(handshake: Handshake, shown: Shown) -> Text | None:
    """Say what the hello tells of the client's clock."""
    told = handshake.told_clock
    if told is None or not _is_outside(shown, told):
        return None
    said = (
        "The client's hello says that it is {told} UTC, {days} days later."
        if told.ahead_s > 0
        else "The client's hello says that it is {told} UTC, {days} days earlier."
    )
    now = shown.at + timedelta(seconds=told.ahead_s)
    return Text(said, told=f"{now:%Y-%m-%d %H:%M}", days=abs(told.ahead_s) // 86400)


def _hidden(handshake: Handshake, refusal: Event) -> Iterator[Finding]:
    """Say that the clock may be at fault where nothing shows the chain."""
    if refusal.name != "certificate_expired" or handshake.accepted:
        return
    trusting = next(
        (
            p
            for p in handshake.precedents
            if p.offer.server_name == handshake.server_name and p.client != handshake.client.ip
        ),
        None,
    )
    said = (
        "Another client accepted the certificate of the same server (packet {packet}), so that it may be this client's "
        "clock that is wrong; the certificate itself is encrypted."
        if trusting is not None
        else "The certificate is encrypted; a client whose clock is ahead says the same of one that is valid."
    )
    yield Finding(
        "certificate.clock",
        confidence=0.5 if trusting is not None else 0.12,
        side="client",
        step=handshake.step,
        summary=together(
            _said(refusal), Text(said, packet=trusting.answer.packet if trusting else 0)
        ),
        fix=_fix(handshake),
        evidence=(refusal,) if trusting is None else (trusting.answer, refusal),
    )


def _said(refusal: Event) -> Text:
    if refusal.kind == "transport":
        said = "The client left when it had the certificate (packet {packet})."
    elif refusal.encrypted:
        said = (
            "The client refused the certificate with an alert that is encrypted (packet {packet})."
        )
    else:
        said = "The client refused the certificate with the alert {alert} (packet {packet})."
    return Text(said, alert=refusal.name, packet=refusal.packet)


def _fix(handshake: Handshake) -> Text:
    return Text(
        "Set the clock of {client} and its time zone, and let it use NTP (Linux: timedatectl; Windows: w32tm /resync).",
        client=handshake.client.ip,
    )
