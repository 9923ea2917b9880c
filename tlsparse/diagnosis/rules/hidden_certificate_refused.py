"""The client refused a certificate that is encrypted, but was shown to another client in clear."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.chains import (
    besides,
    cause_of,
    fix_of,
    mender_of,
    precedent_chain,
    shown_chain,
    summary_of,
    together,
)
from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.handshake.handshake import Handshake

SOFT = (
    *("untrusted", "unknown_ca", "former_root", "address", "no_san", "weak_key", "weak_signature"),
    *("not_logged", "lifetime", "longer_path", "stale_list", "order", "stray", "duplicate"),
)
"""Faults with which some clients live."""

AGREEING = {
    "certificate_expired": ("expired", "expired_root"),
    "certificate_revoked": ("revoked",),
    "unsupported_certificate": ("usage", "ca_constraints"),
    "unknown_ca": (
        *("self_signed", "interception", "missing_intermediate", "untrusted", "unknown_ca"),
        *("former_root", "bad_signature", "ca_constraints"),
    ),
}
"""Faults that an alert names, where it names some."""


@rule
def hidden_certificate_refused(handshake: Handshake) -> Iterator[Finding]:
    """The client refused a certificate that is encrypted; the same server showed its chain to another client.

    What it looks like
        An alert of the client, or its close, after the server's flight in TLS 1.3. In the same capture a handshake of
        TLS 1.2 with the same server and the same name, with a Certificate in clear.

    What it means
        A server has one chain for a name, as a rule, whatever the version (or two, by kind of key). What is wrong with
        the chain that was seen is probably wrong with the one that was not.

    What to try
        Mend the fault of the chain; each finding says how.
    """
    refusal = handshake.ending.decisive
    if (
        handshake.outcome not in ("alerted", "rejected")
        or handshake.step != "certificate"
        or refusal is None
        or refusal.sender != "client"
        or shown_chain(handshake, "server") is not None
    ):
        return
    shown = precedent_chain(handshake)
    if shown is None:
        return
    agreeing = AGREEING.get(refusal.name)
    fault = next(
        (f for f in shown.verdict.faults if agreeing is None or f.kind in agreeing),
        None,
    )
    if fault is None:
        return
    others = [f for f in shown.verdict.faults if f.kind not in (fault.kind, *SOFT)]
    said = (
        "The client refused the certificate with an alert that is encrypted (packet {packet})."
        if refusal.encrypted
        else "The client refused the certificate with the alert {alert} (packet {packet})."
    )
    yield Finding(
        cause_of(fault, "server"),
        confidence=0.93 if agreeing else 0.6 if fault.kind in SOFT else 0.85,
        side=mender_of(fault, "server"),
        step=handshake.step,
        summary=together(
            Text(said, alert=refusal.name, packet=refusal.packet),
            Text(
                "The certificate is encrypted; another client was shown one by the same server (packet {shown}).",
                shown=shown.event.packet,
            ),
            summary_of(fault, shown, handshake, "server"),
            besides(others, shown, handshake, "server"),
        ),
        fix=fix_of(fault, shown, handshake, "server"),
        evidence=(shown.event, refusal),
    )
