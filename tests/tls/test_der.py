from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tlsparse.errors import DecodeError
from tlsparse.tls import der
from tlsparse.tls.reader import Reader


def reader(text: str) -> Reader:
    return Reader(bytes.fromhex(text), "thing")


@pytest.mark.parametrize(
    "text, oid",
    [
        ("55 04 03", "2.5.4.3"),
        ("2a 86 48 86 f7 0d 01 01 0b", "1.2.840.113549.1.1.11"),
        ("00", "0.0"),
        ("88 37 03", "2.999.3"),
    ],
)
def test_identifiers_are_dotted_numbers(text, oid):
    assert oid == der.object_identifier(reader(text))


@pytest.mark.parametrize("text", ["", "55 84", "ff" * 30 + "01"])
def test_an_identifier_without_end_is_an_error(text):
    """Neither cut in a number, nor with a number that takes minutes to print."""
    with pytest.raises(DecodeError):
        der.object_identifier(reader(text))


@pytest.mark.parametrize("text", ["30 80 00 00", "30 85 00 00 00 00 00", "1f 81 00", "30 02 00"])
def test_an_element_without_a_plain_length_is_an_error(text):
    with pytest.raises(DecodeError):
        der.element(reader(text), "element")


def test_an_element_of_another_kind_is_an_error():
    with pytest.raises(DecodeError, match="has no name but an element of tag 0x31"):
        der.contents(reader("31 00"), "name", der.SEQUENCE)


@pytest.mark.parametrize(
    "text, time",
    [
        (b"\x17\x0d260801120000Z", datetime(2026, 8, 1, 12, tzinfo=UTC)),
        (b"\x17\x0d500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
        (b"\x18\x0f20500101000000Z", datetime(2050, 1, 1, tzinfo=UTC)),
    ],
)
def test_times_have_a_century(text, time):
    assert time == der.time(Reader(text), "time")


def test_a_time_that_is_none_is_an_error():
    with pytest.raises(DecodeError, match="is no time: '20261301000000Z'"):
        der.time(Reader(b"\x17\x0d261301000000Z", "not_after"), "time")


@pytest.mark.parametrize(
    "value, text",
    [
        ("0c 03 52 6f 74", "CN=Rot"),
        ("0c 02 c3 a9", "CN=é"),
        ("14 01 e9", "CN=é"),
        ("1e 04 00 41 20 ac", "CN=A€"),
        ("0c 01 ff", "CN=#ff"),
        ("0c 05 20 2c 2b 22 20", r"CN=\ \,\+\"\ "),
        ("0c 02 23 00", r"CN=\#\00"),
        ("04 02 ab cd", "CN=#abcd"),
    ],
)
def test_names_are_written_as_rfc_4514_says(value, text):
    data = bytes.fromhex(value)
    attribute = bytes.fromhex("06 03 55 04 03") + data
    attribute = bytes((0x30, len(attribute))) + attribute
    rdn = bytes((0x31, len(attribute))) + attribute

    assert text == der.distinguished_name(Reader(bytes((0x30, len(rdn))) + rdn))


def test_the_last_part_of_a_name_comes_first_and_unknown_types_are_numbers():
    body = reader("""
        30 20
        31 0b 30 09 06 03 55 04 06 13 02 53 45
        31 11 30 05 06 01 2a 13 00 30 08 06 03 55 04 05 13 01 37
    """)

    assert "1.2=+2.5.4.5=7,C=SE" == der.distinguished_name(body)


def test_a_name_that_is_none_is_hex():
    assert "#31" == der.name_or_hex(reader("31"))
    assert "#300000" == der.name_or_hex(reader("30 00 00"))
