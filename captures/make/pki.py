"""A small public key infrastructure, made anew for every run.

Two roots and a handful of leaves, each with one thing right or wrong about it::

    Root ── Intermediate ── good, rsa, expired, not_yet_valid, many_names, revoked, client
    Other Root ── Other Intermediate ── other_ca, other_client
    SSL Inspection Root ── inspected
    (itself)   ── self_signed

For each NAME the folder holds ``NAME.key``, ``NAME.leaf.pem`` (that certificate alone),
``NAME.chain.pem`` (the intermediates a server should send, where there are any) and ``NAME.pem``
(both). ``intermediate.crl`` lists ``revoked``. Validity is counted from now,
so that a certificate is good or expired at the time of the packets that carry it.
"""

from __future__ import annotations

import datetime as dt
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
DAY = dt.timedelta(days=1)

SERVER_NAME = "server.test"

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Identity:
    """A certificate, its private key, and the intermediates above it."""

    certificate: x509.Certificate
    key: Key
    chain: tuple[x509.Certificate, ...] = ()


@dataclass(frozen=True)
class Leaf:
    """What is special about one leaf; the defaults describe a good server certificate."""

    names: tuple[str, ...] = (SERVER_NAME,)
    issuer: str | None = "intermediate"
    starts_in_days: int = -10
    lasts_days: int = 90
    rsa: bool = False
    client: bool = False


LEAVES = {
    "good": Leaf(),
    "rsa": Leaf(rsa=True),
    "expired": Leaf(starts_in_days=-100),
    "not_yet_valid": Leaf(starts_in_days=30),
    "self_signed": Leaf(issuer=None),
    "other_ca": Leaf(issuer="other_intermediate"),
    "many_names": Leaf(names=(SERVER_NAME, *(f"host-{n:03}.shop.test" for n in range(120)))),
    "revoked": Leaf(),
    "inspected": Leaf(issuer="inspection_root"),
    "client": Leaf(names=("alice.test",), client=True),
    "other_client": Leaf(names=("mallory.test",), client=True, issuer="other_intermediate"),
}


def make_pki(folder: Path) -> None:
    """Write every key and certificate that the scenarios use into `folder`."""
    root, other_root = _authority("Test Root", None), _authority("Other Root", None)
    authorities = {
        "root": root,
        "intermediate": _authority("Test Intermediate", root),
        "other_root": other_root,
        "other_intermediate": _authority("Other Intermediate", other_root),
        "inspection_root": _authority("Test SSL Inspection Root", None),
    }
    for name, authority in authorities.items():
        _write(folder, name, authority)
    for name, leaf in LEAVES.items():
        _write(folder, name, _leaf(leaf, authorities[leaf.issuer] if leaf.issuer else None))
    _write_ocsp_answer(folder)
    _write_crl(folder, authorities["intermediate"])


def _authority(name: str, issuer: Identity | None) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    builder = (
        _builder(subject, issuer, key, NOW - 365 * DAY, NOW + 3650 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
    )
    certificate = builder.sign((issuer.key if issuer else key), hashes.SHA256())
    return Identity(certificate, key, (certificate,) if issuer else ())


def _leaf(leaf: Leaf, issuer: Identity | None) -> Identity:
    key: Key = (
        rsa.generate_private_key(public_exponent=65537, key_size=2048)
        if leaf.rsa
        else ec.generate_private_key(ec.SECP256R1())
    )
    start = NOW + leaf.starts_in_days * DAY
    usage = ExtendedKeyUsageOID.CLIENT_AUTH if leaf.client else ExtendedKeyUsageOID.SERVER_AUTH
    builder = (
        _builder(_name(leaf.names[0]), issuer, key, start, start + leaf.lasts_days * DAY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in leaf.names]),
            critical=False,
        )
    )
    certificate = builder.sign(issuer.key if issuer else key, hashes.SHA256())
    return Identity(certificate, key, issuer.chain if issuer else ())


def _builder(
    subject: x509.Name, issuer: Identity | None, key: Key, start: dt.datetime, end: dt.datetime
) -> x509.CertificateBuilder:
    issuer_key = (issuer.key if issuer else key).public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
        )
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not authority,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _write(folder: Path, name: str, identity: Identity) -> None:
    pem = serialization.Encoding.PEM
    (folder / f"{name}.key").write_bytes(
        identity.key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    leaf = identity.certificate.public_bytes(pem)
    above = [c.public_bytes(pem) for c in identity.chain if c != identity.certificate]
    (folder / f"{name}.leaf.pem").write_bytes(leaf)
    (folder / f"{name}.pem").write_bytes(b"".join([leaf, *above]))
    if above:
        (folder / f"{name}.chain.pem").write_bytes(b"".join(above))


def _write_ocsp_answer(folder: Path) -> None:
    """Let the intermediate say that ``good`` is not revoked, for stapling: ``good.ocsp``."""
    serial = x509.load_pem_x509_certificate((folder / "good.pem").read_bytes()).serial_number
    expiry = (NOW + 80 * DAY).strftime("%y%m%d%H%M%SZ")
    (folder / "index.txt").write_text(f"V\t{expiry}\t\t{serial:X}\tunknown\t/CN={SERVER_NAME}\n")
    command = (
        "openssl ocsp -index index.txt -CA intermediate.leaf.pem -rsigner intermediate.leaf.pem"
        " -rkey intermediate.key -issuer intermediate.leaf.pem -cert good.leaf.pem"
        " -ndays 7 -respout good.ocsp"
    )
    subprocess.run(shlex.split(command), cwd=folder, check=True, capture_output=True)


def _write_crl(folder: Path, issuer: Identity) -> None:
    """Let the intermediate revoke ``revoked``, since its key is known to others: ``intermediate.crl``."""
    certificate = x509.load_pem_x509_certificate((folder / "revoked.pem").read_bytes())
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(certificate.serial_number)
        .revocation_date(NOW - 2 * DAY)
        .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
        .build()
    )
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(NOW - DAY)
        .next_update(NOW + 6 * DAY)
        .add_revoked_certificate(entry)
        .sign(issuer.key, hashes.SHA256())
    )
    (folder / "intermediate.crl").write_bytes(crl.public_bytes(serialization.Encoding.PEM))
