from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tlsparse.tls.tbs_certificate import read_by_hand

# A certificate by hand, with a list of extensions to be filled in.
BEFORE = """
    02 01 2a                                  # serial number 42, no version: that is version 1
    30 05 06 03 2b 65 70                      # signature: Ed25519
    30 0e 31 0c 30 0a 06 03 55 04 03 0c 03 52 6f 74   # issuer: CN=Rot
    30 1e                                     # validity
    17 0d 32 36 30 31 30 31 30 30 30 30 30 30 5a      # 260101000000Z
    17 0d 32 37 30 31 30 31 30 30 30 30 30 30 5a      # 270101000000Z
    30 0c 31 0a 30 08 06 03 55 04 03 0c 01 61         # subject: CN=a
    30 0a 30 05 06 03 2b 65 70 03 01 00               # key: Ed25519, of no bytes
"""


def certificate(before: bytes, extensions: bytes = b"") -> bytes:
    """Wrap the fields of a TBSCertificate, and no signature, into a certificate."""

    def sequence(data: bytes, tag: int = 0x30) -> bytes:
        return bytes((tag, 0x81, len(data))) + data

    listed = sequence(sequence(extensions), 0xA3) if extensions else b""
    return sequence(sequence(before + listed))


def test_the_fields_are_read_in_their_order(wire):
    assert {
        "serial": "2a",
        "signature_algorithm": "ed25519",
        "issuer": "CN=Rot",
        "not_before": datetime(2026, 1, 1, tzinfo=UTC),
        "not_after": datetime(2027, 1, 1, tzinfo=UTC),
        "subject": "CN=a",
        "key_type": "Ed25519",
    } == read_by_hand(certificate(wire(BEFORE)))


def test_what_comes_before_an_odd_byte_is_kept(wire):
    odd = wire(BEFORE.replace("17 0d 32 36", "99 0d 32 36"))

    assert ["serial", "signature_algorithm", "issuer"] == list(read_by_hand(certificate(odd)))


@pytest.mark.parametrize(
    "extension, field, value",
    [
        ("30 0b 06 03 55 1d 11 04 04 30 02 82 00", "sans", ("DNS:",)),
        ("30 0f 06 03 55 1d 11 04 08 30 06 87 04 c0 00 02 01", "sans", ("IP:192.0.2.1",)),
        ("30 0d 06 03 55 1d 11 04 06 30 04 87 02 c0 00", "sans", ("unknown_0x87:c000",)),
        ("30 0f 06 03 55 1d 13 01 01 ff 04 05 30 03 01 01 ff", "is_ca", True),
        ("30 0c 06 03 55 1d 13 04 05 30 03 01 01 00", "is_ca", False),
        ("30 09 06 03 55 1d 13 04 02 30 00", "is_ca", False),
        ("30 0b 06 03 55 1d 0e 04 04 04 02 ab cd", "ski", "abcd"),
        ("30 0d 06 03 55 1d 23 04 06 30 04 80 02 ab cd", "aki", "abcd"),
        ("30 0f 06 03 55 1d 25 04 08 30 06 06 04 55 1d 25 00", "ekus", ("anyExtendedKeyUsage",)),
    ],
)
def test_extensions_are_read(extension, field, value, wire):
    found = read_by_hand(certificate(wire(BEFORE), bytes.fromhex(extension)))

    assert value == found[field]


def test_an_odd_extension_is_passed_over_alone(wire):
    odd = bytes.fromhex("30 09 06 03 55 1d 11 04 02 31 00")  # a SET where names should be
    good = bytes.fromhex("30 0b 06 03 55 1d 0e 04 04 04 02 ab cd")
    found = read_by_hand(certificate(wire(BEFORE), odd + good))

    assert "sans" not in found
    assert "abcd" == found["ski"]
