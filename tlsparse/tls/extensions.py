"""Extensions: what hellos and certificates carry beyond their fixed fields.

An extension is a code point and a run of bytes. What the bytes mean depends on the message: the
client offers a list, the server answers with one value of it. So the register at the end of this
file is a table of (extension, messages, decoder), and adding an extension is adding a line. An
extension that no line knows has no value; one whose bytes do not fit has an error; both keep their
bytes, and neither costs the message.

Captures repeat the same hello ten thousand times, so decoded extensions are remembered by their
bytes, all but those that are fresh in each handshake.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from tlsparse.errors import DecodeError
from tlsparse.tls import certificate_status, der, ech, key_share, psk, quic_parameters, sct
from tlsparse.tls.codes import (
    AuthorizationDataFormat,
    CachedInformationType,
    CertificateCompressionAlgorithm,
    CertificateType,
    Code,
    ECPointFormat,
    ExtensionType,
    HeartbeatMode,
    MaxFragmentLength,
    NamedGroup,
    NameType,
    ProtocolVersion,
    PskKeyExchangeMode,
    SignatureScheme,
    SrtpProtectionProfile,
    TokenBindingKeyParameters,
    TrustedAuthorityType,
    UserMappingType,
)
from tlsparse.tls.describe import describe
from tlsparse.tls.reader import Reader

__all__ = ["Extensible", "Extension", "decode_extensions", "describe"]

C = TypeVar("C", bound=Code)
Decoder = Callable[[Reader], object]

# The messages that carry extensions, by the letters of the table in RFC 8446 section 4.2.
CH, SH, HRR = "client_hello", "server_hello", "hello_retry_request"
EE, CR, CT, NST = "encrypted_extensions", "certificate_request", "certificate", "new_session_ticket"


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension of one message.

    `value` is what the bytes mean, True for an extension that says all by being there, and None
    if it is unknown or could not be decoded; `error` then says why it could not.
    """

    type: ExtensionType
    data: bytes
    value: Any
    error: str | None

    def __str__(self) -> str:
        if self.error is not None:
            return f"{describe(self.data)} ({self.error})"
        return describe(self.data if self.value is None else self.value)


class Extensible:
    """A message with extensions."""

    __slots__ = ()
    extensions: tuple[Extension, ...]

    def extension(self, code: int) -> Extension | None:
        """Return the extension of type `code`, the first if it was sent twice.

        None if it was not sent.
        """
        for extension in self.extensions:
            if extension.type == code:
                return extension
        return None

    def value(self, code: int) -> Any:
        """Return the decoded value of an extension.

        None if it was not sent or could not be decoded.
        """
        extension = self.extension(code)
        return None if extension is None else extension.value


def decode_extensions(body: Reader, message: str) -> tuple[Extension, ...]:
    """Decode a block of extensions.

    Parameters
    ----------
    body
        Reader bounded to the block, past its length.
    message
        Name of the message that carries it, on which the meaning depends.

    Raises
    ------
    DecodeError
        If an extension is longer than the block. Bytes inside an extension that make no sense raise
        nothing: they are told in its `error`.

    Source: RFC 8446 section 4.2.
    """
    extensions = []
    while len(body):
        code = body.u16()
        data = body.vector(2, "extension_data").rest()
        decode = _decode if code in _FRESH or len(data) > _LONGEST_REMEMBERED else _remembered
        extensions.append(decode(message, code, data))
    return tuple(extensions)


def _decode(message: str, code: int, data: bytes) -> Extension:
    kind = ExtensionType(code)
    decoder = _DECODERS.get((code, message))
    if decoder is None:
        return Extension(kind, data, None, None)
    body = Reader(data, kind.name)
    try:
        value = decoder(body)
        body.finish()
    except DecodeError as error:
        return Extension(kind, data, None, str(error))
    return Extension(kind, data, value, None)


_LONGEST_REMEMBERED = 4096
_remembered = lru_cache(maxsize=4096)(_decode)


# Shapes that many extensions share.


def present(body: Reader) -> bool:
    """An extension without content."""
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


# Shapes of one extension, in the order of their code points.


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a server; `name` is text only if it is a host name, and hex else."""

    type: NameType
    name: str

    def __str__(self) -> str:
        return self.name


def server_name_list(body: Reader) -> tuple[Name, ...]:
    return body.vector(2, "server_name_list").list(_server_name)


def _server_name(body: Reader) -> Name:
    kind = NameType(body.u8())
    name = body.vector(2, "name")
    return Name(kind, name.text() if kind == NameType.host_name else name.rest().hex())


def trusted_authorities(body: Reader) -> tuple[str, ...]:
    return body.vector(2, "trusted_authorities_list").list(_trusted_authority)


def _trusted_authority(body: Reader) -> str:
    kind = TrustedAuthorityType(body.u8())
    if kind == TrustedAuthorityType.pre_agreed:
        return kind.name
    if kind == TrustedAuthorityType.x509_name:
        return der.name_or_hex(body.vector(2, "distinguished_name"))
    return f"{kind}:{body.opaque(20).hex()}"


def srp_user(body: Reader) -> str:
    return body.vector(1, "srp_i").text()


@dataclass(frozen=True, slots=True)
class UseSrtp:
    """Ciphers for media, and the length in bytes of the key identifier."""

    profiles: tuple[SrtpProtectionProfile, ...]
    mki: bytes

    def __str__(self) -> str:
        return describe(self.profiles)


def use_srtp(body: Reader) -> UseSrtp:
    profiles = body.vector(2, "SRTPProtectionProfiles").codes(SrtpProtectionProfile)
    return UseSrtp(profiles, body.vector(1, "srtp_mki").rest())


def protocol_names(body: Reader) -> tuple[str, ...]:
    return body.vector(2, "protocol_name_list").list(_protocol_name)


def next_protocols(body: Reader) -> tuple[str, ...]:
    return body.list(_protocol_name)


def _protocol_name(body: Reader) -> str:
    return body.vector(1, "protocol_name").text()


def padding(body: Reader) -> int:
    return len(body.rest())


def token_binding(body: Reader) -> tuple[str, tuple[TokenBindingKeyParameters, ...]]:
    version = f"{body.u8()}.{body.u8()}"
    return version, body.vector(1, "key_parameters_list").codes(TokenBindingKeyParameters, 1)


def cached_information(body: Reader) -> tuple[tuple[CachedInformationType, bytes], ...]:
    return body.vector(2, "cached_info").list(
        lambda r: (CachedInformationType(r.u8()), r.vector(1, "hash_value").rest())
    )


@dataclass(frozen=True, slots=True)
class DelegatedCredential:
    """A short-lived key that the certificate's owner signed for.

    Valid until not_before plus some seconds.
    """

    valid_time_s: int
    certificate_verify_algorithm: SignatureScheme
    public_key: bytes
    algorithm: SignatureScheme
    signature: bytes

    def __str__(self) -> str:
        return f"{self.certificate_verify_algorithm}, valid {self.valid_time_s} s"


def delegated_credential(body: Reader) -> DelegatedCredential:
    return DelegatedCredential(
        valid_time_s=body.u32(),
        certificate_verify_algorithm=SignatureScheme(body.u16()),
        public_key=body.vector(3, "ASN1_subjectPublicKeyInfo").rest(),
        algorithm=SignatureScheme(body.u16()),
        signature=body.vector(2, "signature").rest(),
    )


def certificate_authorities(body: Reader) -> tuple[str, ...]:
    return body.vector(2, "authorities").list(
        lambda r: der.name_or_hex(r.vector(2, "distinguished_name"))
    )


def oid_filters(body: Reader) -> tuple[tuple[str, bytes], ...]:
    return body.vector(2, "filters").list(_oid_filter)


def _oid_filter(body: Reader) -> tuple[str, bytes]:
    oid = body.vector(1, "certificate_extension_oid")
    name = der.object_identifier(der.contents(oid, "oid", der.OID))
    return name, body.vector(2, "certificate_extension_values").rest()


def ticket_counts(body: Reader) -> tuple[int, int]:
    return body.u8(), body.u8()


def tls_flags(body: Reader) -> tuple[int, ...]:
    flags = body.vector(1, "flags").rest()
    return tuple(8 * i + bit for i, byte in enumerate(flags) for bit in range(8) if byte >> bit & 1)


def trust_anchors(body: Reader) -> tuple[str, ...]:
    return body.vector(2, "trust_anchor_list").list(
        lambda r: der.relative_oid(r.vector(1, "trust_anchor"))
    )


_REGISTER: tuple[tuple[ExtensionType, tuple[str, ...], Decoder], ...] = (
    (ExtensionType.server_name, (CH,), server_name_list),  # RFC 6066 section 3
    (ExtensionType.server_name, (SH, EE), present),
    (
        ExtensionType.max_fragment_length,
        (CH, SH, EE),
        code(MaxFragmentLength),
    ),  # RFC 6066 section 4
    (ExtensionType.client_certificate_url, (CH, SH), present),  # RFC 6066 section 5
    (ExtensionType.trusted_ca_keys, (CH,), trusted_authorities),  # RFC 6066 section 6
    (ExtensionType.trusted_ca_keys, (SH,), present),
    (ExtensionType.truncated_hmac, (CH, SH), present),  # RFC 6066 section 7
    (ExtensionType.status_request, (CH,), certificate_status.status_request),  # RFC 6066 section 8
    (ExtensionType.status_request, (SH, CR), present),
    (
        ExtensionType.status_request,
        (CT,),
        certificate_status.certificate_status,
    ),  # RFC 8446 4.4.2.1
    (ExtensionType.user_mapping, (CH, SH), codes(UserMappingType, 1)),  # RFC 4681 section 2
    (ExtensionType.client_authz, (CH, SH), codes(AuthorizationDataFormat, 1)),  # RFC 5878 section 2
    (ExtensionType.server_authz, (CH, SH), codes(AuthorizationDataFormat, 1)),
    (ExtensionType.cert_type, (CH,), codes(CertificateType, 1)),  # RFC 6091 section 3.1
    (ExtensionType.cert_type, (SH,), code(CertificateType)),
    (ExtensionType.supported_groups, (CH, SH, EE), codes(NamedGroup, 2)),  # RFC 8446 section 4.2.7
    (ExtensionType.ec_point_formats, (CH, SH), codes(ECPointFormat, 1)),  # RFC 8422 section 5.1.2
    (ExtensionType.srp, (CH,), srp_user),  # RFC 5054 section 2.8.1
    (ExtensionType.signature_algorithms, (CH, CR), codes(SignatureScheme, 2)),  # RFC 8446 4.2.3
    (ExtensionType.use_srtp, (CH, SH, EE), use_srtp),  # RFC 5764 section 4.1.1
    (ExtensionType.heartbeat, (CH, SH, EE), code(HeartbeatMode)),  # RFC 6520 section 2
    (
        ExtensionType.application_layer_protocol_negotiation,
        (CH, SH, EE),
        protocol_names,
    ),  # RFC 7301 section 3.1
    (ExtensionType.status_request_v2, (CH,), certificate_status.status_requests),  # RFC 6961
    (ExtensionType.status_request_v2, (SH,), present),
    (ExtensionType.signed_certificate_timestamp, (CH, CR), present),  # RFC 6962 section 3.3.1
    (ExtensionType.signed_certificate_timestamp, (SH, CT), sct.sct_list),
    (ExtensionType.client_certificate_type, (CH,), codes(CertificateType, 1)),  # RFC 7250 section 3
    (ExtensionType.client_certificate_type, (SH, EE), code(CertificateType)),
    (ExtensionType.server_certificate_type, (CH,), codes(CertificateType, 1)),
    (ExtensionType.server_certificate_type, (SH, EE), code(CertificateType)),
    (ExtensionType.padding, (CH,), padding),  # RFC 7685 section 3: its length in bytes
    (ExtensionType.padding_old, (CH,), padding),
    (ExtensionType.encrypt_then_mac, (CH, SH), present),  # RFC 7366 section 2
    (ExtensionType.extended_master_secret, (CH, SH), present),  # RFC 7627 section 5.1
    (ExtensionType.token_binding, (CH, SH, EE), token_binding),  # RFC 8472 section 2
    (ExtensionType.cached_info, (CH,), cached_information),  # RFC 7924 section 4
    (ExtensionType.cached_info, (SH, EE), codes(CachedInformationType, 2)),
    (
        ExtensionType.compress_certificate,
        (CH, CR),
        codes(CertificateCompressionAlgorithm, 1),
    ),  # RFC 8879 section 3
    (ExtensionType.record_size_limit, (CH, SH, EE), number(2)),  # RFC 8449 section 4: bytes
    (ExtensionType.pwd_protect, (CH,), opaque(1)),  # RFC 8492 section 4.3
    (ExtensionType.pwd_clear, (CH,), opaque(1)),
    (ExtensionType.password_salt, (SH, HRR), opaque(2)),  # RFC 8492 section 4.5.3
    (ExtensionType.tls_cert_with_extern_psk, (CH, SH), present),  # RFC 8773 section 3
    (ExtensionType.delegated_credential, (CH, CR), codes(SignatureScheme, 2)),  # RFC 9345 section 4
    (ExtensionType.delegated_credential, (CT,), delegated_credential),
    (ExtensionType.session_ticket, (CH, SH), Reader.rest),  # RFC 5077 section 3.2
    (ExtensionType.key_share_old, (CH,), key_share.client_shares),  # TLS 1.3 drafts up to 22
    (ExtensionType.key_share_old, (SH,), key_share.key_share_entry),
    (ExtensionType.key_share_old, (HRR,), key_share.selected_group),
    (ExtensionType.pre_shared_key, (CH,), psk.offered_psks),  # RFC 8446 section 4.2.11
    (ExtensionType.pre_shared_key, (SH,), psk.selected_identity),
    (ExtensionType.early_data, (CH, EE), present),  # RFC 8446 section 4.2.10
    (ExtensionType.early_data, (NST,), number(4)),  # most bytes of early data
    (ExtensionType.supported_versions, (CH,), codes(ProtocolVersion, 1)),  # RFC 8446 section 4.2.1
    (ExtensionType.supported_versions, (SH, HRR), code(ProtocolVersion)),
    (ExtensionType.cookie, (CH, HRR), opaque(2)),  # RFC 8446 section 4.2.2
    (ExtensionType.psk_key_exchange_modes, (CH,), codes(PskKeyExchangeMode, 1)),  # RFC 8446 4.2.9
    (ExtensionType.ticket_early_data_info, (NST,), number(4)),  # TLS 1.3 drafts up to 18
    (ExtensionType.certificate_authorities, (CH, CR), certificate_authorities),  # RFC 8446 4.2.4
    (ExtensionType.oid_filters, (CR,), oid_filters),  # RFC 8446 section 4.2.5
    (ExtensionType.post_handshake_auth, (CH,), present),  # RFC 8446 section 4.2.6
    (ExtensionType.signature_algorithms_cert, (CH, CR), codes(SignatureScheme, 2)),  # 4.2.3
    (ExtensionType.key_share, (CH,), key_share.client_shares),  # RFC 8446 section 4.2.8
    (ExtensionType.key_share, (SH,), key_share.key_share_entry),
    (ExtensionType.key_share, (HRR,), key_share.selected_group),
    (ExtensionType.connection_id_deprecated, (CH, SH), opaque(1)),
    (ExtensionType.connection_id, (CH, SH, EE), opaque(1)),  # RFC 9146 section 3
    (ExtensionType.external_id_hash, (CH, SH, EE), opaque(1)),  # RFC 8844 section 3.2
    (ExtensionType.external_session_id, (CH, SH, EE), opaque(1)),  # RFC 8844 section 4.3
    (
        ExtensionType.quic_transport_parameters,
        (CH, EE),
        quic_parameters.transport_parameters,
    ),  # RFC 9001 section 8.2
    (ExtensionType.quic_transport_parameters_draft, (CH, EE), quic_parameters.transport_parameters),
    (ExtensionType.ticket_request, (CH,), ticket_counts),  # RFC 9149: for new sessions, for resumed
    (ExtensionType.ticket_request, (EE,), number(1)),
    (ExtensionType.dnssec_chain, (CH,), number(2)),  # RFC 9102 section 2: the port
    (ExtensionType.rrc, (CH, SH, EE), present),  # return routability check
    (ExtensionType.tls_flags, (CH, SH, HRR, EE, CR, CT, NST), tls_flags),
    (ExtensionType.next_protocol_negotiation, (CH,), present),  # draft-agl-tls-nextprotoneg
    (ExtensionType.next_protocol_negotiation, (SH,), next_protocols),
    (ExtensionType.application_settings_old, (CH,), protocol_names),  # draft-vvv-tls-alps
    (ExtensionType.application_settings, (CH,), protocol_names),
    (ExtensionType.channel_id_old, (CH, SH), present),  # draft-balfanz-tls-channelid
    (ExtensionType.channel_id, (CH, SH, EE), present),
    (ExtensionType.trust_anchors, (CH, EE), trust_anchors),  # draft-ietf-tls-trust-anchor-ids
    (ExtensionType.ech_outer_extensions, (CH,), codes(ExtensionType, 1)),  # RFC 9849 section 5.1
    (ExtensionType.encrypted_client_hello, (CH,), ech.client_hello),  # RFC 9849 section 5
    (ExtensionType.encrypted_client_hello, (EE,), ech.retry_configs),
    (ExtensionType.encrypted_client_hello, (HRR,), ech.confirmation),
    (ExtensionType.renegotiation_info, (CH, SH), opaque(1)),  # RFC 5746 section 3.2
)

_DECODERS: dict[tuple[int, str], Decoder] = {
    (kind, message): decoder for kind, messages, decoder in _REGISTER for message in messages
}

# Random, so never met again: remembering them would push out what is.
_FRESH = frozenset(
    {
        ExtensionType.session_ticket,
        ExtensionType.key_share_old,
        ExtensionType.pre_shared_key,
        ExtensionType.cookie,
        ExtensionType.key_share,
        ExtensionType.quic_transport_parameters,
        ExtensionType.encrypted_server_name,
        ExtensionType.encrypted_client_hello,
    }
)
