"""What a stapled OCSP response says of the certificate it came with.

The server fetches it and sends it along, so that the client need not ask. A response that says revoked, that is too
old, of another certificate, or signed by somebody who may not, is as good as none for a client that looks at it; one
that is good proves nothing more. It is signed by the certificate's issuer, or by a responder to whom the issuer gave a
certificate for that.

Source: RFC 6960 sections 4.2 and 4.2.2.2; RFC 6066 section 8.
"""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tlsparse.errors import DecodeError
from tlsparse.tls import der
from tlsparse.tls.reader import Reader
from tlsparse.tls.x509 import refusals

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from cryptography.x509.ocsp import OCSPResponse, OCSPSingleResponse

OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"

SCT_LIST = "1.3.6.1.4.1.11129.2.4.5"


@dataclass(frozen=True, slots=True)
class Staple:
    """A stapled response. None stands for what it does not say, or what could not be checked.

    `status` is ``good``, ``revoked`` or ``unknown``; ``unsuccessful``, with the responder's word for it in `reason`, or
    ``unreadable`` where there is none; ``unchecked`` where `cryptography` refuses what may be good enough for others.
    """

    status: str
    this_update: datetime | None = None
    next_update: datetime | None = None
    revoked_at: datetime | None = None
    reason: str | None = None  # why it was revoked: keyCompromise
    serial: int | None = None
    fits: bool | None = None  # whether it speaks of the certificate
    signed: bool | None = None  # whether the issuer, or a responder of the issuer's, signed it
    has_timestamps: bool = False  # whether it brings timestamps of logs (RFC 6962 section 3.3)

    def expired(self, at: datetime) -> bool:
        """Tell whether it is too old at a time."""
        return self.next_update is not None and at > self.next_update


def read_staple(
    data: bytes, certificate: Certificate | None = None, issuer: Certificate | None = None
) -> Staple:
    """Read an OCSP response in DER, and compare it with the certificate it came with.

    Nothing is raised, whatever the bytes.
    """
    from cryptography.x509 import ocsp

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fields that a later version will refuse
        try:
            response = ocsp.load_der_ocsp_response(data)
            if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
                return Staple("unsuccessful", reason=response.response_status.name.lower())
            singles = list(response.responses)
            if not singles:
                return Staple("unreadable")
            ours = [s for s in singles if certificate and _is_of(s, certificate, issuer)]
            single = (ours or singles)[0]
            return Staple(
                single.certificate_status.name.lower(),
                single.this_update_utc,
                single.next_update_utc,
                single.revocation_time_utc,
                single.revocation_reason.value if single.revocation_reason else None,
                single.serial_number,
                bool(ours) if certificate else None,
                _is_signed(response, issuer) if issuer else None,
                any(e.oid.dotted_string == SCT_LIST for e in response.single_extensions),
            )
        except refusals():
            # `cryptography` is stricter than clients: old responders write out a version that goes without saying.
            return Staple("unchecked" if _is_whole(data) else "unreadable")


def _is_whole(data: bytes) -> bool:
    """Tell whether some bytes are one DER sequence, and no more."""
    body = Reader(data)
    try:
        der.element(body, "OCSPResponse", der.SEQUENCE)
    except DecodeError:
        return False
    return not len(body)


def _is_of(
    single: OCSPSingleResponse, certificate: Certificate, issuer: Certificate | None
) -> bool:
    """Compare serial number and issuer; the hash of the issuer's key tells apart two of one name."""
    if single.serial_number != certificate.serial_number:
        return False
    if issuer is None:
        return True
    name = hashlib.new(single.hash_algorithm.name, issuer.subject.public_bytes())
    return name.digest() == single.issuer_name_hash


def _is_signed(response: OCSPResponse, issuer: Certificate) -> bool | None:
    """Tell whether the issuer signed a response, or one of the certificates in it that the issuer made for that."""
    verdicts = [_verifies(response, issuer)]
    for certificate in response.certificates:
        if not _may_respond(certificate):
            continue
        try:
            certificate.verify_directly_issued_by(issuer)
        except _invalid():
            continue
        except refusals():
            verdicts.append(None)  # as of one that is signed with SHA-1
        else:
            verdicts.append(_verifies(response, certificate))
    return True if True in verdicts else None if None in verdicts else False


def _may_respond(certificate: Certificate) -> bool:
    from cryptography import x509

    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except refusals():
        return False
    return any(oid.dotted_string == OCSP_SIGNING for oid in usage)


def _verifies(response: OCSPResponse, signer: Certificate) -> bool | None:
    """Verify the signature of a response; None for an algorithm that cannot be checked."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

    try:
        key, algorithm = signer.public_key(), response.signature_hash_algorithm
        signature, signed = response.signature, response.tbs_response_bytes
        if isinstance(key, rsa.RSAPublicKey) and algorithm is not None:
            key.verify(signature, signed, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm is not None:
            key.verify(signature, signed, ec.ECDSA(algorithm))
        elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(signature, signed)
        else:
            return None
    except _invalid():
        return False
    except refusals():
        return None
    return True


def _invalid() -> tuple[type[Exception], ...]:
    from cryptography.exceptions import InvalidSignature

    return (InvalidSignature,)
