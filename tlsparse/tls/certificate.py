"""Certificates on the wire: who somebody claims to be, and the proof.

A Certificate message is a chain, the sender's own first. TLS 1.3 gave each certificate extensions
of its own (stapled OCSP, timestamps) and the message a context that ties it to the request. The
certificates stay DER here; `x509` reads them.

Source: RFC 5246 sections 7.4.2, 7.4.4 and 7.4.8; RFC 8446 sections 4.3.2, 4.4.2 and 4.4.3; RFC 7250
(raw keys); RFC 6066 section 5 (URLs).
"""

from __future__ import annotations

from dataclasses import dataclass

from tlsparse.errors import DecodeError
from tlsparse.tls import der
from tlsparse.tls.codes import (
    CertificateChainType,
    ClientCertificateType,
    ExtensionType,
    SignatureScheme,
)
from tlsparse.tls.context import Context
from tlsparse.tls.extensions import Extensible, Extension, decode_extensions
from tlsparse.tls.reader import Reader


@dataclass(frozen=True, slots=True)
class CertificateEntry(Extensible):
    """One certificate in DER, or a bare public key, with its extensions (TLS 1.3)."""

    data: bytes
    extensions: tuple[Extension, ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """A chain, the sender's own certificate first; empty from a client that has none.

    `is_raw_public_key` tells that the one entry is a SubjectPublicKeyInfo, which only a body of up
    to TLS 1.2 shows by its form.
    """

    request_context: bytes
    entries: tuple[CertificateEntry, ...]
    is_raw_public_key: bool = False

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """The certificates in DER, in the order sent."""
        return tuple(entry.data for entry in self.entries)


def decode_certificate(body: Reader, context: Context) -> Certificate:
    """Decode the body of a Certificate message.

    Source: RFC 8446 section 4.4.2; for the older form, RFC 5246 section 7.4.2; for raw keys, RFC
    7250 section 3.
    """
    if context.is_tls13:
        request_context = body.vector(1, "certificate_request_context").rest()
        return Certificate(request_context, body.vector(3, "certificate_list").list(_entry))
    certificates = body.vector(3, "certificate_list")
    data = certificates.rest()
    if _is_one_element(data):
        return Certificate(b"", (CertificateEntry(data),), is_raw_public_key=True)
    chain = Reader(data, certificates.structure, start=certificates.offset - len(data))
    return Certificate(
        b"", chain.list(lambda r: CertificateEntry(r.vector(3, "certificate").rest()))
    )


def _entry(body: Reader) -> CertificateEntry:
    data = body.vector(3, "cert_data").rest()
    return CertificateEntry(data, decode_extensions(body.vector(2, "extensions"), "certificate"))


def _is_one_element(data: bytes) -> bool:
    """Whether `data` is exactly one DER sequence.

    A list of certificates begins with a length instead.
    """
    body = Reader(data)
    try:
        der.element(body, "SubjectPublicKeyInfo", der.SEQUENCE)
    except DecodeError:
        return False
    return not len(body)


@dataclass(frozen=True, slots=True)
class CertificateRequest(Extensible):
    """What the server wants of the client's certificate.

    Up to TLS 1.2 it names kinds of keys and issuers; in TLS 1.3 all is in extensions, and the
    properties look there.
    """

    request_context: bytes
    certificate_types: tuple[ClientCertificateType, ...]
    supported_signature_algorithms: tuple[SignatureScheme, ...]
    certificate_authorities: tuple[str, ...]
    extensions: tuple[Extension, ...]

    @property
    def signature_schemes(self) -> tuple[SignatureScheme, ...]:
        """Signatures that the server accepts from the client."""
        return self.supported_signature_algorithms or (
            self.value(ExtensionType.signature_algorithms) or ()
        )

    @property
    def authorities(self) -> tuple[str, ...]:
        """Names of the issuers that the server trusts, as RFC 4514 writes them; empty for any."""
        return self.certificate_authorities or (
            self.value(ExtensionType.certificate_authorities) or ()
        )


def decode_certificate_request(body: Reader, context: Context) -> CertificateRequest:
    """Decode the body of a CertificateRequest message.

    Source: RFC 8446 section 4.3.2; RFC 5246 section 7.4.4; RFC 4346 section 7.4.4, without
    signature algorithms.
    """
    if context.is_tls13:
        return CertificateRequest(
            request_context=body.vector(1, "certificate_request_context").rest(),
            certificate_types=(),
            supported_signature_algorithms=(),
            certificate_authorities=(),
            extensions=decode_extensions(body.vector(2, "extensions"), "certificate_request"),
        )
    types = body.vector(1, "certificate_types").codes(ClientCertificateType, 1)
    schemes: tuple[SignatureScheme, ...] = ()
    if context.signs_with_scheme:
        schemes = body.vector(2, "supported_signature_algorithms").codes(SignatureScheme)
    authorities = body.vector(2, "certificate_authorities").list(
        lambda r: der.name_or_hex(r.vector(2, "distinguished_name"))
    )
    return CertificateRequest(b"", types, schemes, authorities, ())


@dataclass(frozen=True, slots=True)
class CertificateVerify:
    """Proof that the sender has the key of its certificate; up to TLS 1.1 without saying how it signs."""

    algorithm: SignatureScheme | None
    signature: bytes


def decode_certificate_verify(body: Reader, context: Context) -> CertificateVerify:
    """Decode the body of a CertificateVerify message.

    Source: RFC 8446 section 4.4.3; RFC 5246 section 7.4.8; RFC 4346 section 7.4.8.
    """
    algorithm = SignatureScheme(body.u16()) if context.signs_with_scheme else None
    return CertificateVerify(algorithm, body.vector(2, "signature").rest())


@dataclass(frozen=True, slots=True)
class CertificateURL:
    """Where the client's certificates can be fetched, each URL with the SHA-1 of what it has."""

    chain_type: CertificateChainType
    urls: tuple[tuple[str, str], ...]


def decode_certificate_url(body: Reader) -> CertificateURL:
    """Decode the body of a CertificateURL message. Source: RFC 6066 section 5."""
    return CertificateURL(
        CertificateChainType(body.u8()),
        body.vector(2, "url_and_hash_list").list(_url_and_hash),
    )


def _url_and_hash(body: Reader) -> tuple[str, str]:
    url = body.vector(2, "url").text()
    body.u8()  # padding, always 1
    return url, body.opaque(20).hex()
