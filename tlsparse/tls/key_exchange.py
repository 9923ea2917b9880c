"""ServerKeyExchange and ClientKeyExchange: how the two sides agree on a secret, up to TLS 1.2.

Neither message says what it holds. The name of the cipher suite does, by its part before
``_WITH_``: ``ECDHE_RSA``, ``DHE_PSK``, ``SRP_SHA``. So both decoders look that part up in a table,
and a suite that no registry knows leaves `raw` bytes.

Source: RFC 5246 sections 7.4.3 and 7.4.7 (RSA, DH), RFC 8422 sections 5.4 and 5.7 (ECDH), RFC 4279
and RFC 5489 (PSK), RFC 5054 section 2.8 (SRP), RFC 2712 (Kerberos), RFC 6101 sections 5.6.3 and
5.6.7 (SSL 3.0, export).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tlsparse.tls.codes import SSL_3_0, CipherSuite, ECCurveType, NamedGroup, SignatureScheme
from tlsparse.tls.context import Context
from tlsparse.tls.reader import Reader


def key_exchange_name(suite: CipherSuite | None) -> str:
    """Return the key exchange of a suite (``ECDHE_RSA``); empty for TLS 1.3 and unknown suites."""
    if suite is None or not suite.is_known:
        return ""
    name, found, _ = suite.name.partition("_WITH_")
    return name.removeprefix("TLS_").removeprefix("SSL_") if found else ""


def _bits(number: bytes) -> int:
    """Size of a number in bits: that of a key, since its highest bit may be zero."""
    return int.from_bytes(number, "big").bit_length()


@dataclass(frozen=True, slots=True)
class ECDHParams:
    """The server's point on a curve. `curve` keeps the bytes of a curve that has no name."""

    curve_type: ECCurveType
    group: NamedGroup | None
    curve: bytes
    public: bytes

    def __str__(self) -> str:
        return str(self.curve_type if self.group is None else self.group)


@dataclass(frozen=True, slots=True)
class DHParams:
    """The server's Diffie-Hellman group and public value."""

    dh_p: bytes
    dh_g: bytes
    dh_Ys: bytes

    @property
    def bits(self) -> int:
        """Size of the prime."""
        return _bits(self.dh_p)

    def __str__(self) -> str:
        return f"DH {self.bits} bits"


@dataclass(frozen=True, slots=True)
class RSAParams:
    """The temporary key of an export suite."""

    modulus: bytes
    exponent: bytes

    @property
    def bits(self) -> int:
        """Size of the modulus."""
        return _bits(self.modulus)

    def __str__(self) -> str:
        return f"RSA {self.bits} bits"


@dataclass(frozen=True, slots=True)
class SRPParams:
    """Group, salt and public value of a password exchange."""

    srp_N: bytes
    srp_g: bytes
    srp_s: bytes
    srp_B: bytes

    @property
    def bits(self) -> int:
        """Size of the prime."""
        return _bits(self.srp_N)

    def __str__(self) -> str:
        return f"SRP {self.bits} bits"


Params = ECDHParams | DHParams | RSAParams | SRPParams


@dataclass(frozen=True, slots=True)
class ServerKeyExchange:
    """The server's temporary key, and its signature over it.

    `signature_scheme` is None up to TLS 1.1, which has one way for each kind of key, and where
    nothing is signed. `raw` holds the whole body if the suite does not say how to read it.
    """

    key_exchange: str
    psk_identity_hint: bytes | None = None
    params: Params | None = None
    signature_scheme: SignatureScheme | None = None
    signature: bytes = b""
    raw: bytes = b""

    @property
    def group(self) -> NamedGroup | None:
        """Group of the server's key, if it has a name."""
        return self.params.group if isinstance(self.params, ECDHParams) else None

    @property
    def dh_bits(self) -> int | None:
        """Size of the prime of a finite-field Diffie-Hellman exchange."""
        return self.params.bits if isinstance(self.params, DHParams) else None


def _ecdh_params(body: Reader) -> ECDHParams:
    curve_type = ECCurveType(body.u8())
    group, curve = None, b""
    if curve_type == ECCurveType.named_curve:
        group = NamedGroup(body.u16())
    elif curve_type == ECCurveType.explicit_prime:
        curve = b"".join(
            body.vector(1, part).rest() for part in ("p", "a", "b", "base", "order", "cofactor")
        )
    else:
        body.fail(f"has a curve of type {curve_type}")
    return ECDHParams(curve_type, group, curve, body.vector(1, "public").rest())


def _dh_params(body: Reader) -> DHParams:
    return DHParams(*(body.vector(2, name).rest() for name in ("dh_p", "dh_g", "dh_Ys")))


def _rsa_params(body: Reader) -> RSAParams:
    return RSAParams(*(body.vector(2, name).rest() for name in ("rsa_modulus", "rsa_exponent")))


def _srp_params(body: Reader) -> SRPParams:
    return SRPParams(
        srp_N=body.vector(2, "srp_N").rest(),
        srp_g=body.vector(2, "srp_g").rest(),
        srp_s=body.vector(1, "srp_s").rest(),
        srp_B=body.vector(2, "srp_B").rest(),
    )


# Key exchange -> parameters that the server sends.
_SERVER_PARAMS: dict[str, Callable[[Reader], Params]] = {
    **dict.fromkeys(("ECDHE_RSA", "ECDHE_ECDSA", "ECDH_anon", "ECDHE_PSK"), _ecdh_params),
    **dict.fromkeys(("DHE_RSA", "DHE_DSS", "DH_anon", "DHE_PSK", "PSK_DHE"), _dh_params),
    **dict.fromkeys(("RSA_EXPORT", "RSA_EXPORT1024"), _rsa_params),
    **dict.fromkeys(("DHE_RSA_EXPORT", "DHE_DSS_EXPORT", "DH_anon_EXPORT"), _dh_params),
    "DHE_DSS_EXPORT1024": _dh_params,
    **dict.fromkeys(("SRP_SHA", "SRP_SHA_RSA", "SRP_SHA_DSS"), _srp_params),
}
_HINTED = frozenset({"PSK", "RSA_PSK", "DHE_PSK", "PSK_DHE", "ECDHE_PSK"})
_UNSIGNED = _HINTED | {"ECDH_anon", "DH_anon", "DH_anon_EXPORT", "SRP_SHA"}


def decode_server_key_exchange(body: Reader, context: Context) -> ServerKeyExchange:
    """Decode the body of a ServerKeyExchange message, by the name of the cipher suite.

    Source: RFC 5246 section 7.4.3; for the hint of a pre-shared key, RFC 4279 section 2.
    """
    name = key_exchange_name(context.cipher_suite)
    read_params = _SERVER_PARAMS.get(name)
    if read_params is None and name not in _HINTED:
        return ServerKeyExchange(name, raw=body.rest())
    hint = body.vector(2, "psk_identity_hint").rest() if name in _HINTED else None
    params = read_params(body) if read_params is not None else None
    if name in _UNSIGNED:
        return ServerKeyExchange(name, hint, params)
    scheme = SignatureScheme(body.u16()) if context.signs_with_scheme else None
    return ServerKeyExchange(name, hint, params, scheme, body.vector(2, "signature").rest())


@dataclass(frozen=True, slots=True)
class ClientKeyExchange:
    """The client's half of the secret.

    `public` is its public value, empty if its certificate has it; `encrypted` is a secret under the
    server's key; `psk_identity` names a shared key. `raw` holds the whole body if the suite does
    not say how to read it.
    """

    key_exchange: str
    psk_identity: bytes | None = None
    public: bytes | None = None
    encrypted: bytes | None = None
    raw: bytes = b""


# Key exchange -> fields that the client sends, in order, each with the width of its length.
_IDENTITY, _POINT, _NUMBER = ("psk_identity", 2), ("public", 1), ("public", 2)
_SECRET = ("encrypted", 2)
_CLIENT_FIELDS: dict[str, tuple[tuple[str, int], ...]] = {
    **dict.fromkeys(("RSA", "RSA_EXPORT", "RSA_EXPORT1024", "RSA_FIPS"), (_SECRET,)),
    **dict.fromkeys(("ECDHE_RSA", "ECDHE_ECDSA", "ECDH_anon"), (_POINT,)),
    **dict.fromkeys(("ECDH_RSA", "ECDH_ECDSA"), (_POINT,)),
    **dict.fromkeys(("DHE_RSA", "DHE_DSS", "DH_anon", "DH_RSA", "DH_DSS"), (_NUMBER,)),
    **dict.fromkeys(("DHE_RSA_EXPORT", "DHE_DSS_EXPORT", "DH_anon_EXPORT"), (_NUMBER,)),
    **dict.fromkeys(("DH_RSA_EXPORT", "DH_DSS_EXPORT", "DHE_DSS_EXPORT1024"), (_NUMBER,)),
    **dict.fromkeys(("SRP_SHA", "SRP_SHA_RSA", "SRP_SHA_DSS"), (_NUMBER,)),
    "PSK": (_IDENTITY,),
    "RSA_PSK": (_IDENTITY, _SECRET),
    "DHE_PSK": (_IDENTITY, _NUMBER),
    "PSK_DHE": (_IDENTITY, _NUMBER),
    "ECDHE_PSK": (_IDENTITY, _POINT),
}


def decode_client_key_exchange(body: Reader, context: Context) -> ClientKeyExchange:
    """Decode the body of a ClientKeyExchange message, by the name of the cipher suite.

    Source: RFC 5246 section 7.4.7; SSL 3.0 sends the encrypted secret without its length.
    """
    name = key_exchange_name(context.cipher_suite)
    fields = _CLIENT_FIELDS.get(name)
    if fields is None:
        return ClientKeyExchange(name, raw=body.rest())
    if fields == (_SECRET,) and context.version == SSL_3_0:
        return ClientKeyExchange(name, encrypted=body.rest())
    if not len(body) and name.startswith(("DH_", "ECDH_")):
        return ClientKeyExchange(name, public=b"")  # implicit: it is in the client's certificate
    values = {field: body.vector(width, field).rest() for field, width in fields}
    return ClientKeyExchange(name, **values)
