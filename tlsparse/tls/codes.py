"""Code points: the numbers on the wire, with the names that registries give them.

A `Code` is an int. It compares, hashes and sorts as the number that was read, and prints as its
registered name. No value is ever refused: one that no registry knows prints ``unknown_0x1399``, a
GREASE value (RFC 8701) prints ``grease_0x2a2a``. There is one class for each registry, and one
object for each value met, since a capture repeats the same few hundred values millions of times.
``NamedGroup.x25519`` and ``NamedGroup(0x001d)`` are the same object.

The names are data: ``registries/<name>.csv``, read when the first name of a registry is asked for.
Their state is that of `REGISTRY_DATE`; ``registries/README.md`` tells where they come from and what
they hold beyond IANA's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, ClassVar, Self, cast

from tlsparse.tls.registries import REGISTRY_DATE as REGISTRY_DATE
from tlsparse.tls.registries import read_registry

# More values than 16 bits can hold come only from wider fields, and then from noise.
_FLYWEIGHTS = 1 << 16


@cache
def _names(registry: str) -> Mapping[int, str]:
    """Read one registry: value to name."""
    return {int(value, 16): name for value, name in read_registry(registry).items()}


@cache
def _values(registry: str) -> Mapping[str, int]:
    """Read one registry the other way round: name to value."""
    return {name: value for value, name in _names(registry).items()}


class _Flyweights(dict[int, "Code"]):
    """One object for each value of one registry, made when it is first met."""

    def __init__(self, kind: type[Code]) -> None:
        super().__init__()
        self.kind = kind

    def __missing__(self, value: int) -> Code:
        code = int.__new__(self.kind, value)
        if len(self) < _FLYWEIGHTS:
            self[int(value)] = code
        return code


class _Registry(type):
    """Gives each class of codes its registered names as attributes."""

    def __getattr__(cls, name: str) -> Any:
        if name == "_known":
            cls._known = _names(cast(Any, cls).registry)
            return cls._known
        if name.startswith("_") or name not in (values := _values(cast(Any, cls).registry)):
            raise AttributeError(f"{cls.__name__} has no {name!r}")
        code = cls(values[name])
        setattr(cls, name, code)  # found without this detour next time
        return code


class Code(int, metaclass=_Registry):
    """A number on the wire, printed by the name that its registry gives it."""

    __slots__ = ()

    registry: ClassVar[str]
    width: ClassVar[int]  # bytes on the wire
    _flyweights: ClassVar[_Flyweights]
    _known: ClassVar[Mapping[int, str]]

    def __init_subclass__(cls, registry: str = "", width: int = 1) -> None:
        cls.registry = registry
        cls.width = width
        cls._flyweights = _Flyweights(cls)

    def __new__(cls, value: int) -> Self:
        """Return the one object for `value`."""
        return cast(Self, cls._flyweights[value])

    @classmethod
    def each(cls, values: Iterable[int]) -> tuple[Self, ...]:
        """Return the codes for many values, faster than one by one."""
        return cast("tuple[Self, ...]", tuple(map(cls._flyweights.__getitem__, values)))

    @classmethod
    def registered(cls) -> Mapping[int, str]:
        """Return all registered values with their names."""
        return _names(cls.registry)

    @property
    def name(self) -> str:
        """Registered name; ``grease_0x2a2a`` or ``unknown_0x1399`` for a value that has none."""
        known = type(self)._known.get(self)
        if known is not None:
            return known
        return f"{'grease' if self.is_grease else 'unknown'}_0x{int(self):0{2 * self.width}x}"

    @property
    def is_known(self) -> bool:
        """Whether the registry has a name for the value."""
        return self in _names(self.registry)

    @property
    def is_grease(self) -> bool:
        """Whether the value is one of those that RFC 8701 reserves to be ignored."""
        return False

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def __reduce__(self) -> tuple[type[Self], tuple[int]]:
        return type(self), (int(self),)


class _Greased(Code):
    """A two-byte code for which RFC 8701 section 2 reserves 0x0a0a, 0x1a1a, and so on to 0xfafa."""

    __slots__ = ()

    @property
    def is_grease(self) -> bool:
        return self & 0x0F0F == 0x0A0A and self >> 8 == self & 0xFF


class ContentType(Code, registry="content_types"):
    """What a record holds. Source: RFC 8446 section 5.1."""

    __slots__ = ()


class HandshakeType(Code, registry="handshake_types"):
    """Which handshake message it is. Source: RFC 8446 section 4."""

    __slots__ = ()


class AlertLevel(Code, registry="alert_levels"):
    """How grave an alert is. Source: RFC 8446 section 6."""

    __slots__ = ()


class AlertDescription(Code, registry="alert_descriptions"):
    """What an alert says. Source: RFC 8446 section 6."""

    __slots__ = ()


class CipherSuite(_Greased, registry="cipher_suites", width=2):
    """A cipher suite; those of SSL 2.0 have three bytes."""

    __slots__ = ()


class ExtensionType(_Greased, registry="extension_types", width=2):
    """Which extension it is. Source: RFC 8446 section 4.2."""

    __slots__ = ()


class NamedGroup(_Greased, registry="named_groups", width=2):
    """A curve, a finite field or a key encapsulation. Source: RFC 8446 section 4.2.7."""

    __slots__ = ()


class SignatureScheme(_Greased, registry="signature_schemes", width=2):
    """How something is signed.

    In TLS 1.2 a pair of hash and signature. Source: RFC 8446 section 4.2.3.
    """

    __slots__ = ()


class HashAlgorithm(Code, registry="hash_algorithms"):
    """First byte of a TLS 1.2 signature algorithm. Source: RFC 5246 section 7.4.1.4.1."""

    __slots__ = ()


class SignatureAlgorithm(Code, registry="signature_algorithms"):
    """Second byte of a TLS 1.2 signature algorithm. Source: RFC 5246 section 7.4.1.4.1."""

    __slots__ = ()


class ECPointFormat(Code, registry="ec_point_formats"):
    """How a point of a curve is written. Source: RFC 8422 section 5.1.2."""

    __slots__ = ()


class ECCurveType(Code, registry="ec_curve_types"):
    """How a curve is given in a ServerKeyExchange. Source: RFC 8422 section 5.4."""

    __slots__ = ()


class CompressionMethod(Code, registry="compression_methods"):
    """Compression of records. Source: RFC 3749 section 2."""

    __slots__ = ()


class ClientCertificateType(Code, registry="client_certificate_types"):
    """A kind of certificate that a server asks for. Source: RFC 5246 section 7.4.4."""

    __slots__ = ()


class CertificateType(Code, registry="certificate_types"):
    """X.509, raw public key and others. Source: RFC 7250 section 3."""

    __slots__ = ()


class Ssl2CertificateType(Code, registry="ssl2_certificate_types"):
    """Kind of certificate in SSL 2.0. Source: draft-hickman-netscape-ssl-00 section 2.6."""

    __slots__ = ()


class Ssl2Error(Code, registry="ssl2_errors", width=2):
    """What an ERROR of SSL 2.0 says. Source: draft-hickman-netscape-ssl-00 section 2.7."""

    __slots__ = ()


class CertificateStatusType(Code, registry="certificate_status_types"):
    """OCSP, for one certificate or many. Source: RFC 6066 section 8, RFC 6961 section 2.2."""

    __slots__ = ()


class CertificateCompressionAlgorithm(Code, registry="certificate_compression_algorithms", width=2):
    """How a certificate message is compressed. Source: RFC 8879 section 7.3."""

    __slots__ = ()


class CertificateChainType(Code, registry="certificate_chain_types"):
    """What the URLs of a CertificateURL lead to. Source: RFC 6066 section 5."""

    __slots__ = ()


class PskKeyExchangeMode(Code, registry="psk_key_exchange_modes"):
    """With or without a Diffie-Hellman exchange beside the PSK. Source: RFC 8446 section 4.2.9."""

    __slots__ = ()

    @property
    def is_grease(self) -> bool:
        """Whether the value is 0x0b plus a multiple of 0x1f. Source: RFC 8701 section 2."""
        return self <= 0xE4 and self % 0x1F == 0x0B


class NameType(Code, registry="name_types"):
    """What kind of name server_name holds. Source: RFC 6066 section 3."""

    __slots__ = ()


class MaxFragmentLength(Code, registry="max_fragment_lengths"):
    """Largest record, in bytes. Source: RFC 6066 section 4."""

    __slots__ = ()


class TrustedAuthorityType(Code, registry="trusted_authority_types"):
    """How trusted_ca_keys names an authority. Source: RFC 6066 section 6."""

    __slots__ = ()


class UserMappingType(Code, registry="user_mapping_types"):
    """What user_mapping maps. Source: RFC 4681 section 6."""

    __slots__ = ()


class AuthorizationDataFormat(Code, registry="authorization_data_formats"):
    """What client_authz and server_authz offer. Source: RFC 5878 section 3."""

    __slots__ = ()


class SupplementalDataFormat(Code, registry="supplemental_data_formats", width=2):
    """What an entry of SupplementalData holds. Source: RFC 4680 section 5."""

    __slots__ = ()


class HeartbeatMode(Code, registry="heartbeat_modes"):
    """Whether heartbeats may be sent. Source: RFC 6520 section 2."""

    __slots__ = ()


class HeartbeatMessageType(Code, registry="heartbeat_message_types"):
    """Request or response. Source: RFC 6520 section 3."""

    __slots__ = ()


class CachedInformationType(Code, registry="cached_information_types"):
    """What a client remembers from before. Source: RFC 7924 section 8.2."""

    __slots__ = ()


class TokenBindingKeyParameters(Code, registry="token_binding_key_parameters"):
    """Kind of a bound key. Source: RFC 8471 section 6.1."""

    __slots__ = ()


class SrtpProtectionProfile(Code, registry="srtp_protection_profiles", width=2):
    """Cipher of the media that DTLS sets up. Source: RFC 5764 section 4.1.2."""

    __slots__ = ()


class KdfIdentifier(Code, registry="kdf_identifiers", width=2):
    """Key derivation of an imported PSK. Source: RFC 9258 section 9."""

    __slots__ = ()


class KeyUpdateRequest(Code, registry="key_update_requests"):
    """Whether the other side shall update too. Source: RFC 8446 section 4.6.3."""

    __slots__ = ()


class ConnectionIdUsage(Code, registry="connection_id_usages"):
    """When new connection ids are to be used. Source: RFC 9147 section 9."""

    __slots__ = ()


class HpkeKem(Code, registry="hpke_kems", width=2):
    """Key encapsulation of an ECH configuration. Source: RFC 9180 section 7.1."""

    __slots__ = ()


class HpkeKdf(Code, registry="hpke_kdfs", width=2):
    """Key derivation that ECH uses. Source: RFC 9180 section 7.2."""

    __slots__ = ()


class HpkeAead(Code, registry="hpke_aeads", width=2):
    """Cipher that ECH uses. Source: RFC 9180 section 7.3."""

    __slots__ = ()


class TransportParameterId(Code, registry="quic_transport_parameters"):
    """Which QUIC transport parameter it is: up to 62 bits. Source: RFC 9000 section 18.2."""

    __slots__ = ()

    @property
    def is_grease(self) -> bool:
        """Whether the value is 31 * N + 27. Source: RFC 9000 section 18.1."""
        return self % 31 == 27


class ProtocolVersion(_Greased, registry="protocol_versions", width=2):
    """A version of SSL, TLS or DTLS, drafts and experiments included.

    The drafts of TLS 1.3 had the numbers 0x7f00 + draft. Source: RFC 8446 section 4.1.2.
    """

    __slots__ = ()

    @property
    def name(self) -> str:
        """``TLS 1.2``, ``DTLS 1.0``, ``TLS 1.3 (draft 23)``; else as for any code."""
        return f"TLS 1.3 (draft {self.draft})" if self >> 8 == 0x7F else super().name

    @property
    def draft(self) -> int | None:
        """Number of the TLS 1.3 draft that the version stands for."""
        return self & 0xFF if self >> 8 == 0x7F else _DRAFTS.get(self)

    @property
    def final(self) -> ProtocolVersion:
        """The published version of which this is a draft or an experiment; else itself."""
        if self >> 8 in (0x7E, 0x7F) or self in _DRAFTS:
            return TLS_1_3
        return DTLS_1_0 if self == 0x0100 else self

    @property
    def is_tls13(self) -> bool:
        """Whether the handshake is that of TLS 1.3, over TCP, UDP or QUIC, drafts included."""
        return self.final in (TLS_1_3, DTLS_1_3)

    @property
    def is_datagram(self) -> bool:
        """Whether it is a version of DTLS."""
        return self.final in (DTLS_1_0, DTLS_1_2, DTLS_1_3)


# Experiments whose messages are those of a draft.
_DRAFTS: Mapping[int, int] = {0x7A12: 18, 0xFB17: 23, 0xFB1A: 26}

SSL_2_0 = ProtocolVersion(0x0002)
SSL_3_0 = ProtocolVersion(0x0300)
TLS_1_0 = ProtocolVersion(0x0301)
TLS_1_1 = ProtocolVersion(0x0302)
TLS_1_2 = ProtocolVersion(0x0303)
TLS_1_3 = ProtocolVersion(0x0304)
DTLS_1_0 = ProtocolVersion(0xFEFF)
DTLS_1_2 = ProtocolVersion(0xFEFD)
DTLS_1_3 = ProtocolVersion(0xFEFC)
