from __future__ import annotations

import random

import pytest

from tlsparse.quic.conversation import MOST_UNPROVEN, Conversation
from tlsparse.quic.packet import PacketType

FIRST_ID = bytes.fromhex("d0d1d2d3d4d5d6d7")  # of the server, invented by the client
CLIENT_ID = bytes.fromhex("c0c1c2c3")
SERVER_ID = bytes.fromhex("50515253545556")
HELLO = b"\x01\x00\x00\x60" + bytes(range(96))
ANSWER = b"\x02\x00\x00\x20" + bytes(range(32))

CLIENT, SERVER = 0, 1


def long_packet(first: int, to: bytes, by: bytes, version: int = 1) -> bytes:
    """A Handshake (0xe0) or 0-RTT (0xd0) packet that nobody can read."""
    ids = bytes([len(to)]) + to + bytes([len(by)]) + by
    return bytes([first]) + version.to_bytes(4, "big") + ids + b"\x20" + b"\x77" * 32


def short_packet(to: bytes) -> bytes:
    return b"\x40" + to + b"\x99" * 40


@pytest.fixture
def client_hello(initial, crypto):
    """The first packet of a client."""
    return initial(crypto(0, HELLO), keyed_by=FIRST_ID, to=FIRST_ID, by=CLIENT_ID, padded=1100)


@pytest.fixture
def server_hello(initial, crypto):
    """Its answer."""
    return initial(
        crypto(0, ANSWER), keyed_by=FIRST_ID, to=CLIENT_ID, by=SERVER_ID, from_client=False
    )


def conversation_of(*datagrams, conversation=None):
    """Datagrams with their sides, numbered from 1."""
    conversation = conversation or Conversation()
    for packet, (side, datagram) in enumerate(datagrams, 1):
        conversation.add(packet, 1000 * packet, side, datagram)
    return conversation


def only(conversation):
    (connection,) = conversation.connections()
    return connection


def test_a_handshake_from_first_to_last(client_hello, server_hello, initial):
    connection = only(
        conversation_of(
            (CLIENT, client_hello),
            (SERVER, server_hello + long_packet(0xE0, CLIENT_ID, SERVER_ID)),
            (
                CLIENT,
                initial(b"\x02\0\0\0\0", keyed_by=FIRST_ID, to=SERVER_ID, by=CLIENT_ID, number=1)
                + long_packet(0xE0, SERVER_ID, CLIENT_ID)
                + short_packet(SERVER_ID),
            ),
            (SERVER, short_packet(CLIENT_ID)),
            (CLIENT, short_packet(SERVER_ID)),
        )
    )

    assert connection.is_proven
    assert (CLIENT, 1, FIRST_ID) == (
        connection.client,
        connection.version,
        connection.destination_id,
    )
    assert [CLIENT_ID, SERVER_ID] == connection.source_ids
    assert [HELLO] == [run.data for run in connection.crypto[CLIENT].runs]
    assert [ANSWER] == [run.data for run in connection.crypto[SERVER].runs]
    assert (1, 1000) == connection.crypto[CLIENT].arrival(len(HELLO))
    assert (2, 2000) == connection.crypto[SERVER].arrival(len(ANSWER))
    assert [2, 1] == connection.opened
    assert (1, 1) == tuple(connection.packets(PacketType.HANDSHAKE, side) for side in (0, 1))
    assert (2, 1) == tuple(connection.packets(PacketType.ONE_RTT, side) for side in (0, 1))
    seen = connection.seen[PacketType.ONE_RTT, CLIENT]
    assert (3, 5) == (seen.first.packet, seen.last.packet)
    assert (1, 5) == (connection.first.packet, connection.last.packet)
    assert [] == connection.troubles == connection.unopened == connection.closes


def test_the_client_is_who_sent_the_client_hello_whichever_side(client_hello, server_hello):
    connection = only(conversation_of((1, client_hello), (0, server_hello)))

    assert 1 == connection.client
    assert [HELLO] == [run.data for run in connection.crypto[1].runs]


def test_a_client_hello_over_two_packets_out_of_order(initial, crypto):
    parts = [
        initial(
            crypto(at, HELLO[at : at + 60]),
            keyed_by=FIRST_ID,
            to=FIRST_ID,
            number=at // 60,
            padded=1100,
        )
        for at in (0, 60)
    ]
    connection = only(conversation_of((CLIENT, parts[1]), (CLIENT, parts[0])))

    assert [HELLO] == [run.data for run in connection.crypto[CLIENT].runs]
    assert (2, 2000) == connection.crypto[CLIENT].arrival(1)


def test_a_client_hello_sent_again_is_one_retransmission(initial, client_hello, crypto):
    again = initial(crypto(0, HELLO), keyed_by=FIRST_ID, to=FIRST_ID, by=CLIENT_ID, number=1)
    connection = only(conversation_of((CLIENT, client_hello), (CLIENT, again)))

    assert (1, 0) == connection.retransmissions
    assert [2] == [repeat.packet for repeat in connection.crypto[CLIENT].repeats]


def test_an_answer_captured_before_the_question_is_read_all_the_same(client_hello, server_hello):
    connection = only(conversation_of((SERVER, server_hello), (CLIENT, client_hello)))

    assert (CLIENT, [1, 1]) == (connection.client, connection.opened)
    assert (1, 1000) == connection.crypto[SERVER].arrival(len(ANSWER))
    assert (1, 2) == (connection.first.packet, connection.last.packet)
    assert 1 == connection.packets(PacketType.INITIAL, SERVER)


def test_so_is_one_to_a_client_without_an_id(initial, crypto):
    hello = initial(crypto(0, HELLO), keyed_by=FIRST_ID, to=FIRST_ID)
    answer = initial(crypto(0, ANSWER), keyed_by=FIRST_ID, by=SERVER_ID, from_client=False)
    connection = only(conversation_of((SERVER, answer), (CLIENT, hello)))

    assert [1, 1] == connection.opened


def test_early_data_captured_before_the_hello_belongs_to_it(client_hello):
    early = long_packet(0xD0, FIRST_ID, CLIENT_ID)
    connection = only(conversation_of((CLIENT, early), (CLIENT, client_hello), (CLIENT, early)))

    assert (CLIENT, 2) == (connection.client, connection.packets(PacketType.ZERO_RTT, CLIENT))
    assert 1 == connection.first.packet


def test_a_capture_that_began_late_keeps_what_it_cannot_open(server_hello, initial):
    later = initial(b"\x01", keyed_by=FIRST_ID, to=SERVER_ID, by=CLIENT_ID, number=1)
    connection = only(conversation_of((SERVER, server_hello), (CLIENT, later)))

    assert (None, False) == (connection.client, connection.is_proven)
    assert [1, 2] == [unopened.arrival.packet for unopened in connection.unopened]
    assert [] == connection.crypto[0].runs == connection.crypto[1].runs


def test_two_connections_at_once_are_told_apart_by_their_ids(
    client_hello, server_hello, initial, crypto
):
    other_id, other_client = b"otherone", b"cc"
    other_hello = initial(crypto(0, HELLO), keyed_by=other_id, to=other_id, by=other_client)
    other_answer = initial(
        crypto(0, ANSWER), keyed_by=other_id, to=other_client, by=b"ss", from_client=False
    )
    first, second = conversation_of(
        (CLIENT, client_hello),
        (CLIENT, other_hello),
        (SERVER, other_answer),
        (SERVER, server_hello),
        (CLIENT, short_packet(SERVER_ID)),
        (SERVER, short_packet(other_client)),
    ).connections()

    assert [FIRST_ID, other_id] == [first.destination_id, second.destination_id]
    assert [4, 3] == [c.crypto[SERVER].arrival(1)[0] for c in (first, second)]
    assert [(1, 0), (0, 1)] == [
        tuple(c.packets(PacketType.ONE_RTT, side) for side in (0, 1)) for c in (first, second)
    ]


def test_two_clients_without_ids_are_told_apart_by_what_opens(initial, crypto):
    ids = b"first-id", b"secondid"
    hellos = [initial(crypto(0, HELLO), keyed_by=name, to=name) for name in ids]
    answer = initial(crypto(0, ANSWER), keyed_by=ids[0], by=SERVER_ID, from_client=False)
    first, second = conversation_of(
        (CLIENT, hellos[0]), (CLIENT, hellos[1]), (SERVER, answer)
    ).connections()

    assert [[1, 1], [1, 0]] == [first.opened, second.opened]


def test_ids_that_were_given_out_in_secret_lead_to_the_latest_connection(
    client_hello, server_hello
):
    connection = only(
        conversation_of(
            (CLIENT, client_hello),
            (SERVER, server_hello),
            (CLIENT, long_packet(0xE0, b"new-id", CLIENT_ID)),
            (CLIENT, short_packet(b"new-id")),
        )
    )

    assert 1 == connection.packets(PacketType.HANDSHAKE, CLIENT)
    assert 1 == connection.packets(PacketType.ONE_RTT, CLIENT)


def test_a_first_id_of_the_client_has_8_bytes_or_more(initial, crypto):
    """RFC 9000 section 7.2: with less it is no first packet, whatever opens it."""
    hello = initial(crypto(0, HELLO), keyed_by=b"7 bytes", to=b"7 bytes")

    assert not only(conversation_of((CLIENT, hello))).is_proven


def test_a_broken_rest_of_a_datagram_is_told(client_hello):
    connection = only(conversation_of((CLIENT, client_hello + b"\xe0\x00\x00\x00\x01\x08")))

    assert [HELLO] == [run.data for run in connection.crypto[CLIENT].runs]
    assert ["quic_packet.destination_connection_id: needs 8 bytes, has 0 at byte 1148"] == [
        trouble.text for trouble in connection.troubles
    ]


def test_a_discarded_connection_is_forgotten(client_hello, server_hello):
    conversation = conversation_of((CLIENT, client_hello))
    conversation.discard(only(conversation))
    assert [] == conversation.connections()

    conversation_of((SERVER, server_hello), conversation=conversation)

    assert not only(conversation).is_proven


def test_what_is_no_quic_is_passed_over(client_hello):
    noise = random.Random(9000)
    others = [noise.randbytes(noise.randrange(60)) for _ in range(500)]
    conversation = conversation_of(*((CLIENT, other) for other in (b"", *others)))
    assert not any(connection.is_proven for connection in conversation.connections())

    conversation_of((CLIENT, client_hello), conversation=conversation)

    assert 1 == sum(connection.is_proven for connection in conversation.connections())


def test_truncations_and_wrong_bits_raise_nothing(client_hello, server_hello):
    noise = random.Random(9001)
    for length in range(len(client_hello)):
        connections = conversation_of((CLIENT, client_hello[:length])).connections()
        assert not any(connection.is_proven for connection in connections)
    for _ in range(2000):
        broken = bytearray(client_hello + server_hello)
        for _ in range(3):
            broken[noise.randrange(40)] = noise.randrange(256)
        connections = conversation_of(
            (CLIENT, bytes(broken)), (SERVER, bytes(broken))
        ).connections()
        assert 2 >= len(connections)


def test_of_what_may_be_no_quic_only_a_little_is_kept():
    conversation = conversation_of(
        *(
            (CLIENT, long_packet(0xE0, i.to_bytes(8, "big"), b"\x01" + bytes([i])))
            for i in range(100)
        )
    )

    assert MOST_UNPROVEN == len(conversation.connections())


def test_packets_captured_before_the_answer_that_explains_them_are_counted(initial, crypto):
    """A client without an id: only the ServerHello's packet ties the server's id to it."""
    connection = only(
        conversation_of(
            (CLIENT, initial(crypto(0, HELLO), keyed_by=FIRST_ID, to=FIRST_ID)),
            (SERVER, long_packet(0xE0, b"", SERVER_ID)),
            (
                SERVER,
                initial(crypto(0, ANSWER), keyed_by=FIRST_ID, by=SERVER_ID, from_client=False),
            ),
        )
    )

    assert (1, [1, 1]) == (connection.packets(PacketType.HANDSHAKE, SERVER), connection.opened)
