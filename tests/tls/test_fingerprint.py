from __future__ import annotations

import pytest

from tlsparse.tls.codes import HandshakeType
from tlsparse.tls.fingerprint import ja3, ja3s, ja4, ja4_raw
from tlsparse.tls.hello import decode_ssl2_client_hello
from tlsparse.tls.messages import Context, decode_message


def hello(suites=(0x1301,), extensions=(), version=0x0303):
    """Build a ClientHello of suites, and of extensions given as (type, hex)."""
    block = b"".join(
        code.to_bytes(2, "big")
        + (len(bytes.fromhex(data)).to_bytes(2, "big") + bytes.fromhex(data))
        for code, data in extensions
    )
    body = (
        version.to_bytes(2, "big")
        + bytes(32)
        + b"\x00"
        + (b"\x00" if version >> 8 == 0xFE else b"")
        + (2 * len(suites)).to_bytes(2, "big")
        + b"".join(suite.to_bytes(2, "big") for suite in suites)
        + b"\x01\x00"
        + len(block).to_bytes(2, "big")
        + block
    )
    return decode_message(HandshakeType.client_hello, body, Context())


# The example of the JA4 specification: Chrome on TCP.
CHROME = hello(
    suites=(
        *(0x2A2A, 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8),
        *(0xC013, 0xC014, 0x009C, 0x009D, 0x002F, 0x0035),
    ),
    extensions=(
        (0x3A3A, ""),
        (0x001B, "020002"),
        (0x0000, "0004 00 0001 61"),
        (0x0033, "0000"),
        (0x0010, "000c 02 6832 08 687474702f312e31"),
        (0x4469, "0003026832"),
        (0x0017, ""),
        (0x002D, "0101"),
        (0x000D, "0010 0403 0804 0401 0503 0805 0501 0806 0601"),
        (0x0005, "0100000000"),
        (0x0023, ""),
        (0x0012, ""),
        (0x002B, "06 2a2a 0304 0303"),
        (0xFF01, "00"),
        (0x000B, "0100"),
        (0x000A, "0008 4a4a 001d 0017 0018"),
        (0x0015, "00"),
        (0x1A1A, "00"),
    ),
)


def test_ja4_is_that_of_the_specification():
    assert "t13d1516h2_8daaf6152771_e5627efa2ab1" == ja4(CHROME)


def test_ja4_raw_shows_what_is_hashed():
    readable, suites, extensions, schemes = ja4_raw(CHROME).split("_")

    assert "t13d1516h2" == readable
    assert suites.startswith("002f,0035,009c,009d,1301,")
    assert "0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01" == extensions
    assert "0403,0804,0401,0503,0805,0501,0806,0601" == schemes


def test_ja3_leaves_out_grease():
    text, digest = ja3(CHROME)

    assert (
        "771,4865-4866-4867-49195-49199-49196-49200-52393-52392-49171-49172-156-157-47-53,"
        "27-0-51-16-17513-23-45-13-5-35-18-43-65281-11-10-21,29-23-24,0"
    ) == text
    assert 32 == len(digest)


@pytest.mark.parametrize(
    "suites, extensions, text, digest",
    [
        (
            (4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99),
            (),
            "769,4-5-10-9-100-98-3-6-19-18-99,,,",
            "de350869b8c85de67a350c8d186f11e6",
        ),
        (
            (47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4),
            ((0, "0004 00 0001 61"), (10, "0006 0017 0018 0019"), (11, "01 00")),
            "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0",
            "ada70206e40642a3e4461f35503241d5",
        ),
    ],
)
def test_ja3_is_that_of_its_authors(suites, extensions, text, digest):
    """The two examples of the README of JA3."""
    assert (text, digest) == ja3(hello(suites, extensions, version=0x0301))


@pytest.mark.parametrize("transport, character", [("tcp", "t"), ("quic", "q"), ("dtls", "d")])
def test_ja4_begins_with_the_carrier(transport, character):
    assert character == ja4(CHROME, transport)[0]


@pytest.mark.parametrize(
    "version, extensions, characters",
    [
        (0x0303, (), "12"),
        (0x0302, (), "11"),
        (0x0301, (), "10"),
        (0x0300, (), "s3"),
        (0xFEFF, (), "d1"),
        (0xFEFD, (), "d2"),
        (0x0303, ((43, "02 fefc"),), "d3"),
        (0x0303, ((43, "04 0303 0304"),), "13"),
        (0x0303, ((43, "02 fafa"),), "12"),
        (0x0399, (), "00"),
        (0x0303, ((43, "02 7f17"),), "00"),
    ],
)
def test_ja4_tells_the_highest_version(version, extensions, characters):
    assert characters == ja4(hello(version=version, extensions=extensions))[1:3]


@pytest.mark.parametrize(
    "alpn, characters",
    [
        ("0003 02 6832", "h2"),
        ("0009 08 687474702f312e31", "h1"),
        ("0002 01 68", "hh"),
        ("0002 01 ab", "ab"),
        ("0003 02 abcd", "ad"),
        ("0003 02 30ab", "3b"),
        ("0005 04 3031abcd", "3d"),
        ("0005 04 30abcd31", "01"),
        ("0005 04 01 61 62 02", "02"),
        ("0000", "00"),
        ("0001 00", "00"),
        ("00", "00"),
    ],
)
def test_ja4_ends_its_first_part_with_the_protocol(alpn, characters):
    assert characters == ja4(hello(extensions=((16, alpn),)))[8:10]


def test_ja4_counts_to_ninety_nine():
    many = hello(
        suites=range(0xC001, 0xC001 + 120), extensions=[(50000 + i, "") for i in range(99)]
    )

    assert "t12i9999" == ja4(many)[:8]


def test_ja4_of_nothing_is_zeros():
    assert "t12i000000_000000000000_000000000000" == ja4(hello(suites=()))


def test_ja4_of_a_hello_without_signature_schemes_hashes_extensions_alone():
    assert "t12i010100_1301_0017" == ja4_raw(hello(extensions=((0x17, ""),)))


def test_a_hello_in_the_form_of_ssl_2_has_fingerprints():
    old = decode_ssl2_client_hello(
        bytes.fromhex("01 0301 0006 0000 0010  010080 000004") + bytes(16)
    )

    assert "769,4,,," == ja3(old)[0]
    assert ja4(old).startswith("t10i010000_")


def test_ja3s_is_version_suite_and_extensions(wire):
    body = wire("""
        03 03
        00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        00  c0 2f  00                         # no session id, suite, no compression
        00 0b  ff 01 00 01 00  00 0b 00 02 01 00
    """)
    server = decode_message(HandshakeType.server_hello, body, Context())

    assert ("771,49199,65281-11", "303951d4c50efb2e991652225a6f02b1") == ja3s(server)
