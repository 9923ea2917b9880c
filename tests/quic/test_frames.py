from __future__ import annotations

import random

import pytest

from tlsparse.errors import DecodeError
from tlsparse.quic.frames import Ack, ConnectionClose, Crypto, Ping, read_frames

FRAMES = """
    00 00 00                                  # PADDING
    01                                        # PING
    02  0a  05  01  02  01 03                 # ACK: largest 10, delay 5, 1 more range: 10-8, then 5-2
    06  40 40  03  61 62 63                   # CRYPTO: offset 64, "abc"
    00
    03  00  00  00  00  01 02 03              # ACK with ECN counts: packet 0
    1c  41 28  06  09  6e 6f 20 74 68 61 6e 6b 73   # CONNECTION_CLOSE: 0x0128, in a CRYPTO frame
    1d  07  00                                # CONNECTION_CLOSE of the application: 7
    00 00
"""


def test_frames_of_an_initial_packet(wire):
    assert [
        Ping(),
        Ack(5, ((8, 10), (2, 5))),
        Crypto(64, b"abc"),
        Ack(0, ((0, 0),)),
        ConnectionClose(0x0128, 0x06, "no thanks"),
        ConnectionClose(7, None, ""),
    ] == list(read_frames(wire(FRAMES)))


def test_a_crypto_error_is_the_alert_of_that_number():
    """RFC 9001 section 4.8."""
    assert 0x28 == ConnectionClose(0x0128, 0x06, "").alert
    assert 0 == ConnectionClose(0x0100, 0, "").alert


@pytest.mark.parametrize(
    "close",
    [
        ConnectionClose(0x0002, 0, ""),
        ConnectionClose(0x0200, 0, ""),
        ConnectionClose(0x0128, None, ""),
    ],
)
def test_other_errors_are_no_alert(close):
    assert close.alert is None


def test_a_reason_is_printable():
    (close,) = read_frames(bytes.fromhex("1c 01 00 03 1b 5b 41"))

    assert "\\x1b[A" == close.reason


def test_an_unknown_frame_ends_the_reading(wire):
    frames = read_frames(wire("01 08 00 01"))

    assert Ping() == next(frames)
    with pytest.raises(DecodeError, match="type 0x08"):
        next(frames)


@pytest.mark.parametrize(
    "text",
    [
        "02 00 00 00 01",  # ACK of packets before packet 0
        "02 05 00 01 00 04 01",  # its second range begins there
        "02 05 00 ff ff ff ff ff ff ff ff",  # 2^62 ranges
        "06 00 05 61",  # fewer bytes than said
        "1c 01 00 05 61",
    ],
)
def test_frames_that_cannot_be(wire, text):
    with pytest.raises(DecodeError):
        list(read_frames(wire(text)))


def test_truncations_raise_nothing_but_decode_errors(wire):
    whole = wire(FRAMES)
    all_frames = list(read_frames(whole))
    for length in range(len(whole)):
        read = []
        try:
            for frame in read_frames(whole[:length]):
                read.append(frame)
        except DecodeError as error:
            assert error.offset <= length
        assert all_frames[: len(read)] == read


def test_random_bytes_raise_nothing_but_decode_errors():
    noise = random.Random(9001)
    outcomes = set()
    for _ in range(5000):
        payload = bytes(noise.choice((0, 1, 2, 3, 6, 0x1C, 0x40, 200)) for _ in range(12))
        try:
            outcomes.add(bool(list(read_frames(payload))))
        except DecodeError:
            outcomes.add("error")

    assert {True, "error"} <= outcomes
