"""Certificates of every kind, made as they are asked for, and a chain of them judged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID as Access
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage
from cryptography.x509.oid import NameOID

from tlsparse.trust.chain import ChainVerdict, judge_chain
from tlsparse.trust.roots import Roots

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NAME = "www.example.test"


@cache
def key(kind: str, which: str) -> Any:
    """Return the key of a certificate: the same each time, since RSA keys are slow to make."""
    match kind:
        case "ed25519":
            return ed25519.Ed25519PrivateKey.generate()
        case "dsa":
            return dsa.generate_private_key(2048)
        case "p192":
            return ec.generate_private_key(ec.SECP192R1())
        case "p256":
            return ec.generate_private_key(ec.SECP256R1())
        case _:
            return rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))


@dataclass(frozen=True)
class Made:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Any

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def make(
    subject: str,
    issuer: Made | None = None,
    *,
    authority: bool = False,
    names: tuple[str, ...] | None = (NAME,),
    begin: datetime = NOW - 10 * DAY,
    end: datetime = NOW + 90 * DAY,
    kind: str = "p256",
    pss: bool = False,
    pathlen: int | None = None,
    signs: bool = True,
    usage: Any = Usage.SERVER_AUTH,
    aia: str | None = None,
    organization: str | None = None,
    key_id: bool = True,
    key_of: Made | None = None,
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> Made:
    """Make a certificate. Without an issuer it signs itself; `names` None leaves subjectAltName out."""
    own = key_of.key if key_of else key(kind, subject)
    name = [x509.NameAttribute(NameOID.COMMON_NAME, subject)]
    if organization:
        name.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(name))
        .issuer_name(issuer.certificate.subject if issuer else x509.Name(name))
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    added: list[tuple[x509.ExtensionType, bool]] = list(extra)
    if authority:
        added.append((x509.BasicConstraints(True, pathlen), True))
        added.append((key_usage(signs), True))
    else:
        added.append((x509.BasicConstraints(False, None), True))
        if usage is not None:
            added.append((x509.ExtendedKeyUsage([usage]), False))
        if names is not None:
            added.append((x509.SubjectAlternativeName([general_name(n) for n in names]), False))
    signer = issuer.key if issuer else own
    if key_id:
        added.append((x509.SubjectKeyIdentifier.from_public_key(own.public_key()), False))
        from_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        added.append((from_key, False))
    if aia:
        url = x509.UniformResourceIdentifier(aia)
        description = x509.AccessDescription(Access.CA_ISSUERS, url)
        added.append((x509.AuthorityInformationAccess([description]), False))
    for extension, critical in added:
        builder = builder.add_extension(extension, critical)
    hash_ = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    rsa_padding = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if pss else None
    return Made(builder.sign(signer, hash_, rsa_padding=rsa_padding), own)


SHA256_WITH_RSA, SHA1_WITH_RSA = (
    bytes.fromhex("06092a864886f70d0101" + last) for last in ("0b", "05")
)

DIGEST_INFO_SHA1 = bytes.fromhex("3021300906052b0e03021a05000414")


def sign_with_sha1(made: Made, issuer: Made) -> bytes:
    """Return an RSA-signed certificate with SHA-1 in place of SHA-256; the library signs with it no longer.

    Source: RFC 8017 section 9.2 (EMSA-PKCS1-v1_5).
    """
    signed = made.certificate.tbs_certificate_bytes
    weak = signed.replace(SHA256_WITH_RSA, SHA1_WITH_RSA)
    numbers = issuer.key.private_numbers()
    size = issuer.key.key_size // 8
    digest = DIGEST_INFO_SHA1 + hashlib.sha1(weak).digest()
    padded = b"\x00\x01" + b"\xff" * (size - 3 - len(digest)) + b"\x00" + digest
    signature = pow(int.from_bytes(padded, "big"), numbers.d, numbers.public_numbers.n)
    der = made.der.replace(signed, weak).replace(SHA256_WITH_RSA, SHA1_WITH_RSA)
    return der.replace(made.certificate.signature, signature.to_bytes(size, "big"))


def general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def key_usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass(frozen=True)
class Authorities:
    """A root that is trusted, an intermediate below it, and a root that nobody knows."""

    root: Made
    intermediate: Made
    stranger: Made


@pytest.fixture(scope="session")
def ca() -> Authorities:
    root = make("Known Root", authority=True, end=NOW + 3650 * DAY)
    return Authorities(
        root,
        make("Known Intermediate", root, authority=True, end=NOW + 1000 * DAY),
        make("Strange Root", authority=True, end=NOW + 3650 * DAY),
    )


@pytest.fixture(scope="session")
def certificate() -> Callable[..., Made]:
    return make


@pytest.fixture(scope="session")
def with_sha1() -> Callable[[Made, Made], bytes]:
    return sign_with_sha1


@pytest.fixture(scope="session")
def judge(ca: Authorities) -> Callable[..., ChainVerdict]:
    """Judge a chain at noon of the first of June, against the one root that is trusted."""
    roots = Roots((ca.root.der,))

    def judged(*chain: Made, **options: Any) -> ChainVerdict:
        wanted: dict[str, Any] = {
            "at": NOW,
            "server_name": NAME,
            "address": "192.0.2.1",
            "purpose": "server",
            "roots": roots,
        }
        verdict = judge_chain(tuple(made.der for made in chain), **(wanted | options))
        assert verdict is not None
        return verdict

    return judged


@pytest.fixture(scope="session")
def kinds(judge: Callable[..., ChainVerdict]) -> Callable[..., list[tuple[str, int]]]:
    """Return the kinds of a chain's faults, each with the position of the link that has it."""

    def found(*chain: Made, **options: Any) -> list[tuple[str, int]]:
        return [(fault.kind, fault.position) for fault in judge(*chain, **options).faults]

    return found
