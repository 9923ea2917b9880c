from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsparse.dtls.recognition import looks_like_dtls

SERVER_HELLO_DONE = """
    16 fe fd                    # handshake, DTLS 1.2
    00 00  00 00 00 00 00 0e    # epoch, sequence number
    00 0c                       # length
    0e 00 00 00  00 04          # server_hello_done, of no bytes, message_seq 4
    00 00 00  00 00 00          # all of it
"""
CERTIFICATE_BEGINS = """
    16 fe fd  00 00  00 00 00 00 00 03
    00 0f                       # length: a header and three bytes
    0b 00 07 1e  00 02          # certificate, message_seq 2
    00 00 00  00 00 03          # its first three bytes
    00 07 1b
"""
CHANGE_CIPHER_SPEC = "14 fe fd  00 00  00 00 00 00 00 08  00 01  01"
ALERT = "15 fe ff  00 00  00 00 00 00 00 02  00 02  02 2d"
FINISHED = "16 fe fd  00 01  00 00 00 00 00 00  00 28" + "5a" * 40
APPLICATION_DATA = "17 fe fd  00 01  00 00 00 00 00 01  00 1d" + "5a" * 29
WITH_ID = "19 fe fd  00 01  00 00 00 00 00 01  63 69 64  00 18" + "5a" * 24
ACK = "1a fe fd  00 00  00 00 00 00 00 01  00 12  00 10" + "00" * 16
UNIFIED = "2f 8e ab 00 11" + "5a" * 17

TRUE = [
    SERVER_HELLO_DONE,
    CERTIFICATE_BEGINS,
    CHANGE_CIPHER_SPEC,
    ALERT,
    FINISHED,
    APPLICATION_DATA,
    WITH_ID,
    ACK,
]


@pytest.mark.parametrize("datagram", TRUE)
def test_dtls_is_recognized(wire, datagram):
    assert looks_like_dtls(wire(datagram))


def test_a_flight_in_one_datagram_is_recognized(wire):
    flight = CERTIFICATE_BEGINS, SERVER_HELLO_DONE, CHANGE_CIPHER_SPEC, FINISHED

    assert looks_like_dtls(b"".join(map(wire, flight)))


def test_a_unified_header_is_believed_only_behind_another_record(wire):
    assert not looks_like_dtls(wire(UNIFIED))
    assert looks_like_dtls(wire(SERVER_HELLO_DONE) + wire(UNIFIED))


@pytest.mark.parametrize("datagram", [d for d in TRUE if d not in (CERTIFICATE_BEGINS,)])
def test_a_datagram_that_lacks_a_byte_or_has_one_more_is_not(wire, datagram):
    assert not looks_like_dtls(wire(datagram)[:-1])
    assert not looks_like_dtls(wire(datagram) + b"\x00")


def test_a_snap_length_behind_the_first_handshake_header_does_no_harm(wire):
    whole = wire(CERTIFICATE_BEGINS)

    assert [False] * 25 + [True] * 3 == [looks_like_dtls(whole[:n]) for n in range(28)]


@pytest.mark.parametrize(
    "story, datagram",
    [
        ("application data in the clear", "17 fefd 0000 000000000001 0003 aabbcc"),
        ("an alert of unknown level", "15 fefd 0000 000000000001 0002 0328"),
        ("an unknown alert", "15 fefd 0000 000000000001 0002 02ff"),
        ("a ChangeCipherSpec that says 2", "14 fefd 0000 000000000001 0001 02"),
        ("an ACK of nothing", "1a fefd 0000 000000000001 0002 0000"),
        ("a message of unknown type", "16 fefd 0000 000000000001 000c 63000000 0004 000000 000000"),
        (
            "a part outside its message",
            "16 fefd 0000 000000000001 000d 0e000000 0004 000000 00000100",
        ),
        ("too short for a ciphertext", "17 fefd 0001 000000000001 000f" + "5a" * 15),
        ("a record of no bytes", "16 fefd 0000 000000000001 0000"),
        ("TLS, from a stream", "16 0303 0004 0e000000"),
        ("a version of TLS", "15 0303 0000 000000000001 0002 022d"),
        ("nothing", ""),
    ],
)
def test_what_makes_no_sense_is_not(wire, story, datagram):
    assert not looks_like_dtls(wire(datagram)), story


@pytest.mark.parametrize(
    "story, datagram",
    [
        ("STUN binding request", "0001 0000 2112a442 0102030405060708090a0b0c"),
        ("TURN channel data", "4000 0004 16fefd00"),
        ("RTP", "80 60 0001 00000000 12345678 aabbccdd"),
        ("RTCP sender report", "80 c8 0006" + "00" * 24),
        ("QUIC long header", "c0 00000001 08 0102030405060708 00" + "00" * 30),
        ("QUIC short header", "40" + "5a" * 40),
        (
            "DNS query whose number begins as DTLS does",
            "16fe 0100 0001 0000 0000 0000 03777777 076578616d706c65 03636f6d 00 0001 0001",
        ),
        ("DNS answer, the same", "16fe fd00 0001 0001 0000 0000 0000 0100 01"),
        ("NTP", "23 02 06 e9" + "00" * 44),
        ("SIP", "494e56495445207369703a"),
        ("a CAPWAP preamble", "01 000000 16fefd"),
    ],
)
def test_other_protocols_are_not(wire, story, datagram):
    assert not looks_like_dtls(wire(datagram)), story


@given(st.one_of(st.binary(), st.binary().map(lambda tail: b"\x16\xfe\xfd" + tail)))
def test_random_bytes_are_not(datagram):
    assert not looks_like_dtls(datagram)
