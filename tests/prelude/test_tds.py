"""[MS-TDS] section 2.2.3.1."""

from __future__ import annotations

import pytest

from tlsparse.prelude.tds import PRELOGIN, TABULAR_RESULT, unwrap

HELLO = bytes.fromhex("16 03 01 00 08  01 00 00 04 03 03 aa bb")
FINISHED = bytes.fromhex("14 03 03 00 01 01  16 03 03 00 04  de ad be ef")
DATA = bytes.fromhex("17 03 03 00 03  aa bb cc")


def packet(data, kind=PRELOGIN, status=1):
    return bytes([kind, status]) + (8 + len(data)).to_bytes(2, "big") + bytes(4) + data


OFFER = packet(bytes.fromhex("01 00 06 00 01 ff 01"))


def test_records_come_out_of_their_packets():
    stream = OFFER + packet(HELLO) + packet(FINISHED)

    assert HELLO + FINISHED == unwrap(stream).data


def test_a_record_may_go_over_from_one_packet_to_the_next():
    stream = OFFER + packet(HELLO[:7], status=0) + packet(HELLO[7:])

    assert HELLO == unwrap(stream).data


def test_after_the_handshake_records_follow_without_packets():
    stream = OFFER + packet(HELLO) + DATA + DATA

    assert HELLO + DATA + DATA == unwrap(stream).data


def test_what_is_plain_again_after_an_encrypted_login_is_left_out():
    stream = OFFER + packet(HELLO) + DATA + packet(b"\xfd\0\0", TABULAR_RESULT)

    assert HELLO + DATA == unwrap(stream).data


def test_every_byte_knows_its_place_in_the_stream():
    stream = OFFER + packet(HELLO[:7], status=0) + packet(HELLO[7:]) + DATA

    unwrapped = unwrap(stream)

    assert unwrapped.data == bytes(stream[unwrapped.place(at)] for at in range(len(unwrapped.data)))
    assert len(stream) == unwrapped.place(len(unwrapped.data))


def test_the_answer_of_the_server_is_passed_over():
    stream = packet(bytes.fromhex("01 00 06 00 01 ff 01"), TABULAR_RESULT) + packet(HELLO)

    assert HELLO == unwrap(stream).data


def test_a_packet_that_was_not_captured_to_its_end_gives_what_there_is():
    assert HELLO[:6] == unwrap(OFFER + packet(HELLO)[:-7]).data


@pytest.mark.parametrize(
    "stream", [b"", HELLO, OFFER, b"GET / HTTP/1.1\r\n\r\n", packet(b""), OFFER + b"\x12\x01\0"]
)
def test_where_no_tls_is_inside_of_tds_there_is_nothing_to_unwrap(stream):
    assert b"" == unwrap(stream).data
