from __future__ import annotations

import pytest

from tlsparse.handshake.quic_line import read_connection
from tlsparse.quic.connection import Arrival, Closed, Connection, Retry, VersionNegotiation
from tlsparse.quic.frames import ConnectionClose
from tlsparse.quic.packet import PacketType

CLIENT_HELLO = bytes.fromhex("01 00 00 2b  03 03" + 32 * "01" + "00  00 02 13 01  01 00  00 00")
SERVER_HELLO = bytes.fromhex(
    "02 00 00 2e  03 03" + 32 * "a0" + "00  13 01  00  00 06  00 2b 00 02 03 04"
)
SECOND = 1_000_000_000


def at(packet, side):
    return Arrival(packet, packet * 1000, side)


@pytest.fixture
def connection():
    """A connection with both hellos, in packets 1 and 2, and the server's flight."""
    known = Connection(at(1, 0), at(1, 0), client=0, is_proven=True)
    known.crypto[0].add([(0, CLIENT_HELLO)], 1, 1000)
    known.crypto[1].add([(0, SERVER_HELLO)], 2, 2000)
    known.note(PacketType.INITIAL, at(1, 0), 300)
    known.note(PacketType.INITIAL, at(2, 1), 300)
    known.note(PacketType.HANDSHAKE, at(2, 1), 900)
    return known


def told(line):
    return [f"{e.packet} {e.sender[0]} {e.kind} {e.name}" for e in line.events]


def test_hellos_are_read_and_the_rest_is_told_by_packet_type(connection):
    connection.note(PacketType.HANDSHAKE, at(3, 0), 80)
    connection.note(PacketType.ONE_RTT, at(3, 0), 200)
    connection.note(PacketType.HANDSHAKE, at(4, 1), 30)  # an acknowledgment

    line = read_connection(connection, 0, SECOND)

    assert [
        "1 c message client_hello",
        "2 s message server_hello",
        "2 s message encrypted",
        "3 c message encrypted",
        "3 c data application_data",
    ] == told(line)
    assert "TLS 1.3" == str(line.events[1].body.version)


def test_close_with_a_crypto_error_is_an_alert(connection):
    connection.closes.append(Closed(at(3, 1), ConnectionClose(0x0178, 6, "no ALPN")))

    event = read_connection(connection, 0, SECOND).events[-1]

    assert ("alert", "no_application_protocol", "fatal", False) == (
        event.kind,
        event.name,
        event.level,
        event.encrypted,
    )


def test_close_for_another_reason_is_a_milestone_that_says_it(connection):
    connection.closes.append(Closed(at(3, 1), ConnectionClose(0x02, 0, "refused")))

    event = read_connection(connection, 0, SECOND).events[-1]

    assert ("transport", "close", "error 0x2 refused") == (event.kind, event.name, event.meaning)


def test_retry_version_negotiation_and_repeats_are_milestones(connection):
    connection.retries.append(Retry(at(3, 1), b"", b"token"))
    connection.negotiations.append(VersionNegotiation(at(4, 1), (1, 0x6B3343CF)))
    connection.crypto[0].add([(0, CLIENT_HELLO)], 5, 5000)

    line = read_connection(connection, 0, SECOND)

    assert [
        "3 s transport retry",
        "4 s transport version_negotiation",
        "5 c transport retransmission",
    ] == told(line)[-3:]
    assert "QUIC v1, QUIC v2" == line.events[-2].meaning


@pytest.mark.parametrize(
    "length, goes_on_ns, kind",
    [
        (30 + 18, 0, "alert"),  # no Finished is as short
        (40 + 18, 0, "message"),  # a Finished, after which the capture ends
        (40 + 18, 2 * SECOND, "alert"),  # a Finished would be followed by more
    ],
)
def test_last_handshake_packet_of_a_client_that_never_goes_on_refuses(
    connection, length, goes_on_ns, kind
):
    connection.note(PacketType.HANDSHAKE, at(3, 0), length)

    event = read_connection(connection, 0, 3000 + goes_on_ns).events[-1]

    assert (kind, "encrypted", kind == "alert") == (event.kind, event.name, event.inferred)


def test_client_with_application_data_refused_nothing(connection):
    connection.note(PacketType.HANDSHAKE, at(3, 0), 48)
    connection.note(PacketType.ONE_RTT, at(3, 0), 48)

    line = read_connection(connection, 0, 9 * SECOND)

    assert [] == [e for e in line.events if e.kind == "alert"]


def test_early_data_says_so(connection):
    connection.note(PacketType.ZERO_RTT, at(1, 0), 500)

    line = read_connection(connection, 0, SECOND)

    assert ["early_data"] == [e.meaning for e in line.events if e.kind == "data"]


def test_hello_with_a_hole_is_a_trouble():
    known = Connection(at(1, 0), at(1, 0), client=0, is_proven=True)
    known.crypto[0].add([(20, CLIENT_HELLO[20:])], 1, 1000)

    line = read_connection(known, 0, SECOND)

    assert [] == line.events
    assert [
        f"client: of {len(CLIENT_HELLO)} bytes of the handshake only 0 make whole messages"
    ] == [trouble.text for trouble in line.troubles]


def test_many_packets_of_data_are_told_by_the_first_and_the_last(connection):
    for packet in range(3, 203):
        connection.note(PacketType.ONE_RTT, at(packet, 0), 100)

    packets = [e.packet for e in read_connection(connection, 0, SECOND).events if e.kind == "data"]

    assert (3, 202) == (packets[0], packets[-1])
    assert len(packets) < 100
