"""Decoders of what is inside an extension, in the order of their code points.

Most extensions have one of a few shapes: nothing, a number, a code, a list of codes. These are made
by functions that take the width or the registry. The rest is below, one function each; what needs
more room has a module of its own (`key_share`, `psk`, `ech`, `sct`, `quic_parameters`,
`certificate_status`). Which of them reads which extension of which message, the register in
`extensions` says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tlsparse.tls import der
from tlsparse.tls.codes import (
    CachedInformationType,
    Code,
    NameType,
    SignatureScheme,
    SrtpProtectionProfile,
    TokenBindingKeyParameters,
    TrustedAuthorityType,
)
from tlsparse.tls.describe import describe
from tlsparse.tls.reader import Reader

C = TypeVar("C", bound=Code)
Decoder = Callable[[Reader], object]


def present(body: Reader) -> bool:
    """An extension without content, which says all by being there."""
    return True


def number(width: int) -> Decoder:
    """One number of `width` bytes."""
    return lambda body: int.from_bytes(body.opaque(width), "big")


def opaque(width: int) -> Decoder:
    """One run of bytes behind a length of `width` bytes."""
    return lambda body: body.vector(width, "opaque").rest()


def code(kind: type[C]) -> Decoder:
    """One code point."""
    return lambda body: kind(int.from_bytes(body.opaque(kind.width), "big"))


def codes(kind: type[C], width: int) -> Decoder:
    """Code points behind a length of `width` bytes."""
    return lambda body: body.vector(width, "list").codes(kind, kind.width)


@dataclass(frozen=True, slots=True)
class ServerName:
    """A name of the server that the client wants; hexadecimal if it is no host name."""

    type: NameType
    name: str

    def __str__(self) -> str:
        return self.name


def server_name_list(body: Reader) -> tuple[ServerName, ...]:
    """Names that the client wants to reach. Source: RFC 6066 section 3."""
    return body.vector(2, "server_name_list").list(_server_name)


def _server_name(body: Reader) -> ServerName:
    kind = NameType(body.u8())
    name = body.vector(2, "name")
    return ServerName(kind, name.text() if kind == NameType.host_name else name.rest().hex())


def trusted_authorities(body: Reader) -> tuple[str, ...]:
    """Roots that the client has: names, or hashes. Source: RFC 6066 section 6."""
    return body.vector(2, "trusted_authorities_list").list(_trusted_authority)


def _trusted_authority(body: Reader) -> str:
    kind = TrustedAuthorityType(body.u8())
    if kind == TrustedAuthorityType.pre_agreed:
        return kind.name
    if kind == TrustedAuthorityType.x509_name:
        return der.name_or_hex(body.vector(2, "distinguished_name"))
    return f"{kind}:{body.opaque(20).hex()}"


def srp_user(body: Reader) -> str:
    """Name of the user, for a password exchange. Source: RFC 5054 section 2.8.1."""
    return body.vector(1, "srp_i").text()


@dataclass(frozen=True, slots=True)
class UseSrtp:
    """Ciphers for media, and the master key identifier."""

    profiles: tuple[SrtpProtectionProfile, ...]
    mki: bytes

    def __str__(self) -> str:
        return describe(self.profiles)


def use_srtp(body: Reader) -> UseSrtp:
    """Ciphers for the media that DTLS sets up. Source: RFC 5764 section 4.1.1."""
    profiles = body.vector(2, "SRTPProtectionProfiles").codes(SrtpProtectionProfile)
    return UseSrtp(profiles, body.vector(1, "srtp_mki").rest())


def protocol_names(body: Reader) -> tuple[str, ...]:
    """Application protocols. Source: RFC 7301 section 3.1."""
    return body.vector(2, "protocol_name_list").list(_protocol_name)


def next_protocols(body: Reader) -> tuple[str, ...]:
    """Application protocols that the server has.

    Source: draft-agl-tls-nextprotoneg-04 section 3.
    """
    return body.list(_protocol_name)


def _protocol_name(body: Reader) -> str:
    return body.vector(1, "protocol_name").text()


def padding(body: Reader) -> int:
    """How many bytes make the hello longer. Source: RFC 7685 section 3."""
    return len(body.rest())


def token_binding(body: Reader) -> tuple[str, tuple[TokenBindingKeyParameters, ...]]:
    """Version of the protocol, and kinds of keys. Source: RFC 8472 section 2."""
    version = f"{body.u8()}.{body.u8()}"
    return version, body.vector(1, "key_parameters_list").codes(TokenBindingKeyParameters, 1)


def cached_information(body: Reader) -> tuple[tuple[CachedInformationType, bytes], ...]:
    """What the client remembers, each with its hash. Source: RFC 7924 section 4."""
    return body.vector(2, "cached_info").list(
        lambda r: (CachedInformationType(r.u8()), r.vector(1, "hash_value").rest())
    )


@dataclass(frozen=True, slots=True)
class DelegatedCredential:
    """A short-lived key; valid from the certificate's not_before for `valid_time_s` seconds."""

    valid_time_s: int
    certificate_verify_algorithm: SignatureScheme
    public_key: bytes
    algorithm: SignatureScheme
    signature: bytes

    def __str__(self) -> str:
        return f"{self.certificate_verify_algorithm}, valid {self.valid_time_s} s"


def delegated_credential(body: Reader) -> DelegatedCredential:
    """A key that the certificate's owner signed for. Source: RFC 9345 section 4."""
    return DelegatedCredential(
        valid_time_s=body.u32(),
        certificate_verify_algorithm=SignatureScheme(body.u16()),
        public_key=body.vector(3, "ASN1_subjectPublicKeyInfo").rest(),
        algorithm=SignatureScheme(body.u16()),
        signature=body.vector(2, "signature").rest(),
    )


def certificate_authorities(body: Reader) -> tuple[str, ...]:
    """Issuers that are trusted, as RFC 4514 writes names. Source: RFC 8446 section 4.2.4."""
    return body.vector(2, "authorities").list(
        lambda r: der.name_or_hex(r.vector(2, "distinguished_name"))
    )


def oid_filters(body: Reader) -> tuple[tuple[str, bytes], ...]:
    """Extensions that the client's certificate must have. Source: RFC 8446 section 4.2.5."""
    return body.vector(2, "filters").list(_oid_filter)


def _oid_filter(body: Reader) -> tuple[str, bytes]:
    oid = body.vector(1, "certificate_extension_oid")
    name = der.object_identifier(der.contents(oid, "oid", der.OID))
    return name, body.vector(2, "certificate_extension_values").rest()


def ticket_counts(body: Reader) -> tuple[int, int]:
    """How many tickets are wanted for a new session, for a resumed one.

    Source: RFC 9149 section 3.
    """
    return body.u8(), body.u8()


def tls_flags(body: Reader) -> tuple[int, ...]:
    """Numbers of the flags set. Source: draft-ietf-tls-tlsflags section 2."""
    flags = body.vector(1, "flags").rest()
    return tuple(8 * i + bit for i, byte in enumerate(flags) for bit in range(8) if byte >> bit & 1)


def trust_anchors(body: Reader) -> tuple[str, ...]:
    """Relative identifiers of trusted roots. Source: draft-ietf-tls-trust-anchor-ids section 4."""
    return body.vector(2, "trust_anchor_list").list(
        lambda r: der.relative_oid(r.vector(1, "trust_anchor"))
    )
