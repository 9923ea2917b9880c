"""The server refused the client's certificate, or that there is none."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.chains import (
    Shown,
    besides,
    cause_of,
    fix_of,
    mender_of,
    shown_chain,
    summary_of,
    together,
)
from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake
from tlsparse.tls.certificate import Certificate, CertificateRequest
from tlsparse.trust.chain import GRAVITY, Fault

NO_ROOT = (
    *("self_signed", "missing_intermediate", "untrusted", "unknown_ca", "former_root"),
    "interception",
)

MEANT = {
    "certificate_expired": ("expired", "not_yet_valid", "expired_root", "stale_list"),
    "certificate_revoked": ("revoked",),
    "unknown_ca": NO_ROOT,
    "unsupported_certificate": ("usage", "weak_key", "weak_signature"),
    "bad_certificate": GRAVITY,
    "certificate_unknown": GRAVITY,
    "access_denied": GRAVITY,
    "fin": GRAVITY,
    "rst": GRAVITY,
    "encrypted": GRAVITY,
}
"""Faults for which servers send an alert, likeliest first. Java says certificate_unknown to all of them, Go
bad_certificate, GnuTLS access_denied, Node nothing."""

EMPTY_CERTIFICATE_BYTES = 8
"""An empty Certificate of TLS 1.3: header, empty context, empty list (RFC 8446 section 4.4.2)."""

OVERHEADS = (17, 9, 33)
"""What encryption adds: a type and a tag of 16 bytes, of 8 with CCM_8, and the padding of Java."""

NAMED = 5
"""Authorities that are written out; servers name hundreds."""


@rule
def client_certificate_refused(handshake: Handshake) -> Iterator[Finding]:
    """The server asked for a certificate of the client, and was not content with the answer.

    What it looks like
        CertificateRequest, the client's Certificate, perhaps an empty one; then an alert or a close of the server. In
        TLS 1.3 that comes after the client had completed the handshake.

    What it means
        The client has no certificate for this server, or one that has expired, is of an authority that the server does
        not trust, or is not for clients. An empty Certificate is refused with quite different alerts (handshake_failure
        by OpenSSL, bad_certificate by Go and Java, decode_error by GnuTLS), and the alert matters little.

    What to try
        Give the client a certificate of an authority that the server names in its CertificateRequest.
    """
    refusal = handshake.ending.decisive
    if (
        handshake.outcome not in ("alerted", "rejected", "closed", "reset")
        or handshake.step != "client_certificate"
        or refusal is None
        or refusal.sender != "server"
    ):
        return
    empty = _empty_certificate(handshake)
    if empty is not None:
        yield _missing(handshake, refusal, empty)
        return
    shown = shown_chain(handshake, "client")
    if shown is None:
        return
    fault = _fault_meant(handshake, refusal, shown)
    if fault is not None:
        yield Finding(
            cause_of(fault, "client"),
            confidence=0.8 if fault.kind in NO_ROOT and refusal.name != "unknown_ca" else 0.93,
            side=mender_of(fault, "client"),
            step=handshake.step,
            summary=together(
                _said(refusal),
                summary_of(fault, shown, handshake, "client"),
                _asked_for(handshake),
                besides(_others(shown, fault), shown, handshake, "client"),
            ),
            fix=fix_of(fault, shown, handshake, "client"),
            evidence=(shown.event, refusal),
        )


def _empty_certificate(handshake: Handshake) -> Event | None:
    """Return the client's Certificate if it has none in it: read, or known by its length."""
    event = handshake.first("certificate", "client")
    if event is not None:
        body = event.body
        return event if isinstance(body, Certificate) and not body.entries else None
    if not handshake.version or not handshake.version.is_tls13:
        return None
    lengths = [EMPTY_CERTIFICATE_BYTES + overhead for overhead in OVERHEADS]
    return next((e for e in handshake.all("encrypted", "client") if e.length in lengths), None)


def _fault_meant(handshake: Handshake, refusal: Event, shown: Shown) -> Fault | None:
    wanted = MEANT.get(refusal.name, ())
    faults = [fault for fault in shown.verdict.faults if fault.kind in wanted]
    if refusal.name != "unknown_ca" and _is_of_a_named_authority(handshake, shown):
        faults = [fault for fault in faults if fault.kind not in NO_ROOT]
    return min(faults, key=lambda fault: wanted.index(fault.kind), default=None)


def _is_of_a_named_authority(handshake: Handshake, shown: Shown) -> bool:
    """Tell whether the server named the authority at the top of the client's chain: it knows that root."""
    request = handshake.body("certificate_request", CertificateRequest)
    top = shown.verdict.top
    return request is not None and bool({top.subject, top.issuer} & set(request.authorities))


def _others(shown: Shown, fault: Fault) -> list[Fault]:
    """Return the other faults of the chain; that its root is in no public list is usual for clients."""
    return [f for f in shown.verdict.faults if f.kind not in (fault.kind, *NO_ROOT)]


def _said(refusal: Event) -> Text:
    if refusal.kind == "transport":
        said = "The server ended the connection when it had the client's certificate (packet {packet})."
    elif refusal.encrypted:
        said = "The server refused the client's certificate with an alert that is encrypted (packet {packet})."
    else:
        said = (
            "The server refused the client's certificate with the alert {alert} (packet {packet})."
        )
    return Text(said, alert=refusal.name, packet=refusal.packet)


def _asked_for(handshake: Handshake) -> Text | str:
    """Name the authorities that the server accepts, as far as it says."""
    request = handshake.body("certificate_request", CertificateRequest)
    if request is None or not request.authorities:
        return ""
    names = "; ".join(request.authorities[:NAMED])
    more = len(request.authorities) - NAMED
    return Text(
        "The server accepts {names}{more}.",
        names=names,
        more=Text(" and {count} more", count=more) if more > 0 else "",
    )


def _missing(handshake: Handshake, refusal: Event, empty: Event) -> Finding:
    read = not empty.encrypted
    return Finding(
        "client_certificate.missing",
        confidence=0.95 if read else 0.9,
        side="client",
        step=handshake.step,
        summary=together(
            Text(
                "The server asked for a client certificate, and the client answered with an empty one (packet "
                "{empty}{how}); the server refused that (packet {packet}).",
                empty=empty.packet,
                how="" if read else Text(", known by its length"),
                packet=refusal.packet,
            ),
            _asked_for(handshake),
        ),
        fix=Text(
            "Give {client} a certificate and its key, of an authority that {server} accepts (curl: --cert and --key; "
            "Java: a key store); a client that has one and sends none has none of an authority that the server names.",
            client=handshake.client,
            server=handshake.target,
        ),
        evidence=(empty, refusal),
    )
