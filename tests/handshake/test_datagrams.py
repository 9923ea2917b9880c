from __future__ import annotations

import random

import pytest

import tlsparse
from tlsparse.flow.datagrams import Datagram, Pair
from tlsparse.flow.flow import Endpoint
from tlsparse.handshake.datagrams import DatagramReader

RTP = bytes((0x80, 0x60)) + bytes(100)
STUN = bytes.fromhex("00 01 00 00 21 12 a4 42") + bytes(12)


@pytest.fixture
def talk(dtls_message, dtls_record, dtls_hellos):
    """A DTLS 1.2 handshake that gets through, with a session taken up again; each datagram with its sender."""
    ciphered = dtls_record(20, b"\x01", 1), dtls_record(22, bytes(40), 0, epoch=1)
    return [
        (0, dtls_message(1, 0, dtls_hellos[0])),
        (1, dtls_message(2, 0, dtls_hellos[1]) + b"".join(ciphered)),
        (0, b"".join(ciphered)),
        (0, dtls_record(23, bytes(40), 1, epoch=1)),
        (1, dtls_record(23, bytes(40), 1, epoch=1)),
    ]


def test_dtls_gives_rows_in_the_same_tables(talk, udp_capture):
    capture = tlsparse.read(udp_capture(talk))

    (flow,) = capture.flows.to_dict("records")
    (handshake,) = capture.handshakes.to_dict("records")

    assert ("udp", "192.0.2.1", 50000, "192.0.2.2", 4433, 5) == tuple(
        flow[name]
        for name in ("transport", "client", "client_port", "server", "server_port", "packets")
    )
    assert ("completed", "application_data", "DTLS 1.2", True) == tuple(
        handshake[name] for name in ("outcome", "step", "version", "resumed")
    )
    assert handshake["ja4"].startswith("dd2")
    assert ["client_hello", "server_hello", *2 * ["change_cipher_spec", "encrypted"]] == list(
        capture.messages["message"]
    )


def test_stun_and_rtp_beside_dtls_are_passed_over(talk, udp_capture):
    mixed = [(0, STUN), (1, STUN), talk[0], (0, RTP), *talk[1:], *[(0, RTP)] * 5]

    (flow,) = tlsparse.read(udp_capture(mixed)).flows.to_dict("records")

    assert (5, 0) == (flow["packets"], flow["retransmissions"])


def test_repeated_flight_is_told_once_and_counted(talk, udp_capture, dtls_message, dtls_hellos):
    again = 0, dtls_message(1, 0, dtls_hellos[0], sequence=1)
    capture = tlsparse.read(udp_capture([talk[0], again, *talk[1:]]))

    assert 6 == len(capture.messages)
    assert [1] == list(capture.flows["retransmissions"])
    assert ["retransmission"] == list(capture.events[capture.events["kind"] == "transport"]["name"])


def test_copy_that_the_recording_made_is_no_retransmission(talk, udp_capture):
    twice = [datagram for datagram in talk for _ in range(2)]

    (flow,) = tlsparse.read(udp_capture(twice)).flows.to_dict("records")

    assert (5, 0) == (flow["packets"], flow["retransmissions"])


def test_same_bytes_after_a_while_are_a_retransmission(talk, udp_capture):
    capture = tlsparse.read(udp_capture([talk[0], (*talk[0], 1000)]))

    assert [1] == list(capture.flows["retransmissions"])


def test_second_association_on_the_same_ports_is_another_flow(talk, udp_capture, dtls_message):
    other = bytes.fromhex("fe fd" + 32 * "02" + "00 00  00 02 c0 2b  01 00")
    capture = tlsparse.read(udp_capture([*talk, (0, dtls_message(1, 0, other)), (1, b"?", 9000)]))

    assert ["completed", "cut"] == list(capture.handshakes["outcome"])
    assert [0, 1] == list(capture.handshakes["flow"])


def test_flows_count_in_order_of_first_packet(talk, udp_capture):
    header = 24  # of the file, which the second capture does not repeat
    later = udp_capture(talk, ports=(40000, 4433))[header:]
    capture = tlsparse.read(udp_capture(talk) + later)

    assert [50000, 40000] == list(capture.flows["client_port"])


def test_what_nobody_can_read_is_nobodys_conversation():
    reader = DatagramReader()
    pair = Pair(0, (Endpoint("192.0.2.1", 1), Endpoint("192.0.2.2", 2)), 0, 0, 0)

    kept = [reader.add(Datagram(0, 0, 1, 0, data)) for data in (RTP, STUN, b"\x16\xfe\xfd")]

    assert [False] * 3 == kept
    assert [] == reader.end(pair)


def test_traffic_that_looks_like_dtls_or_quic_by_its_first_bytes_only_gives_nothing(udp_capture):
    """The first bytes are right, the rest is noise: no message, no handshake, no row."""
    dice = random.Random(7)
    heads = [
        bytes.fromhex("16 fe fd 00 00 00 00 00 00 00 00 00 20"),
        bytes.fromhex("15 fe ff 00 00 00 00 00 00 00 00 00 02"),
        bytes.fromhex("c0 00 00 00 01 08"),
        bytes.fromhex("c0 6b 33 43 cf 08"),
        bytes.fromhex("80 00 00 00 00 00 00"),
        b"",
    ]
    noise = [
        (dice.randrange(2), dice.choice(heads) + dice.randbytes(dice.randrange(1, 1300)))
        for _ in range(2000)
    ]

    capture = tlsparse.read(udp_capture(noise))

    assert (0, 0) == (len(capture.flows), len(capture.messages))


def test_two_thousand_associations_are_read_one_by_one(udp_capture, dtls_message):
    hellos = [
        (
            0,
            dtls_message(
                1,
                0,
                bytes.fromhex("fe fd")
                + i.to_bytes(32, "big")
                + bytes.fromhex("00 00 00 02 c0 2b 01 00"),
            ),
        )
        for i in range(2000)
    ]

    assert 2000 == len(tlsparse.read(udp_capture(hellos)).contents.flows)
