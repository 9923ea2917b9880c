"""What a certificate says: names, dates, key, and where to ask about it.

`cryptography` reads certificates, strictly: one odd field, and it refuses the field or the whole. A
capture is full of odd certificates, and the odd ones are often why a handshake failed. So each
field is asked for by itself, what is refused is read once more by hand as far as its DER can be
walked, and the reason is told in `error`. Whatever the bytes, there is always a row, with at least
their SHA-256.

Source: RFC 5280 sections 4.1 and 4.2; names in the form of RFC 4514.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from tlsparse.tls.oids import key_type, oid_name
from tlsparse.tls.tbs_certificate import CA_ISSUERS, OCSP, read_by_hand, serial_text

if TYPE_CHECKING:
    from cryptography import x509


@dataclass(frozen=True, slots=True)
class X509:
    """One certificate. None, or an empty tuple, stands for what it does not say or could not be read.

    `serial` is hexadecimal in whole bytes, `sans` are like ``DNS:example.org`` and
    ``IP:192.0.2.1``, `key_bits` is the size of the key, `aki` and `ski` are key identifiers in
    hexadecimal, `error` says what was refused.
    """

    sha256: str
    subject: str | None = None
    issuer: str | None = None
    serial: str | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    sans: tuple[str, ...] = ()
    key_type: str | None = None
    key_bits: int | None = None
    curve: str | None = None
    signature_algorithm: str | None = None
    is_ca: bool | None = None
    aki: str | None = None
    ski: str | None = None
    ekus: tuple[str, ...] = ()
    ocsp_urls: tuple[str, ...] = ()
    issuer_urls: tuple[str, ...] = ()
    error: str | None = None


# A few thousand chains; at 2 kB each some megabytes.
@lru_cache(maxsize=4096)
def describe_certificate(data: bytes) -> X509:
    """Describe a certificate in DER. Nothing is raised, whatever the bytes."""
    fields, errors = _by_cryptography(data)
    if errors:
        fields = {**read_by_hand(data), **fields}
    error = "; ".join(dict.fromkeys(errors)) or None
    return X509(hashlib.sha256(data).hexdigest(), **fields, error=error)


# Keys of one size.
_KEY_BITS = {"Ed25519": 256, "Ed448": 456, "X25519": 256, "X448": 448}


@cache
def refusals() -> tuple[type[Exception], ...]:
    """Return what `cryptography` raises at a certificate, or a part of one, that it does not take."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    return (
        ValueError,
        TypeError,
        UnsupportedAlgorithm,
        x509.DuplicateExtension,
        x509.ExtensionNotFound,
        x509.InvalidVersion,
        x509.UnsupportedGeneralNameType,
    )


def _by_cryptography(data: bytes) -> tuple[dict[str, Any], list[str]]:
    """Ask `cryptography` for each field; return what it gave, and why it did not give the rest."""
    from cryptography import x509

    fields: dict[str, Any] = {}
    errors: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fields that a later version will refuse
        try:
            certificate = x509.load_der_x509_certificate(data)
        except refusals() as error:
            return fields, [str(error)]
        for read in _PARTS:
            try:
                fields.update(read(certificate))
            except refusals() as error:
                errors.append(str(error))
    return fields, errors


def _subject(certificate: x509.Certificate) -> dict[str, Any]:
    return {"subject": certificate.subject.rfc4514_string()}


def _issuer(certificate: x509.Certificate) -> dict[str, Any]:
    return {"issuer": certificate.issuer.rfc4514_string()}


def _serial(certificate: x509.Certificate) -> dict[str, Any]:
    return {"serial": serial_text(certificate.serial_number)}


def _validity(certificate: x509.Certificate) -> dict[str, Any]:
    return {
        "not_before": certificate.not_valid_before_utc,
        "not_after": certificate.not_valid_after_utc,
    }


def _signature_algorithm(certificate: x509.Certificate) -> dict[str, Any]:
    oid = certificate.signature_algorithm_oid.dotted_string
    return {"signature_algorithm": oid_name(oid)}


def _key_type(certificate: x509.Certificate) -> dict[str, Any]:
    kind = key_type(certificate.public_key_algorithm_oid.dotted_string)
    bits = _KEY_BITS.get(kind)
    return {"key_type": kind} if bits is None else {"key_type": kind, "key_bits": bits}


def _key_size(certificate: x509.Certificate) -> dict[str, Any]:
    key = certificate.public_key()
    fields: dict[str, Any] = {}
    if (size := getattr(key, "key_size", None)) is not None:
        fields["key_bits"] = size
    if (curve := getattr(key, "curve", None)) is not None:
        fields["curve"] = curve.name
    return fields


def _extensions(certificate: x509.Certificate) -> dict[str, Any]:
    fields: dict[str, Any] = {"is_ca": False}
    for extension in certificate.extensions:
        read = _EXTENSIONS.get(extension.oid.dotted_string)
        if read is not None:
            fields.update(read(extension.value))
    return fields


# In parts, since `cryptography` can refuse each.
_PARTS: tuple[Callable[[x509.Certificate], dict[str, Any]], ...] = (
    _subject,
    _issuer,
    _serial,
    _validity,
    _signature_algorithm,
    _key_type,
    _key_size,
    _extensions,
)


def _general_name(name: Any) -> str:
    """Write one name of a SubjectAlternativeName with its kind.

    Source: RFC 5280 section 4.2.1.6.
    """
    kind = type(name).__name__
    value = name.value
    if kind == "DirectoryName":
        return f"DirectoryName:{value.rfc4514_string()}"
    if kind == "OtherName":
        return f"OtherName:{name.type_id.dotted_string}"
    if kind == "RegisteredID":
        return f"RegisteredID:{value.dotted_string}"
    return f"{_GENERAL_NAMES[kind]}:{value}"


_GENERAL_NAMES = {
    "DNSName": "DNS",
    "IPAddress": "IP",
    "RFC822Name": "email",
    "UniformResourceIdentifier": "URI",
}


def _urls(descriptions: Any) -> dict[str, Any]:
    urls: dict[str, tuple[str, ...]] = {}
    for field, method in (("ocsp_urls", OCSP), ("issuer_urls", CA_ISSUERS)):
        urls[field] = tuple(
            _general_name(d.access_location).removeprefix("URI:")
            for d in descriptions
            if d.access_method.dotted_string == method
        )
    return urls


def _hex(data: bytes | None) -> str | None:
    return None if data is None else data.hex()


# Extension -> the fields it gives. Source: RFC 5280 section 4.2.
_EXTENSIONS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "2.5.29.17": lambda names: {"sans": tuple(map(_general_name, names))},
    "2.5.29.19": lambda constraints: {"is_ca": constraints.ca},
    "2.5.29.35": lambda key: {"aki": _hex(key.key_identifier)},
    "2.5.29.14": lambda key: {"ski": _hex(key.digest)},
    "2.5.29.37": lambda oids: {"ekus": tuple(oid_name(oid.dotted_string) for oid in oids)},
    "1.3.6.1.5.5.7.1.1": _urls,
}
