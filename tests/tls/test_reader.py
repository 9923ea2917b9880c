from __future__ import annotations

import pytest

from tlsparse.errors import DecodeError
from tlsparse.tls.codes import CipherSuite, ECPointFormat
from tlsparse.tls.reader import Reader


def test_numbers_are_big_endian():
    body = Reader(bytes.fromhex("01 0203 040506 0708090a 0b0c0d0e0f101112"))

    assert [0x01, 0x0203, 0x040506, 0x0708090A, 0x0B0C0D0E0F101112] == [
        body.u8(),
        body.u16(),
        body.u24(),
        body.u32(),
        body.u64(),
    ]
    body.finish()


@pytest.mark.parametrize("width, name", [(1, "u8"), (2, "u16"), (3, "u24"), (4, "u32"), (8, "u64")])
def test_a_number_needs_all_its_bytes(width, name):
    body = Reader(bytes(width - 1), "thing")

    with pytest.raises(
        DecodeError, match=f"^thing: needs {width} bytes, has {width - 1} at byte 0"
    ):
        getattr(body, name)()


def test_a_vector_ends_where_its_length_says():
    body = Reader(bytes.fromhex("0002 aabb cc"), "hello")
    child = body.vector(2, "list")

    assert b"\xaa\xbb" == child.rest()
    assert 1 == len(body)
    with pytest.raises(DecodeError):
        child.u8()


def test_an_error_names_the_nested_structure_and_the_byte():
    body = Reader(bytes.fromhex("ff 0003 02 0a"), "client_hello")
    body.u8()

    with pytest.raises(DecodeError) as caught:
        body.vector(2, "cipher_suites")

    assert "client_hello.cipher_suites: needs 3 bytes, has 2 at byte 3" == str(caught.value)
    assert 3 == caught.value.offset


def test_offsets_of_a_child_are_those_of_the_whole_body():
    body = Reader(bytes.fromhex("00 02 aa bb"), "hello", start=100)
    body.u8()
    child = body.vector(1, "list")
    child.u8()

    assert 103 == child.offset


def test_a_vector_shorter_than_its_minimum_is_an_error():
    with pytest.raises(DecodeError, match=r"^list: is 1 bytes long, needs 2"):
        Reader(bytes.fromhex("01 aa")).vector(1, "list", minimum=2)


def test_codes_are_read_at_once():
    assert (CipherSuite(0x1301), CipherSuite(0x2A2A)) == Reader(bytes.fromhex("1301 2a2a")).codes(
        CipherSuite
    )
    assert (ECPointFormat(0), ECPointFormat(1)) == Reader(b"\x00\x01").codes(ECPointFormat, 1)


def test_half_a_code_is_an_error():
    with pytest.raises(DecodeError, match=r"suites: is 3 bytes long, no multiple of 2"):
        Reader(bytes(3), "suites").codes(CipherSuite)


def test_a_list_reads_until_nothing_is_left():
    assert (0x0102, 0x0304) == Reader(bytes.fromhex("01020304")).list(Reader.u16)
    assert () == Reader(b"").list(Reader.u16)


def test_an_element_that_reads_nothing_ends_a_list_with_an_error():
    """Otherwise a decoder could be made to loop for ever."""
    with pytest.raises(DecodeError, match="element of no bytes"):
        Reader(b"\x00").list(lambda body: None)


def test_left_over_bytes_are_an_error():
    with pytest.raises(DecodeError, match=r"^thing: has 2 bytes left over at byte 0"):
        Reader(bytes(2), "thing").finish()


def test_text_shows_every_byte_and_nothing_that_moves_the_cursor():
    assert r"a.example\xff\x00\x0a\x7f" == Reader(b"a.example\xff\x00\n\x7f").text()
