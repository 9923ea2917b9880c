from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsparse.dtls.records import (
    ALERT,
    APPLICATION_DATA,
    HANDSHAKE,
    TLS12_CID,
    Record,
    read_records,
)
from tlsparse.errors import DecodeError

TWO_RECORDS = """
    15                    # type: alert
    fe fd                 # version: DTLS 1.2
    00 00                 # epoch: 0, nothing is encrypted
    00 00 00 00 00 07     # sequence number
    00 02                 # length
    02 28                 # fatal, handshake_failure
    17                    # type: application_data
    fe ff                 # version: DTLS 1.0
    00 01                 # epoch
    01 02 03 04 05 06     # sequence number
    00 03                 # length
    aa bb cc
"""

UNIFIED = """
    2e                    # 0 0 1, no connection id, 16-bit sequence number, length, epoch 2
    8e ab                 # sequence number, masked
    00 10                 # length
    00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f
"""

WITH_ID = """
    19                    # type: tls12_cid
    fe fd
    00 01                 # epoch
    00 00 00 00 00 02     # sequence number
    63 69 64              # connection id, of a length that only the hellos say
    00 04                 # length
    01 02 03 04
"""


def records(datagram, id_length=None):
    return list(read_records(datagram, id_length))


def test_a_datagram_holds_several_records(wire):
    assert [
        Record(ALERT, 0xFEFD, 0, 7, 2, b"\x02\x28"),
        Record(APPLICATION_DATA, 0xFEFF, 1, 0x010203040506, 3, b"\xaa\xbb\xcc"),
    ] == records(wire(TWO_RECORDS))


def test_everything_from_epoch_1_on_is_encrypted(wire):
    assert [False, True] == [record.is_encrypted for record in records(wire(TWO_RECORDS))]


def test_a_unified_header_shows_two_bits_of_the_epoch(wire):
    (record,) = records(wire(UNIFIED))

    assert Record(APPLICATION_DATA, 0xFEFC, 2, 0x8EAB, 16, bytes(range(16))) == record
    assert record.is_unified
    assert record.is_encrypted


def test_a_unified_header_may_follow_another_record(wire):
    kinds = [record.is_unified for record in records(wire(TWO_RECORDS) + wire(UNIFIED) * 2)]

    assert [False, False, True, True] == kinds


def test_a_unified_header_without_length_reaches_to_the_end_of_the_datagram(wire):
    header = """
        23                # 0 0 1, no connection id, 8-bit sequence number, no length, epoch 3
        55                # sequence number
    """
    (record,) = records(wire(header) + bytes(40))

    assert (3, 0x55, 40) == (record.epoch, record.sequence, record.length)


def test_a_unified_header_has_the_id_before_the_sequence_number(wire):
    header = """
        3e                # 0 0 1, connection id, 16-bit sequence number, length, epoch 2
        63 69 64          # connection id
        8e ab             # sequence number
        00 10             # length
    """
    datagram = wire(header) + bytes(16)

    (told,) = records(datagram, 3)
    (guessed,) = records(datagram)
    assert b"cid" == told.connection_id
    assert 16 == told.length
    assert told == guessed


def test_a_unified_record_is_never_shorter_than_the_mask_needs(wire):
    with pytest.raises(DecodeError, match="has 15 protected bytes, needs 16"):
        records(wire("2e 8e ab 00 0f") + bytes(15))


def test_the_length_of_a_connection_id_comes_from_the_hellos(wire):
    told = records(wire(WITH_ID) * 2, 3)

    assert [Record(TLS12_CID, 0xFEFD, 1, 2, 4, b"\x01\x02\x03\x04", b"cid")] * 2 == told


def test_without_the_hellos_the_id_is_what_makes_the_record_fill_its_datagram(wire):
    (record,) = records(wire(WITH_ID))

    assert b"cid" == record.connection_id


def test_an_id_that_no_length_explains_is_refused(wire):
    with pytest.raises(DecodeError, match="connection id of unknown length"):
        records(wire(WITH_ID) + b"\x00")


def test_a_record_that_was_captured_in_part_has_the_length_that_it_claims(wire):
    (record,) = records(wire(TWO_RECORDS)[:14])

    assert (HANDSHAKE - 1, 2, b"\x02") == (record.content_type, record.length, record.fragment)


@pytest.mark.parametrize(
    "header, reason",
    [
        ("13 fefd 0000 000000000000 0000", "content type of 19"),
        ("1b fefd 0000 000000000000 0000", "content type of 27"),
        ("40 fefd 0000 000000000000 0000", "content type of 64"),
        ("16 0303 0000 000000000000 0000", "version of 0x0303"),
        ("16 fefc 0000 000000000000 0000", "version of 0xfefc"),
        ("16 fefd 0000 000000000000 4801", "claims 18433 bytes"),
    ],
)
def test_what_is_no_header_is_refused(wire, header, reason):
    with pytest.raises(DecodeError, match=reason):
        records(wire(header))


def test_what_came_before_a_broken_record_stands(wire):
    reading = read_records(wire(TWO_RECORDS) + b"\xff")

    assert [ALERT, APPLICATION_DATA] == [next(reading).content_type, next(reading).content_type]
    with pytest.raises(DecodeError):
        next(reading)


@given(
    st.one_of(
        st.binary(max_size=80),
        st.binary(max_size=80).map(lambda tail: b"\x16\xfe\xfd" + tail),
        st.binary(max_size=80).map(lambda tail: b"\x19\xfe\xfd" + tail),
        st.tuples(st.integers(0x20, 0x3F), st.binary(max_size=80)).map(
            lambda pair: bytes(pair[:1]) + pair[1]
        ),
    ),
    st.one_of(st.none(), st.integers(0, 255)),
)
def test_any_bytes_are_records_or_a_decode_error(datagram, id_length):
    read = 0
    try:
        for record in read_records(datagram, id_length):
            read += len(record.fragment) + len(record.connection_id)
    except DecodeError as error:
        assert error.structure.startswith("record")
    assert read <= len(datagram)
