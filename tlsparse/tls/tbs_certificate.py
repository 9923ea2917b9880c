"""A certificate read by hand, as far as it can be.

`x509` asks `cryptography` first, and comes here for what that refuses: a certificate with one field
that breaks the rules still has a subject, dates and names, and clients have looked at them. The
walk goes through a TBSCertificate in its order and ends at the first byte that makes no sense; an
extension that makes none is passed over alone.

Source: RFC 5280 section 4.1, and section 4.2 for the extensions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any

from tlsparse.errors import DecodeError
from tlsparse.tls import der
from tlsparse.tls.oids import key_type, oid_name
from tlsparse.tls.reader import Reader

Fields = dict[str, Any]

_VERSION, _EXTENSION_LIST = 0xA0, 0xA3


def read_by_hand(data: bytes) -> Fields:
    """Return what can be read of a certificate in DER, by the field names of `x509.X509`."""
    fields: Fields = {}
    try:
        for found in _walk(Reader(data, "certificate")):
            fields.update(found)
    except DecodeError:
        pass  # why it is no good, `cryptography` has said; what comes before is what we are after
    return fields


def _walk(body: Reader) -> Iterator[Fields]:
    """Yield the fields of a TBSCertificate in their order. Source: RFC 5280 section 4.1."""
    certificate = der.contents(body, "certificate", der.SEQUENCE)
    tbs = der.contents(certificate, "tbs_certificate", der.SEQUENCE)
    tag, number = der.element(tbs, "version or serial number")
    if tag == _VERSION:
        number = der.contents(tbs, "serial number", der.INTEGER)
    yield {"serial": serial_text(int.from_bytes(number.rest(), "big", signed=True))}
    yield {"signature_algorithm": oid_name(_oid(der.contents(tbs, "signature", der.SEQUENCE)))}
    yield {"issuer": der.distinguished_name(tbs, "issuer")}
    validity = der.contents(tbs, "validity", der.SEQUENCE)
    yield {"not_before": der.time(validity, "not_before")}
    yield {"not_after": der.time(validity, "not_after")}
    yield {"subject": der.distinguished_name(tbs, "subject")}
    yield from _public_key(der.contents(tbs, "subject_public_key_info", der.SEQUENCE))
    while len(tbs):
        tag, content = der.element(tbs, "extensions")
        if tag == _EXTENSION_LIST:
            yield {"is_ca": False}
            yield from der.contents(content, "extensions", der.SEQUENCE).list(_extension)


def serial_text(number: int) -> str:
    """Write a serial number in hexadecimal as OpenSSL does: in whole bytes, none of them for the sign alone.

    Wireshark writes the bytes as they are sent, so a number that begins with a high bit has a ``00`` in front there.
    """
    digits = f"{abs(number):x}"
    return ("-" if number < 0 else "") + digits.zfill(len(digits) + len(digits) % 2)


def _oid(body: Reader) -> str:
    return der.object_identifier(der.contents(body, "algorithm", der.OID))


def _public_key(body: Reader) -> Iterator[Fields]:
    """Yield kind and size of the key. Source: RFC 3279 section 2.3, RFC 5480 section 2.1.1."""
    algorithm = der.contents(body, "algorithm", der.SEQUENCE)
    kind = key_type(_oid(algorithm))
    yield {"key_type": kind}
    if kind == "EC":
        tag, parameters = der.element(algorithm, "parameters")
        named = tag == der.OID
        yield {"curve": oid_name(der.object_identifier(parameters)) if named else "explicit"}
    if kind == "RSA":
        key = der.contents(body, "subject_public_key", der.BIT_STRING)
        key.u8()  # unused bits
        modulus = der.contents(der.contents(key, "rsa_public_key", der.SEQUENCE), "modulus", 2)
        yield {"key_bits": int.from_bytes(modulus.rest(), "big").bit_length()}


def _extension(body: Reader) -> Fields:
    extension = der.contents(body, "extension", der.SEQUENCE)
    oid = der.object_identifier(der.contents(extension, "extension id", der.OID))
    tag, content = der.element(extension, "critical or value")
    if tag == der.BOOLEAN:
        content = der.contents(extension, "value", der.OCTET_STRING)
    read = _EXTENSIONS.get(oid)
    try:
        return {} if read is None else read(content)
    except DecodeError:
        return {}


def _subject_alternative_name(body: Reader) -> Fields:
    return {"sans": der.contents(body, "subject_alternative_name", der.SEQUENCE).list(_name)}


def _name(body: Reader) -> str:
    """Read one GeneralName as its kind and value. Source: RFC 5280 section 4.2.1.6."""
    tag, name = der.element(body, "general_name")
    if tag in _TEXT_NAMES:
        return f"{_TEXT_NAMES[tag]}:{name.text()}"
    if tag == 0xA4:
        return f"DirectoryName:{der.distinguished_name(name)}"
    if tag == 0x88:
        return f"RegisteredID:{der.object_identifier(name)}"
    if tag == 0xA0:
        return f"OtherName:{_oid(name)}"
    if tag == 0x87 and len(name) in (4, 16):
        return f"IP:{ip_address(name.rest())}"
    return f"unknown_0x{tag:02x}:{name.rest().hex()}"


_TEXT_NAMES = {0x81: "email", 0x82: "DNS", 0x86: "URI"}


def _basic_constraints(body: Reader) -> Fields:
    constraints = der.contents(body, "basic_constraints", der.SEQUENCE)
    if not len(constraints):
        return {"is_ca": False}
    tag, value = der.element(constraints, "ca")
    return {"is_ca": tag == der.BOOLEAN and any(value.rest())}


def _authority_key_identifier(body: Reader) -> Fields:
    identifier = der.contents(body, "authority_key_identifier", der.SEQUENCE)
    tag, key = der.element(identifier, "key_identifier")
    return {"aki": key.rest().hex()} if tag == 0x80 else {}


def _subject_key_identifier(body: Reader) -> Fields:
    return {"ski": der.contents(body, "key_identifier", der.OCTET_STRING).rest().hex()}


def _extended_key_usage(body: Reader) -> Fields:
    purposes = der.contents(body, "extended_key_usage", der.SEQUENCE)
    return {"ekus": purposes.list(lambda r: oid_name(_oid(r)))}


def _authority_information_access(body: Reader) -> Fields:
    descriptions = der.contents(body, "authority_information_access", der.SEQUENCE)
    places = descriptions.list(_access_description)
    return {
        "ocsp_urls": tuple(url for method, url in places if method == OCSP),
        "issuer_urls": tuple(url for method, url in places if method == CA_ISSUERS),
    }


def _access_description(body: Reader) -> tuple[str, str]:
    description = der.contents(body, "access_description", der.SEQUENCE)
    return _oid(description), _name(description).removeprefix("URI:")


# Methods of AuthorityInformationAccess. Source: RFC 5280 section 4.2.2.1.
OCSP, CA_ISSUERS = "1.3.6.1.5.5.7.48.1", "1.3.6.1.5.5.7.48.2"

_EXTENSIONS: dict[str, Callable[[Reader], Fields]] = {
    "2.5.29.14": _subject_key_identifier,
    "2.5.29.17": _subject_alternative_name,
    "2.5.29.19": _basic_constraints,
    "2.5.29.35": _authority_key_identifier,
    "2.5.29.37": _extended_key_usage,
    "1.3.6.1.5.5.7.1.1": _authority_information_access,
}
