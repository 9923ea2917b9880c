"""Big-endian words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tlsparse.net.words import i64, u8, u16, u32

BYTES = bytes.fromhex("ff 80 01 02 03 04 05 06 07 08")


def test_words_are_big_endian():
    assert 0x80 == u8(BYTES, 1)
    assert 0x8001 == u16(BYTES, 1)
    assert 0x80010203 == u32(BYTES, 1)


def test_a_64_bit_word_is_signed():
    assert 0x0102030405060708 == i64(BYTES, 2)
    assert -1 == i64(b"\xff" * 8, 0)
    assert -(1 << 63) == i64(b"\x80" + bytes(7), 0)


@given(st.binary(min_size=8, max_size=8))
def test_every_64_bit_word_is_that_of_its_bytes(data):
    assert int.from_bytes(data, "big", signed=True) == i64(data, 0)
