"""Fingerprints of hellos: the same stack with the same settings gives the same one.

JA3 and JA3S write the numbers of a hello in the order sent, and take the MD5. JA4 sorts before it
hashes, because browsers shuffle their extensions, and begins with a part that a human can read:
carrier, version, whether a name was asked for, how many suites and extensions, and the first
protocol. GREASE is left out of all.

Source: github.com/salesforce/ja3 (BSD-3-Clause); JA4 by FoxIO, github.com/FoxIO-LLC/ja4, copyright
2023 FoxIO, licensed under BSD 3-Clause (`LICENSE-JA4`). JA4S and the rest of JA4+ have another
licence and are not here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache

from tlsparse.tls.codes import Code, ExtensionType, ProtocolVersion, SignatureScheme
from tlsparse.tls.hello import REMEMBERED, ClientHello, ServerHello
from tlsparse.tls.reader import Reader

# First character of a JA4 by carrier.
_CARRIERS = {"tcp": "t", "quic": "q", "dtls": "d"}

# JA4's two characters for each version.
_VERSIONS = {
    0x0304: "13",
    0x0303: "12",
    0x0302: "11",
    0x0301: "10",
    0x0300: "s3",
    0x0002: "s2",
    0xFEFF: "d1",
    0xFEFD: "d2",
    0xFEFC: "d3",
}
_NOTHING = "000000000000"


def _decimal(codes: Iterable[Code]) -> str:
    return "-".join(str(int(code)) for code in codes if not code.is_grease)


def ja3(hello: ClientHello) -> tuple[str, str]:
    """Return the JA3 string of a ClientHello and its MD5 in hexadecimal."""
    key = f"ja3 {hello.legacy_version:x}"
    if key not in hello.derived:
        hello.derived[key] = _joined(
            hello.legacy_version,
            hello.cipher_suites,
            tuple(extension.type for extension in hello.extensions),
            hello.groups,
            hello.value(ExtensionType.ec_point_formats) or (),
        )
    found: tuple[str, str] = hello.derived[key]
    return found


def ja3s(hello: ServerHello) -> tuple[str, str]:
    """Return the JA3S string of a ServerHello and its MD5 in hexadecimal."""
    return _joined(
        hello.legacy_version,
        () if hello.cipher_suite is None else (hello.cipher_suite,),
        tuple(extension.type for extension in hello.extensions),
    )


@lru_cache(maxsize=REMEMBERED)
def _joined(version: ProtocolVersion, *lists: tuple[Code, ...]) -> tuple[str, str]:
    text = ",".join((str(int(version)), *map(_decimal, lists)))
    return text, hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def ja4(hello: ClientHello, transport: str = "tcp") -> str:
    """Return the JA4 of a ClientHello: ``t13d1516h2_8daaf6152771_e5627efa2ab1``.

    Parameters
    ----------
    hello
        The ClientHello.
    transport
        What carries it: ``tcp``, ``quic`` or ``dtls``.
    """
    key = f"ja4 {hello.legacy_version:x} {transport}"
    if key not in hello.derived:
        hello.derived[key] = "_".join(_ja4(*_ja4_source(hello, transport)))
    found: str = hello.derived[key]
    return found


def ja4_raw(hello: ClientHello, transport: str = "tcp") -> str:
    """Return the JA4 of a ClientHello with the lists in place of their hashes (JA4_r)."""
    return "_".join(_ja4_parts(*_ja4_source(hello, transport)))


Ja4Source = tuple[
    str,
    ProtocolVersion,
    str,
    tuple[Code, ...],
    tuple[Code, ...],
    tuple[SignatureScheme, ...],
]
"""What a JA4 is made of: carrier, version, protocol, suites, extensions, signature schemes."""


def _ja4_source(hello: ClientHello, transport: str) -> Ja4Source:
    versions = [v for v in hello.supported_versions if not v.is_grease] or [hello.legacy_version]
    return (
        _CARRIERS[transport],
        max(versions, key=_rank),
        _ja4_alpn(hello),
        hello.cipher_suites,
        tuple(extension.type for extension in hello.extensions),
        hello.signature_schemes,
    )


def _rank(version: ProtocolVersion) -> int:
    """Put versions in order: those of DTLS are counted down."""
    return 0xFFFF - version if version.is_datagram else int(version)


@lru_cache(maxsize=REMEMBERED)
def _ja4(*source: *Ja4Source) -> tuple[str, str, str]:
    readable, suites, extensions = _ja4_parts(*source)
    return readable, _sha256(suites), _sha256(extensions)


def _sha256(text: str) -> str:
    return f"{hashlib.sha256(text.encode()).hexdigest():.12}" if text else _NOTHING


def _ja4_parts(
    carrier: str,
    version: ProtocolVersion,
    alpn: str,
    suites: tuple[Code, ...],
    extensions: tuple[Code, ...],
    schemes: tuple[SignatureScheme, ...],
) -> tuple[str, str, str]:
    suites = tuple(suite for suite in suites if not suite.is_grease)
    extensions = tuple(extension for extension in extensions if not extension.is_grease)
    readable = (
        carrier
        + _VERSIONS.get(version, "00")
        + ("d" if ExtensionType.server_name in extensions else "i")
        + f"{min(len(suites), 99):02}{min(len(extensions), 99):02}"
        + alpn
    )
    told_before = (
        ExtensionType.server_name,
        ExtensionType.application_layer_protocol_negotiation,
    )
    hashed = _hexadecimal(sorted(code for code in extensions if code not in told_before))
    signed = _hexadecimal(schemes)
    return readable, _hexadecimal(sorted(suites)), f"{hashed}_{signed}" if signed else hashed


def _hexadecimal(codes: Iterable[Code]) -> str:
    return ",".join(f"{int(code):04x}" for code in codes if not code.is_grease)


def _ja4_alpn(hello: ClientHello) -> str:
    """First and last character of the first protocol.

    Of its hexadecimal form if they are no letters or digits.
    """
    extension = hello.extension(ExtensionType.application_layer_protocol_negotiation)
    if extension is None or not hello.alpn:
        return "00"
    # The bytes, since the text has escapes in it.
    name = Reader(extension.data, "alpn").vector(2, "list").vector(1, "name").rest()
    text = name.decode("latin-1")
    first, last = text[:1], text[-1:]
    if not text:
        return "00"
    if not (first + last).isascii() or not (first + last).isalnum():
        text = name.hex()
    return f"{text[0]}{text[-1]}"
