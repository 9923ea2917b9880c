from __future__ import annotations

import pytest

from tlsparse.quic.conversation import Conversation
from tlsparse.quic.packet import QUIC_1, QUIC_2, PacketType

FIRST_ID = bytes.fromhex("d0d1d2d3d4d5d6d7")
CLIENT_ID = bytes.fromhex("c0c1c2c3")
SERVER_ID = bytes.fromhex("5051")
HELLO = b"\x01\x00\x00\x10" + bytes(range(16))
SECOND_HELLO = b"\x01\x00\x00\x10" + bytes(range(16, 32))
ANSWER = b"\x02\x00\x00\x10" + bytes(range(32, 48))

CLIENT, SERVER = 0, 1

RETRY = """
    ff 00 00 00 01                            # Retry, QUIC v1
    04 c0 c1 c2 c3                            # to the client
    03 a0 a1 a2                               # the server's new id
    74 6f 6b 65 6e                            # token: "token"
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
"""
NEGOTIATION = """
    80 00 00 00 00                            # version negotiation
    04 c0 c1 c2 c3                            # to the client
    08 d0 d1 d2 d3 d4 d5 d6 d7                # from the id that it invented
    00 00 00 01                               # has QUIC v1
"""
UNKNOWN = """
    c0 1a 2a 3a 4a                            # a reserved version
    08 d0 d1 d2 d3 d4 d5 d6 d7  04 c0 c1 c2 c3
"""
RETRY_ID = bytes.fromhex("a0a1a2")


@pytest.fixture
def hello(initial, crypto):
    """Make a client's Initial packet with a ClientHello."""

    def make(data=HELLO, keyed_by=FIRST_ID, to=None, **more):
        return initial(crypto(0, data), keyed_by=keyed_by, to=to or keyed_by, by=CLIENT_ID, **more)

    return make


@pytest.fixture
def answer(initial, crypto):
    """Make a server's Initial packet with a ServerHello."""

    def make(payload=None, keyed_by=FIRST_ID, **more):
        return initial(
            crypto(0, ANSWER) if payload is None else payload,
            keyed_by=keyed_by,
            to=CLIENT_ID,
            by=SERVER_ID,
            from_client=False,
            **more,
        )

    return make


def connection_of(*datagrams):
    conversation = Conversation()
    for packet, (side, datagram) in enumerate(datagrams, 1):
        conversation.add(packet, 1000 * packet, side, datagram)
    (connection,) = conversation.connections()
    return connection


def bytes_of(streams):
    return tuple(b"".join(run.data for run in stream.runs) for stream in streams)


def test_after_a_retry_the_keys_are_made_of_the_servers_id(wire, hello, answer):
    connection = connection_of(
        (CLIENT, hello()),
        (SERVER, wire(RETRY)),
        (CLIENT, hello(keyed_by=RETRY_ID, number=1, token=b"token")),
        (SERVER, answer(keyed_by=RETRY_ID)),
    )

    assert [(2, RETRY_ID, b"token")] == [
        (retry.arrival.packet, retry.source_id, retry.token) for retry in connection.retries
    ]
    assert [2, 1] == connection.opened
    assert (HELLO, ANSWER) == bytes_of(connection.crypto)
    assert (1, 1000) == connection.crypto[CLIENT].arrival(1)
    assert (0, 0) == connection.retransmissions
    assert FIRST_ID == connection.destination_id


def test_only_the_first_retry_counts(wire, hello):
    connection = connection_of((CLIENT, hello()), (SERVER, wire(RETRY)), (SERVER, wire(RETRY)))

    assert 1 == len(connection.retries)


def test_a_retry_after_the_answer_or_from_the_client_counts_for_nothing(wire, hello, answer):
    late = connection_of((CLIENT, hello()), (SERVER, answer()), (SERVER, wire(RETRY)))
    to_server = wire(RETRY).replace(b"\x04" + CLIENT_ID, b"\x08" + FIRST_ID)
    strange = connection_of((CLIENT, hello()), (CLIENT, to_server))

    assert [] == late.retries == strange.retries
    assert CLIENT == strange.client


def test_a_capture_that_begins_with_a_retry_goes_on_with_its_keys(wire, hello):
    connection = connection_of(
        (SERVER, wire(RETRY)), (CLIENT, hello(keyed_by=RETRY_ID, token=b"token"))
    )

    assert (CLIENT, True) == (connection.client, connection.is_proven)
    assert (HELLO, b"") == bytes_of(connection.crypto)


def test_a_retry_that_was_not_captured_is_guessed_from_the_keys_that_fit(hello, answer):
    retry_id = b"retry-id"
    connection = connection_of(
        (CLIENT, hello()),
        (CLIENT, hello(keyed_by=retry_id, number=1, token=b"token")),
        (SERVER, answer(keyed_by=retry_id)),
    )

    assert ([2, 1], FIRST_ID) == (connection.opened, connection.destination_id)
    assert (HELLO, ANSWER) == bytes_of(connection.crypto)


def test_an_id_of_a_client_that_is_used_again_is_another_connection(hello, answer):
    conversation = Conversation()
    for packet, (side, datagram) in enumerate(
        [(CLIENT, hello()), (SERVER, answer()), (CLIENT, hello(SECOND_HELLO, keyed_by=b"next one"))]
    ):
        conversation.add(packet, 0, side, datagram)

    assert [(HELLO, ANSWER), (SECOND_HELLO, b"")] == [
        bytes_of(connection.crypto) for connection in conversation.connections()
    ]


def test_after_a_version_negotiation_the_client_begins_anew(wire, hello, answer):
    connection = connection_of(
        (CLIENT, hello(version=QUIC_2)),
        (SERVER, wire(NEGOTIATION)),
        (CLIENT, hello(SECOND_HELLO)),
        (SERVER, answer()),
    )

    assert [(2, (QUIC_1,))] == [(n.arrival.packet, n.versions) for n in connection.negotiations]
    assert ([QUIC_2, QUIC_1], QUIC_1) == (connection.versions, connection.version)
    assert [(HELLO, b"")] == [bytes_of(streams) for streams in connection.earlier]
    assert (SECOND_HELLO, ANSWER) == bytes_of(connection.crypto)


def test_the_client_may_begin_anew_with_another_id(wire, hello):
    connection = connection_of(
        (CLIENT, hello(version=QUIC_2)),
        (SERVER, wire(NEGOTIATION)),
        (CLIENT, hello(SECOND_HELLO, keyed_by=b"another-id")),
    )

    assert (SECOND_HELLO, b"") == bytes_of(connection.crypto)
    assert FIRST_ID == connection.destination_id


def test_what_the_client_sent_before_it_knew_stays_out(wire, hello):
    connection = connection_of(
        (CLIENT, hello(version=QUIC_2)),
        (SERVER, wire(NEGOTIATION)),
        (CLIENT, hello(version=QUIC_2, number=1)),
        (CLIENT, hello(SECOND_HELLO)),
    )

    assert (SECOND_HELLO, b"") == bytes_of(connection.crypto)
    assert [3, 0] == connection.opened


def test_a_version_negotiation_proves_a_packet_of_an_unknown_version(wire, hello):
    connection = connection_of(
        (CLIENT, wire(UNKNOWN).ljust(1200, b"\x55")),
        (SERVER, wire(NEGOTIATION)),
        (CLIENT, hello(SECOND_HELLO)),
    )

    assert (CLIENT, True) == (connection.client, connection.is_proven)
    assert ([0x1A2A3A4A, QUIC_1], 1) == (connection.versions, len(connection.negotiations))
    assert (SECOND_HELLO, b"") == bytes_of(connection.crypto)
    assert 1 == connection.packets(PacketType.UNKNOWN, CLIENT)


def test_a_version_negotiation_alone_proves_nothing(wire):
    connection = connection_of((SERVER, wire(NEGOTIATION)))

    assert (CLIENT, False, 1) == (
        connection.client,
        connection.is_proven,
        len(connection.negotiations),
    )


def test_a_version_negotiation_with_the_version_in_use_is_ignored(wire, hello):
    """RFC 9000 section 6.2: somebody else must have sent it."""
    connection = connection_of((CLIENT, hello()), (SERVER, wire(NEGOTIATION)))

    assert [] == connection.negotiations
    assert (HELLO, b"") == bytes_of(connection.crypto)


def test_a_server_may_answer_in_another_version_at_once(hello, answer):
    """Compatible version negotiation, RFC 9368 section 2.3."""
    connection = connection_of((CLIENT, hello()), (SERVER, answer(version=QUIC_2)))

    assert [QUIC_1, QUIC_2] == connection.versions
    assert (HELLO, ANSWER) == bytes_of(connection.crypto)


def test_a_close_with_a_crypto_error_is_an_alert(wire, hello, answer):
    refusal = wire("02 00 00 00 00  1c 41 78 06 04 41 4c 50 4e")
    connection = connection_of((CLIENT, hello()), (SERVER, answer(refusal)))

    (closed,) = connection.closes
    assert (2, 2000, SERVER) == closed.arrival
    assert (0x0178, 120, 6, "ALPN") == (
        closed.close.error_code,
        closed.close.alert,
        closed.close.frame_type,
        closed.close.reason,
    )


def test_a_frame_that_does_not_belong_there_is_told_and_what_came_before_it_kept(
    hello, answer, crypto
):
    connection = connection_of((CLIENT, hello()), (SERVER, answer(crypto(0, ANSWER) + b"\x08\x01")))

    assert (HELLO, ANSWER) == bytes_of(connection.crypto)
    assert [2] == [trouble.arrival.packet for trouble in connection.troubles]
    assert "type 0x08" in connection.troubles[0].text


def test_a_retry_captured_late_or_early_has_its_effect(wire, hello, answer):
    """What comes before the packet that explains it is looked at again."""
    packets = [
        (CLIENT, hello()),
        (SERVER, wire(RETRY)),
        (CLIENT, hello(keyed_by=RETRY_ID, number=1, token=b"token")),
        (SERVER, answer(keyed_by=RETRY_ID)),
    ]
    for order in ((0, 1, 2, 3), (1, 0, 2, 3), (0, 1, 3, 2)):
        connection = connection_of(*(packets[i] for i in order))

        assert (HELLO, ANSWER) == bytes_of(connection.crypto)
        assert ([2, 1], 1) == (connection.opened, len(connection.retries))
        assert 4 == sum(seen.count for seen in connection.seen.values())
