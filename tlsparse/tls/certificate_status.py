"""Proof that a certificate is not revoked, sent along with it: OCSP stapling.

The client asks for it in status_request (or status_request_v2, which asks for the whole chain). The
answer is a CertificateStatus: a message of its own up to TLS 1.2, an extension of the certificate's
entry in TLS 1.3. The OCSP responses are kept as DER.

Source: RFC 6066 section 8, RFC 6961 section 2.2, RFC 8446 section 4.4.2.1.
"""

from __future__ import annotations

from dataclasses import dataclass

from tlsparse.tls.codes import CertificateStatusType
from tlsparse.tls.reader import Reader

OCSP, OCSP_MULTI = 1, 2


@dataclass(frozen=True, slots=True)
class CertificateStatusRequest:
    """What the client wants.

    The lists of trusted responders and of OCSP extensions are mostly empty.
    """

    status_type: CertificateStatusType
    responder_ids: tuple[bytes, ...]
    request_extensions: bytes

    def __str__(self) -> str:
        return str(self.status_type)


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """OCSP responses in DER.

    One, or with ocsp_multi one for each certificate (empty where there is none).
    """

    status_type: CertificateStatusType
    responses: tuple[bytes, ...]

    def __str__(self) -> str:
        return f"{self.status_type} ({', '.join(f'{len(r)} bytes' for r in self.responses)})"


def status_request(body: Reader) -> CertificateStatusRequest:
    """Decode the status_request of a ClientHello."""
    status_type = CertificateStatusType(body.u8())
    if status_type not in (OCSP, OCSP_MULTI):
        return CertificateStatusRequest(status_type, (), body.rest())
    return CertificateStatusRequest(
        status_type,
        responder_ids=body.vector(2, "responder_id_list").list(
            lambda r: r.vector(2, "responder_id").rest()
        ),
        request_extensions=body.vector(2, "request_extensions").rest(),
    )


def status_requests(body: Reader) -> tuple[CertificateStatusRequest, ...]:
    """Decode the status_request_v2 of a ClientHello."""
    return body.vector(2, "certificate_status_req_list").list(_request_item)


def _request_item(body: Reader) -> CertificateStatusRequest:
    status_type = body.u8()
    request = body.vector(2, "request").rest()
    item = Reader(bytes((status_type,)) + request, f"{body.structure}.request")
    decoded = status_request(item)
    item.finish()
    return decoded


def certificate_status(body: Reader) -> CertificateStatus:
    """Decode a CertificateStatus, as a message or as an extension of a certificate's entry."""
    status_type = CertificateStatusType(body.u8())
    response = body.vector(3, "response")
    if status_type == OCSP_MULTI:
        return CertificateStatus(
            status_type, response.list(lambda r: r.vector(3, "ocsp_response").rest())
        )
    return CertificateStatus(status_type, (response.rest(),))
