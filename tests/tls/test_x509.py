from __future__ import annotations

import hashlib
import warnings
from datetime import UTC, datetime
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from tlsparse.tls.tbs_certificate import read_by_hand
from tlsparse.tls.x509 import X509, describe_certificate

BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
SUBJECT = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "SE"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Rött, Inc."),
        x509.NameAttribute(NameOID.COMMON_NAME, "a.example"),
    ]
)
ISSUER = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Rot")])
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(key=EC_KEY, extensions=(), sign_with=EC_KEY) -> bytes:
    builder = (
        x509.CertificateBuilder()
        .subject_name(SUBJECT)
        .issuer_name(ISSUER)
        .public_key(key.public_key())
        .serial_number(0x0ABCDEF0)
        .not_valid_before(BEGIN)
        .not_valid_after(END)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    algorithm = None if isinstance(sign_with, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(sign_with, algorithm).public_bytes(serialization.Encoding.DER)


ALL_EXTENSIONS = (
    x509.SubjectAlternativeName(
        [
            x509.DNSName("a.example"),
            x509.DNSName("*.a.example"),
            x509.IPAddress(ip_address("192.0.2.1")),
            x509.IPAddress(ip_address("2001:db8::1")),
            x509.RFC822Name("a@a.example"),
            x509.UniformResourceIdentifier("https://a.example"),
            x509.DirectoryName(ISSUER),
            x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
            x509.OtherName(x509.ObjectIdentifier("1.2.4"), b"\x05\x00"),
        ]
    ),
    x509.BasicConstraints(ca=True, path_length=None),
    x509.SubjectKeyIdentifier(b"\xab\xcd"),
    x509.AuthorityKeyIdentifier(b"\xef\x01", None, None),
    x509.ExtendedKeyUsage(
        [ExtendedKeyUsageOID.SERVER_AUTH, x509.ObjectIdentifier("1.2.3.4")],
    ),
    x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(
                AuthorityInformationAccessOID.OCSP,
                x509.UniformResourceIdentifier("http://ocsp.example"),
            ),
            x509.AccessDescription(
                AuthorityInformationAccessOID.CA_ISSUERS,
                x509.UniformResourceIdentifier("http://ca.example/rot.der"),
            ),
        ]
    ),
)
# The rule that BasicConstraints break which write their default: X.690 section 11.5. Many do.
WRITTEN_DEFAULT = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("2.5.29.19"), bytes.fromhex("30 03 01 01 00")
)


def test_a_certificate_says_what_it_is():
    data = certificate(extensions=ALL_EXTENSIONS)

    assert X509(
        sha256=hashlib.sha256(data).hexdigest(),
        subject="CN=a.example,O=Rött\\, Inc.,C=SE",
        issuer="CN=Rot",
        serial="0abcdef0",
        not_before=BEGIN,
        not_after=END,
        sans=(
            "DNS:a.example",
            "DNS:*.a.example",
            "IP:192.0.2.1",
            "IP:2001:db8::1",
            "email:a@a.example",
            "URI:https://a.example",
            "DirectoryName:CN=Rot",
            "RegisteredID:1.2.3",
            "OtherName:1.2.4",
        ),
        key_type="EC",
        key_bits=256,
        curve="secp256r1",
        signature_algorithm="ecdsa-with-SHA256",
        is_ca=True,
        aki="ef01",
        ski="abcd",
        ekus=("serverAuth", "1.2.3.4"),
        ocsp_urls=("http://ocsp.example",),
        issuer_urls=("http://ca.example/rot.der",),
        error=None,
    ) == describe_certificate(data)


@pytest.mark.parametrize(
    "key, kind, bits",
    [
        (rsa.generate_private_key(public_exponent=65537, key_size=1024), "RSA", 1024),
        (ec.generate_private_key(ec.SECP384R1()), "EC", 384),
        (ed25519.Ed25519PrivateKey.generate(), "Ed25519", 256),
    ],
)
def test_keys_have_a_kind_and_a_size(key, kind, bits):
    found = describe_certificate(certificate(key))

    assert (kind, bits, None) == (found.key_type, found.key_bits, found.error)


def test_a_certificate_without_extensions_is_no_authority():
    found = describe_certificate(certificate())

    assert (False, (), None) == (found.is_ca, found.sans, found.error)


def test_a_refused_extension_costs_nothing():
    """`cryptography` refuses all extensions for one that is odd."""
    found = describe_certificate(certificate(extensions=(*ALL_EXTENSIONS[:1], WRITTEN_DEFAULT)))

    assert found.error is not None
    assert "BasicConstraints" in found.error
    assert "DNS:a.example" == found.sans[0]
    assert (9, False, "EC", 256) == (
        len(found.sans),
        found.is_ca,
        found.key_type,
        found.key_bits,
    )


def test_by_hand_the_same_is_read():
    data = certificate(
        rsa.generate_private_key(public_exponent=65537, key_size=1024), ALL_EXTENSIONS
    )
    found = describe_certificate(data)

    assert {
        name: getattr(found, name)
        for name in X509.__slots__
        if name not in ("sha256", "curve", "error")
    } == read_by_hand(data)


@pytest.mark.parametrize(
    "data",
    [b"", b"rubbish", bytes(100), certificate()[:60]],
    ids=["nothing", "rubbish", "zeros", "the beginning of one"],
)
def test_what_is_no_certificate_is_still_a_row(data):
    found = describe_certificate(data)

    assert hashlib.sha256(data).hexdigest() == found.sha256
    assert found.error
    assert found.subject is None


def test_a_certificate_that_is_refused_as_a_whole_still_has_names():
    """Version 5 does not exist."""
    data = certificate(extensions=ALL_EXTENSIONS)
    odd = data.replace(bytes.fromhex("a0 03 02 01 02"), bytes.fromhex("a0 03 02 01 04"), 1)
    found = describe_certificate(odd)

    assert "4 is not a valid X509 version" == found.error
    assert ("CN=Rot", "0abcdef0", BEGIN, END) == (
        found.issuer,
        found.serial,
        found.not_before,
        found.not_after,
    )
    assert "DNS:a.example" in found.sans


def test_no_warning_escapes():
    """A serial number below zero is allowed with a warning, for now."""
    data = certificate().replace(
        bytes.fromhex("02 04 0a bc de f0"), bytes.fromhex("02 04 fa bc de f0")
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = describe_certificate(data)

    assert "CN=Rot" == found.issuer


@pytest.mark.parametrize(
    "number, serial",
    [
        ("02 01 00", "00"),
        ("02 01 05", "05"),
        ("02 04 0a bc de f0", "0abcdef0"),
        ("02 05 00 8a bc de f0", "8abcdef0"),
        ("02 01 fb", "-05"),
        ("02 02 80 00", "-8000"),
    ],
    ids=[
        "nothing",
        "one digit",
        "a zero in front",
        "a byte for the sign",
        "below zero",
        "the last below zero",
    ],
)
def test_both_ways_write_a_serial_number_as_openssl_does(number, serial):
    """`openssl x509 -serial` writes whole bytes, without the one that DER needs for the sign."""
    data = with_serial(bytes.fromhex(number))

    assert (serial, serial) == (describe_certificate(data).serial, read_by_hand(data)["serial"])


def with_serial(number: bytes) -> bytes:
    """Put another serial number into a certificate; its signature is no longer right."""
    old = bytes.fromhex("02 04 0a bc de f0")
    data = certificate().replace(old, number, 1)
    more = len(number) - len(old)
    return b"".join(
        (
            data[:2] + (int.from_bytes(data[2:4], "big") + more).to_bytes(2, "big"),
            data[4:6] + bytes((data[6] + more,)),
            data[7:],
        )
    )


def test_the_same_bytes_are_read_once():
    data = certificate()

    assert describe_certificate(data) is describe_certificate(bytes(bytearray(data)))
