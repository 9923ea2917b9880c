"""Certificate revocation lists: which certificates an authority has taken back, since when and why.

A list counts for a certificate if its issuer has the same name and the list's signature verifies with the issuer's key;
that needs the issuer's certificate, sent or of a store. Of several lists the newest is asked first. A list has a time
of its own: one that was too old, or not yet made, at the time of the capture is told as such, since the client cannot
have gone by it alone.

Source: RFC 5280 section 5.
"""

from __future__ import annotations

import re
import warnings
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tlsparse.tls.x509 import refusals

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, CertificateRevocationList, RevokedCertificate

PEM = re.compile(rb"-----BEGIN X509 CRL-----([^-]*)-----END")

RELEASED = "removeFromCRL"
"""A certificate that is no longer on hold, as a delta list says it."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """That a certificate was revoked, and who says so. None stands for what is not said."""

    by: str  # name of the issuer of the list; empty for a stapled OCSP response
    at: datetime | None  # since when
    reason: str | None = None  # as RFC 5280 section 5.3.1 writes it: keyCompromise
    this_update: datetime | None = None
    next_update: datetime | None = None


class Crls:
    """Revocation lists, found by their issuer."""

    def __init__(self, lists: Iterable[CertificateRevocationList] = ()) -> None:
        self._by_issuer: dict[bytes, list[CertificateRevocationList]] = {}
        for crl in sorted(lists, key=lambda crl: crl.last_update_utc, reverse=True):
            self._by_issuer.setdefault(crl.issuer.public_bytes(), []).append(crl)

    def __len__(self) -> int:
        return sum(map(len, self._by_issuer.values()))

    def revocation(self, certificate: Certificate, issuer: Certificate) -> Revocation | None:
        """Return the newest entry for a certificate; None if no list of its issuer has one."""
        for crl in self._of(certificate, issuer):
            try:
                entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
                if entry is None or not _is_of(entry, certificate):
                    continue
                reason = _reason(entry)
                if reason == RELEASED:
                    return None
                return Revocation(
                    issuer.subject.rfc4514_string(),
                    entry.revocation_date_utc,
                    reason,
                    crl.last_update_utc,
                    crl.next_update_utc,
                )
            except refusals():
                continue
        return None

    def validity(
        self, certificate: Certificate, issuer: Certificate
    ) -> tuple[tuple[datetime, datetime | None], ...]:
        """Return from when to when each list is valid that may speak of a certificate."""
        lists = self._of(certificate, issuer)
        return tuple((crl.last_update_utc, crl.next_update_utc) for crl in lists)

    def _of(
        self, certificate: Certificate, issuer: Certificate
    ) -> Iterator[CertificateRevocationList]:
        try:
            lists = self._by_issuer.get(certificate.issuer.public_bytes(), ())
        except refusals():
            return
        for crl in lists:
            if _is_signed_by(crl, issuer):
                yield crl


def crls_in(data: bytes) -> list[CertificateRevocationList]:
    """Return the lists of a file: the blocks of a PEM file, or the one that it is in DER; what is none is left out."""
    from cryptography import x509

    ders = [] if PEM.search(data) else [data]
    for block in PEM.findall(data):
        try:
            ders.append(b64decode(block, validate=False))
        except Base64Error:
            continue
    found = []
    for der in ders:
        try:
            crl = x509.load_der_x509_crl(der)
            crl.issuer.public_bytes()
        except refusals():
            continue
        found.append(crl)
    return found


def _is_signed_by(crl: CertificateRevocationList, issuer: Certificate) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
        except refusals():
            return False


def _is_of(entry: RevokedCertificate, certificate: Certificate) -> bool:
    """Tell whether an entry speaks of a certificate of the list's own issuer; an indirect list has others' as well."""
    from cryptography import x509

    extension = _entry_extension(entry, x509.CertificateIssuer)
    if extension is None:
        return True
    return certificate.issuer in extension.get_values_for_type(x509.DirectoryName)


def _reason(entry: RevokedCertificate) -> str | None:
    from cryptography import x509

    extension = _entry_extension(entry, x509.CRLReason)
    return None if extension is None else str(extension.reason.value)


def _entry_extension(entry: RevokedCertificate, kind: Any) -> Any:
    from cryptography import x509

    try:
        return entry.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
