"""The client refused the server's certificate, and the certificate can be read."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.chains import (
    Shown,
    besides,
    cause_of,
    fix_of,
    look,
    mender_of,
    shown_chain,
    summary_of,
    together,
)
from tlsparse.diagnosis.finding import Finding, Phrase, Text, rule
from tlsparse.diagnosis.settings import trust_setting
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.outcome import thought_ns
from tlsparse.handshake.stacks import client_stack
from tlsparse.trust.chain import GRAVITY, Fault, second_opinion

TRUST = ("self_signed", "ca_constraints", "interception", "bad_signature", "missing_intermediate")
NO_ROOT = ("untrusted", "unknown_ca", "former_root")

MEANT = {
    "certificate_expired": (
        "expired",
        "not_yet_valid",
        "expired_root",
        "longer_path",
        "stale_list",
    ),
    "certificate_revoked": ("revoked",),
    "unknown_ca": (*TRUST, *NO_ROOT, "expired", "expired_root", "stale_list", "order"),
    "unsupported_certificate": ("usage", "weak_signature", "weak_key", "ca_constraints"),
    "decrypt_error": ("bad_signature",),
    "bad_certificate_status_response": ("staple", "revoked"),
    "handshake_failure": ("weak_key", "weak_signature"),
}
"""Faults for which stacks send an alert, likeliest first. OpenSSL says unknown_ca also of a path that is too long or
has an authority that is none."""

VAGUE = ("bad_certificate", "certificate_unknown", "access_denied", "encrypted", "fin", "rst")
"""What may stand for any fault: Go says bad_certificate, Chromium certificate_unknown to all of them, Node nothing."""

SOFT = (
    *NO_ROOT,
    *("address", "no_san", "weak_key", "weak_signature", "not_logged", "lifetime"),
    *("longer_path", "stale_list", "order", "stray", "duplicate"),
)
"""Faults with which some clients live: they were given the root, know another name, allow small keys."""

PRECISE = ("openssl", "curl", "java", "nss", "rustls", "schannel")
"""Families whose bad_certificate is not said of a root that they do not know: for that they have a word of its own."""

BROWSERS = ("boringssl", "apple", "nss")
"""Families that look for timestamps of logs, and at lifetimes."""


@rule
def server_certificate_refused(handshake: Handshake) -> Iterator[Finding]:
    """The client ended the handshake over a certificate that it was shown in clear.

    What it looks like
        Up to TLS 1.2 (or decrypted) a Certificate of the server; then an alert of the client, or its Finished and a
        close without any data, or a close in place of its own flight. Programs on mbedTLS, and Bun, close like that.

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
    completed = handshake.outcome == "rejected" and refusal.kind == "alert"
    if completed and all(fault.kind in NO_ROOT for fault in meant):
        yield _pinned(handshake, refusal, shown)
    for rank, fault in enumerate(meant[:2]):
        yield Finding(
            cause_of(fault, "server"),
            confidence=round(_confidence(handshake, refusal, fault, completed) / (rank + 1), 2),
            side=mender_of(fault, "server"),
            step=handshake.step,
            summary=together(
                _said(handshake, refusal),
                summary_of(fault, shown, handshake, "server"),
                besides(_others(shown, fault), shown, handshake, "server"),
            ),
            fix=fix_of(fault, shown, handshake, "server"),
            evidence=(shown.event, refusal),
        )
    yield from _perhaps_unknown(handshake, refusal, shown, meant)
    if not meant and shown.verdict.anchored:
        if refusal.name == "unknown_ca" or (refusal.name in VAGUE and not shown.verdict.is_public):
            yield _root_not_known(handshake, refusal, shown)
        elif not shown.verdict.faults:
            yield from _verifier_refuses(handshake, refusal, shown)


def _refusal(handshake: Handshake) -> Event | None:
    """Return what the client ended the handshake with, if that was about the certificate."""
    end = handshake.ending.decisive
    if end is None or end.sender != "client":
        return None
    if handshake.outcome in ("closed", "reset"):
        left = handshake.step == "key_exchange" and thought_ns(handshake, end) is not None
        return end if left else None
    if (
        handshake.outcome not in ("alerted", "rejected")
        or handshake.step != "certificate"
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


def _confidence(handshake: Handshake, refusal: Event, fault: Fault, completed: bool) -> float:
    """Say how often such a fault is what such a refusal means."""
    stack = client_stack(handshake)
    family = stack.family if stack is not None else ""
    if _is_guess(fault):
        return 0.75  # its issuer sounds like an intermediate, and may be a root
    if fault.kind in ("longer_path", "stale_list"):
        return 0.7
    if fault.kind in ("not_logged", "lifetime"):
        return 0.7 if family in BROWSERS else 0.2
    if handshake.outcome in ("closed", "reset"):  # or it was stopped by its user
        return 0.62 if fault.kind in SOFT else 0.8
    if refusal.name in MEANT:
        return 0.85 if fault.kind in NO_ROOT else 0.97
    if fault.kind in NO_ROOT and refusal.name == "bad_certificate" and family in PRECISE:
        return 0.25
    if fault.kind in NO_ROOT:
        found = completed or (handshake.outcome == "rejected" and family == "openssl")
        return 0.4 if found else 0.65  # who completes with OpenSSL has found the root
    if fault.kind in SOFT:
        return 0.75
    return 0.93 if not refusal.encrypted and refusal.kind == "alert" else 0.88


def _said(handshake: Handshake, refusal: Event) -> Text:
    """Say how the client refused."""
    how = Phrase("reset the connection" if refusal.name == "rst" else "closed the connection")
    if handshake.outcome in ("closed", "reset"):
        said = (
            "The client {how} (packet {packet}) when it had seen the server's certificate, in place of its key "
            "exchange and without an alert."
        )
    elif refusal.kind == "transport":
        said = "The client completed the handshake and left without a word (packet {packet})."
    elif refusal.encrypted:
        said = "The client ended the handshake with an alert that is encrypted (packet {packet})."
    else:
        said = (
            "The client refused the server's certificate with the alert {alert} (packet {packet})."
        )
    return Text(said, how=how, alert=refusal.name, packet=refusal.packet)


def _is_guess(fault: Fault) -> bool:
    return fault.kind == "missing_intermediate" and fault.why == "name"


def _others(shown: Shown, fault: Fault) -> list[Fault]:
    """Return the other faults of the chain; a root that no public list has is said only where it matters."""
    told = (fault.kind, *NO_ROOT)
    return [other for other in shown.verdict.faults if other.kind not in told]


# --- A chain without a fault that was meant --------------------------------------------------------------------------


def _pinned(handshake: Handshake, refusal: Event, shown: Shown) -> Finding:
    return Finding(
        "certificate.pinned",
        confidence=0.5,
        side="client",
        step=handshake.step,
        summary=Text(
            "The client completed the handshake and left at once (packet {packet}), without any data. The chain of "
            "{subject} has no fault that could be seen: the client may have been told to expect another key, or only "
            "have looked, as a monitor does.",
            packet=refusal.packet,
            subject=shown.verdict.leaf.subject or "?",
        ),
        fix=together(
            Text(
                "Compare the key or certificate that {client} is told to expect with what {server} sends.",
                client=handshake.client.ip,
                server=handshake.target,
            ),
            look(handshake),
        ),
        evidence=(shown.event, refusal),
        title=Phrase("Another certificate was pinned, or it was only a look"),
    )


def _perhaps_unknown(
    handshake: Handshake, refusal: Event, shown: Shown, meant: list[Fault]
) -> Iterator[Finding]:
    """Say that an issuer that was not sent may be a root, where only its name speaks for an intermediate."""
    if not meant or not _is_guess(meant[0]):
        return
    leaf = shown.verdict.leaf
    yield Finding(
        "certificate.untrusted.unknown_ca",
        confidence=0.2,
        side="client",
        step=handshake.step,
        summary=Text(
            "The certificate was issued by {issuer}, which was not sent. If that is a root, and no intermediate, the "
            "chain is complete and the client does not know its root.",
            issuer=leaf.issuer or "?",
        ),
        fix=together(
            Text(
                "Give {client} the root {issuer}.", client=handshake.client.ip, issuer=leaf.issuer
            ),
            trust_setting(handshake, "server"),
        ),
        evidence=(shown.event, refusal),
    )


def _root_not_known(handshake: Handshake, refusal: Event, shown: Shown) -> Finding:
    """Say that the client lacks a root which we have."""
    top, store = shown.verdict.top, shown.verdict.store
    said = (
        "The chain leads to {root}, which is in today's public list of roots: the client does not have it."
        if shown.verdict.is_public
        else "The chain leads to {root}, which is in {store}, and has no fault: the client does not have that root."
    )
    todo = (
        "Update the list of roots of {client}; it may be older than the root (valid from {begin})."
        if shown.verdict.is_public
        else "Give {client} the root {root} of {store} as trusted."
    )
    begin = f"{top.not_before:%Y-%m-%d}" if top.not_before else "?"
    values = {"root": top.subject or "?", "store": store, "client": handshake.client.ip}
    return Finding(
        "certificate.untrusted.unknown_ca",
        confidence=0.9 if refusal.name == "unknown_ca" else 0.5,
        side="client",
        step=handshake.step,
        summary=together(_said(handshake, refusal), Text(said, **values)),
        fix=together(Text(todo, begin=begin, **values), trust_setting(handshake, "server")),
        evidence=(shown.event, refusal),
    )


def _verifier_refuses(handshake: Handshake, refusal: Event, shown: Shown) -> Iterator[Finding]:
    """Ask a second verifier about a chain to a public root in which nothing was found."""
    name = handshake.server_name
    chain = handshake.certificates.get("server", ())
    roots = handshake.trust.roots if handshake.trust else None
    reason = second_opinion(chain, at=shown.at, server_name=name, roots=roots) if name else None
    if reason is not None:
        yield Finding(
            "certificate",
            confidence=0.85,
            side="server",
            step=handshake.step,
            summary=Text(
                "{refusal} A strict verifier refuses the chain, too: {reason}.",
                refusal=_said(handshake, refusal),
                reason=reason,
            ),
            fix=together(
                Text(
                    "Have the certificate of {owner} issued anew, without that.",
                    owner=handshake.target,
                ),
                look(handshake),
            ),
            evidence=(shown.event, refusal),
        )
