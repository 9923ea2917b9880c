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

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tlsparse.errors import DecodeError
from tlsparse.tls import certificate_status, ech, extension_data, key_share, psk, sct
from tlsparse.tls.codes import (
    AuthorizationDataFormat,
    CachedInformationType,
    CertificateCompressionAlgorithm,
    CertificateType,
    ECPointFormat,
    ExtensionType,
    HeartbeatMode,
    MaxFragmentLength,
    NamedGroup,
    ProtocolVersion,
    PskKeyExchangeMode,
    SignatureScheme,
    UserMappingType,
)
from tlsparse.tls.describe import describe
from tlsparse.tls.extension_data import Decoder, code, codes, number, opaque, present
from tlsparse.tls.quic_parameters import transport_parameters
from tlsparse.tls.reader import Reader

__all__ = ["Extensible", "Extension", "decode_extensions", "describe"]

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


# The register. A source stands above the lines that it is the source of.
X = ExtensionType
_REGISTER: tuple[tuple[ExtensionType, tuple[str, ...], Decoder], ...] = (
    # RFC 6066 section 3
    (X.server_name, (CH,), extension_data.server_name_list),
    (X.server_name, (SH, EE), present),
    # RFC 6066 section 4
    (X.max_fragment_length, (CH, SH, EE), code(MaxFragmentLength)),
    # RFC 6066 section 5
    (X.client_certificate_url, (CH, SH), present),
    # RFC 6066 section 6
    (X.trusted_ca_keys, (CH,), extension_data.trusted_authorities),
    (X.trusted_ca_keys, (SH,), present),
    # RFC 6066 section 7
    (X.truncated_hmac, (CH, SH), present),
    # RFC 6066 section 8
    (X.status_request, (CH,), certificate_status.status_request),
    (X.status_request, (SH, CR), present),
    # RFC 8446 section 4.4.2.1
    (X.status_request, (CT,), certificate_status.certificate_status),
    # RFC 4681 section 2
    (X.user_mapping, (CH, SH), codes(UserMappingType, 1)),
    # RFC 5878 section 2
    (X.client_authz, (CH, SH), codes(AuthorizationDataFormat, 1)),
    (X.server_authz, (CH, SH), codes(AuthorizationDataFormat, 1)),
    # RFC 6091 section 3.1
    (X.cert_type, (CH,), codes(CertificateType, 1)),
    (X.cert_type, (SH,), code(CertificateType)),
    # RFC 8446 section 4.2.7
    (X.supported_groups, (CH, SH, EE), codes(NamedGroup, 2)),
    # RFC 8422 section 5.1.2
    (X.ec_point_formats, (CH, SH), codes(ECPointFormat, 1)),
    # RFC 5054 section 2.8.1
    (X.srp, (CH,), extension_data.srp_user),
    # RFC 8446 section 4.2.3
    (X.signature_algorithms, (CH, CR), codes(SignatureScheme, 2)),
    # RFC 5764 section 4.1.1
    (X.use_srtp, (CH, SH, EE), extension_data.use_srtp),
    # RFC 6520 section 2
    (X.heartbeat, (CH, SH, EE), code(HeartbeatMode)),
    # RFC 7301 section 3.1
    (X.application_layer_protocol_negotiation, (CH, SH, EE), extension_data.protocol_names),
    # RFC 6961
    (X.status_request_v2, (CH,), certificate_status.status_requests),
    (X.status_request_v2, (SH,), present),
    # RFC 6962 section 3.3.1
    (X.signed_certificate_timestamp, (CH, CR), present),
    (X.signed_certificate_timestamp, (SH, CT), sct.sct_list),
    # RFC 7250 section 3
    (X.client_certificate_type, (CH,), codes(CertificateType, 1)),
    (X.client_certificate_type, (SH, EE), code(CertificateType)),
    (X.server_certificate_type, (CH,), codes(CertificateType, 1)),
    (X.server_certificate_type, (SH, EE), code(CertificateType)),
    # RFC 7685 section 3: its length in bytes
    (X.padding, (CH,), extension_data.padding),
    (X.padding_old, (CH,), extension_data.padding),
    # RFC 7366 section 2
    (X.encrypt_then_mac, (CH, SH), present),
    # RFC 7627 section 5.1
    (X.extended_master_secret, (CH, SH), present),
    # RFC 8472 section 2
    (X.token_binding, (CH, SH, EE), extension_data.token_binding),
    # RFC 7924 section 4
    (X.cached_info, (CH,), extension_data.cached_information),
    (X.cached_info, (SH, EE), codes(CachedInformationType, 2)),
    # RFC 8879 section 3
    (X.compress_certificate, (CH, CR), codes(CertificateCompressionAlgorithm, 1)),
    # RFC 8449 section 4: bytes
    (X.record_size_limit, (CH, SH, EE), number(2)),
    # RFC 8492 section 4.3
    (X.pwd_protect, (CH,), opaque(1)),
    (X.pwd_clear, (CH,), opaque(1)),
    # RFC 8492 section 4.5.3
    (X.password_salt, (SH, HRR), opaque(2)),
    # RFC 8773 section 3
    (X.tls_cert_with_extern_psk, (CH, SH), present),
    # RFC 9345 section 4
    (X.delegated_credential, (CH, CR), codes(SignatureScheme, 2)),
    (X.delegated_credential, (CT,), extension_data.delegated_credential),
    # RFC 5077 section 3.2
    (X.session_ticket, (CH, SH), Reader.rest),
    # TLS 1.3 drafts up to 22
    (X.key_share_old, (CH,), key_share.client_shares),
    (X.key_share_old, (SH,), key_share.key_share_entry),
    (X.key_share_old, (HRR,), key_share.selected_group),
    # RFC 8446 section 4.2.11
    (X.pre_shared_key, (CH,), psk.offered_psks),
    (X.pre_shared_key, (SH,), psk.selected_identity),
    # RFC 8446 section 4.2.10
    (X.early_data, (CH, EE), present),
    # most bytes of early data
    (X.early_data, (NST,), number(4)),
    # RFC 8446 section 4.2.1
    (X.supported_versions, (CH,), codes(ProtocolVersion, 1)),
    (X.supported_versions, (SH, HRR), code(ProtocolVersion)),
    # RFC 8446 section 4.2.2
    (X.cookie, (CH, HRR), opaque(2)),
    # RFC 8446 section 4.2.9
    (X.psk_key_exchange_modes, (CH,), codes(PskKeyExchangeMode, 1)),
    # TLS 1.3 drafts up to 18
    (X.ticket_early_data_info, (NST,), number(4)),
    # RFC 8446 section 4.2.4
    (X.certificate_authorities, (CH, CR), extension_data.certificate_authorities),
    # RFC 8446 section 4.2.5
    (X.oid_filters, (CR,), extension_data.oid_filters),
    # RFC 8446 section 4.2.6
    (X.post_handshake_auth, (CH,), present),
    # RFC 8446 section 4.2.3
    (X.signature_algorithms_cert, (CH, CR), codes(SignatureScheme, 2)),
    # RFC 8446 section 4.2.8
    (X.key_share, (CH,), key_share.client_shares),
    (X.key_share, (SH,), key_share.key_share_entry),
    (X.key_share, (HRR,), key_share.selected_group),
    (X.connection_id_deprecated, (CH, SH), opaque(1)),
    # RFC 9146 section 3
    (X.connection_id, (CH, SH, EE), opaque(1)),
    # RFC 8844 section 3.2
    (X.external_id_hash, (CH, SH, EE), opaque(1)),
    # RFC 8844 section 4.3
    (X.external_session_id, (CH, SH, EE), opaque(1)),
    # RFC 9001 section 8.2
    (X.quic_transport_parameters, (CH, EE), transport_parameters),
    (X.quic_transport_parameters_draft, (CH, EE), transport_parameters),
    # RFC 9149: for new sessions, for resumed
    (X.ticket_request, (CH,), extension_data.ticket_counts),
    (X.ticket_request, (EE,), number(1)),
    # RFC 9102 section 2: the port
    (X.dnssec_chain, (CH,), number(2)),
    # return routability check
    (X.rrc, (CH, SH, EE), present),
    (X.tls_flags, (CH, SH, HRR, EE, CR, CT, NST), extension_data.tls_flags),
    # draft-agl-tls-nextprotoneg
    (X.next_protocol_negotiation, (CH,), present),
    (X.next_protocol_negotiation, (SH,), extension_data.next_protocols),
    # draft-vvv-tls-alps
    (X.application_settings_old, (CH,), extension_data.protocol_names),
    (X.application_settings, (CH,), extension_data.protocol_names),
    # draft-balfanz-tls-channelid
    (X.channel_id_old, (CH, SH), present),
    (X.channel_id, (CH, SH, EE), present),
    # draft-ietf-tls-trust-anchor-ids
    (X.trust_anchors, (CH, EE), extension_data.trust_anchors),
    # RFC 9849 section 5.1
    (X.ech_outer_extensions, (CH,), codes(ExtensionType, 1)),
    # RFC 9849 section 5
    (X.encrypted_client_hello, (CH,), ech.client_hello),
    (X.encrypted_client_hello, (EE,), ech.retry_configs),
    (X.encrypted_client_hello, (HRR,), ech.confirmation),
    # RFC 5746 section 3.2
    (X.renegotiation_info, (CH, SH), opaque(1)),
)

_DECODERS: dict[tuple[int, str], Decoder] = {
    (kind, message): decoder for kind, messages, decoder in _REGISTER for message in messages
}

# Random, so never met again: remembering them would push out what is.
_FRESH = frozenset(
    {
        X.session_ticket,
        X.key_share_old,
        X.pre_shared_key,
        X.cookie,
        X.key_share,
        X.quic_transport_parameters,
        X.encrypted_server_name,
        X.encrypted_client_hello,
    }
)
