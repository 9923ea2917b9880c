from __future__ import annotations

import pytest

from tlsparse.dtls.association import Conversation
from tlsparse.handshake.dtls_line import read_association

DONE, KEY_EXCHANGE, CERTIFICATE = 14, 16, 11


@pytest.fixture
def line():
    """Read (side, datagram) pairs, the client being side 0, into a line."""

    def read(*datagrams):
        conversation = Conversation()
        for packet, (side, data) in enumerate(datagrams, 1):
            conversation.add(packet, packet * 1000, side, data)
        (association,) = conversation.associations()
        return read_association(association, client=0)

    return read


@pytest.fixture
def told():
    return lambda line: [f"{e.packet} {e.sender[0]} {e.name}" for e in line.events]


def test_handshake_is_told_once_and_what_is_repeated_apart(
    line, told, dtls_message, dtls_record, dtls_hellos
):
    hello = dtls_hellos[0]
    read = line(
        (0, dtls_message(1, 0, hello)),
        (0, dtls_message(1, 0, hello, sequence=1)),
        (1, dtls_message(2, 0, dtls_hellos[1]) + dtls_message(DONE, 1, b"", 1)),
        (0, dtls_record(20, b"\x01", 2) + dtls_record(22, bytes(40), 0, epoch=1)),
        (1, dtls_record(23, bytes(40), 1, epoch=1)),
        (1, dtls_record(21, bytes(26), 2, epoch=1)),
    )

    assert [
        "1 c client_hello",
        "2 c retransmission",
        "3 s server_hello",
        "3 s server_hello_done",
        "4 c change_cipher_spec",
        "4 c encrypted",
        "5 s application_data",
        "6 s encrypted",
    ] == told(read)
    assert [(2, "client_hello", len(hello))] == [(e.packet, e.name, e.length) for e in read.repeats]
    assert [22, 22, 22, 22, 20, 22, 23, 21] == [record.content_type for record in read.records]
    assert "DTLS 1.2" == str(read.events[2].body.version)


def test_plain_alert_is_read(line, dtls_message, dtls_record, dtls_hellos):
    alert = dtls_record(21, bytes((2, 40)), 1)

    event = line((0, dtls_message(1, 0, dtls_hellos[0])), (1, alert)).events[-1]

    assert ("alert", "handshake_failure", "fatal", False) == (
        event.kind,
        event.name,
        event.level,
        event.encrypted,
    )


def test_message_that_the_capture_lacks_is_a_gap(line, told, dtls_message, dtls_hellos):
    read = line(
        (0, dtls_message(1, 0, dtls_hellos[0])),
        (1, dtls_message(2, 0, dtls_hellos[1])),
        (1, dtls_message(DONE, 2, b"", 1)),
    )

    assert "3 s gap" in told(read)
    assert ["server: messages are missing between number 0 and number 2"] == [
        trouble.text for trouble in read.troubles
    ]


def test_message_that_ends_early_is_a_trouble(line, dtls_message, dtls_record, dtls_hellos):
    part = bytes((CERTIFICATE,)) + bytes.fromhex("00 01 00  00 01  00 00 00  00 00 10") + bytes(16)
    read = line(
        (0, dtls_message(1, 0, dtls_hellos[0])),
        (1, dtls_message(2, 0, dtls_hellos[1])),
        (1, dtls_record(22, part, 1)),
    )

    assert ["server: a certificate ends after 16 of 256 bytes"] == [t.text for t in read.troubles]


def test_epochs_tell_what_dtls13_hides(line, told, dtls_message, dtls_hellos):
    hello_13 = bytes.fromhex("fe fd" + 32 * "a0" + "00 13 01 00  00 06 00 2b 00 02 fe fc")

    def unified(epoch, length):
        return bytes((0x2C | epoch, 0x8E, 0xAB)) + length.to_bytes(2, "big") + bytes(length)

    read = line(
        (0, dtls_message(1, 0, dtls_hellos[0])),
        (1, dtls_message(2, 0, hello_13) + unified(2, 60)),
        (0, unified(2, 61)),
        (0, unified(3, 50)),
        (1, unified(3, 19)),  # too short for anything but an alert
    )

    assert [
        "1 c client_hello",
        "2 s server_hello",
        "2 s encrypted",
        "3 c encrypted",
        "4 c application_data",
        "5 s encrypted",
    ] == told(read)
    assert ("alert", True) == (read.events[-1].kind, read.events[-1].inferred)
