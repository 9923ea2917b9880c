"""The few shapes of ASN.1 DER that a handshake shows outside of certificates.

TLS 1.3 and client authentication send distinguished names and object identifiers by themselves
(certificate_authorities, oid_filters), where no library for certificates can be asked. Here they
become text: names in the form of RFC 4514, the same that `cryptography` prints. `x509` uses it too,
to save what it can of a certificate that `cryptography` refuses.

Source: ITU-T X.690 (DER); RFC 5280 section 4.1 (names and times); RFC 4514 section 2.
"""

from __future__ import annotations

from datetime import UTC, datetime

from tlsparse.errors import DecodeError
from tlsparse.tls.reader import Reader

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID = 0x01, 0x02, 0x03, 0x04, 0x06
SEQUENCE, SET = 0x30, 0x31
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18

# Attribute types that RFC 4514 section 3 lets one write by name; all others are written as numbers.
_KEYWORDS = {
    "2.5.4.3": "CN",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
}

# String types of ASN.1 by tag, with the encoding of their characters.
_STRINGS = {
    0x0C: "utf-8",  # UTF8String
    0x12: "ascii",  # NumericString
    0x13: "ascii",  # PrintableString
    0x14: "latin-1",  # TeletexString, as everybody uses it
    0x16: "ascii",  # IA5String
    0x1A: "ascii",  # VisibleString
    0x1C: "utf-32-be",  # UniversalString
    0x1E: "utf-16-be",  # BMPString
}


def element(reader: Reader, name: str, tag: int | None = None) -> tuple[int, Reader]:
    """Read one element: its tag, and a reader of its contents.

    Raises
    ------
    DecodeError
        If the element is longer than what is left, its length is not definite, its tag has more
        than one byte, or is not `tag`.
    """
    found = reader.u8()
    if found & 0x1F == 0x1F or (tag is not None and found != tag):
        reader.fail(f"has no {name} but an element of tag 0x{found:02x}")
    length = reader.u8()
    if length >= 0x80:
        width = length & 0x7F
        if not 1 <= width <= 4:
            reader.fail(f"has a {name} with a length of {width} bytes")
        length = int.from_bytes(reader.opaque(width), "big")
    return found, reader.part(length, name)


def contents(reader: Reader, name: str, tag: int) -> Reader:
    """Read one element of a known tag and return a reader of its contents."""
    return element(reader, name, tag)[1]


def object_identifier(reader: Reader) -> str:
    """Read the contents of an OBJECT IDENTIFIER as dotted numbers."""
    arcs = _arcs(reader)
    if not arcs:
        reader.fail("is empty")
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def relative_oid(reader: Reader) -> str:
    """Read the contents of a RELATIVE-OID as dotted numbers."""
    return ".".join(map(str, _arcs(reader)))


def _arcs(reader: Reader) -> list[int]:
    arcs = []
    while len(reader):
        arc, more = 0, 0x80
        while more:
            byte = reader.u8()
            arc = arc << 7 | byte & 0x7F
            more = byte & 0x80
            if arc >> 128:  # no one assigns such numbers, and printing a huge one takes long
                reader.fail("has a number of more than 128 bits")
        arcs.append(arc)
    return arcs


def time(reader: Reader, name: str) -> datetime:
    """Read a UTCTime or GeneralizedTime. Source: RFC 5280 section 4.1.2.5."""
    tag, body = element(reader, name)
    text = body.text()
    if tag == UTC_TIME:
        text = ("19" if text >= "50" else "20") + text
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        body.fail(f"is no time: {text!r}")


def distinguished_name(reader: Reader, name: str = "name") -> str:
    """Read a Name and return it as RFC 4514 writes it, the most particular part first."""
    parts = contents(reader, name, SEQUENCE).list(
        lambda names: "+".join(contents(names, "rdn", SET).list(_attribute))
    )
    return ",".join(reversed(parts))


def _attribute(reader: Reader) -> str:
    attribute = contents(reader, "attribute", SEQUENCE)
    kind = object_identifier(contents(attribute, "type", OID))
    tag, value = element(attribute, "value")
    attribute.finish()
    data = value.rest()
    try:
        text = _escape(data.decode(_STRINGS[tag]))
    except (KeyError, UnicodeDecodeError):  # no string, or not of the characters it should have
        text = f"#{data.hex()}"
    return f"{_KEYWORDS.get(kind, kind)}={text}"


def _escape(text: str) -> str:
    """Escape what RFC 4514 section 2.4 says must be."""
    text = "".join("\\" + c if c in '\\"+,;<>' else c for c in text).replace("\0", "\\00")
    if text.startswith(("#", " ")):
        text = "\\" + text
    if text.endswith(" "):
        text = text[:-1] + "\\ "
    return text


def name_or_hex(reader: Reader) -> str:
    """Read all that is left as one Name; as ``#`` and hex if it is none."""
    data = reader.rest()
    try:
        name = Reader(data, reader.structure)
        text = distinguished_name(name)
        name.finish()
    except DecodeError:
        return f"#{data.hex()}"
    return text
