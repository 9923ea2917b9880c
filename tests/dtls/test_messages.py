from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsparse.dtls.messages import (
    LONGEST_MESSAGE,
    PIECE_COST,
    Fragment,
    MessageJoiner,
    RecordNumber,
    Room,
    Unfinished,
    decode_ack,
    read_fragments,
)
from tlsparse.errors import DecodeError

TWO_FRAGMENTS = """
    0b                    # type: certificate
    00 07 1e              # length of the whole message
    00 02                 # message_seq
    00 06 cd              # fragment_offset
    00 00 03              # fragment_length
    aa bb cc
    0e                    # type: server_hello_done
    00 00 00              # length: an empty message
    00 04                 # message_seq
    00 00 00              # fragment_offset
    00 00 00              # fragment_length
"""

CERTIFICATE, HELLO_DONE, VERIFY_REQUEST = 11, 14, 3
BODY = bytes(range(200))


def cut(body, *pairs, message_seq=2, type=CERTIFICATE):
    """Make fragments of a message, each from one offset up to another."""
    return [Fragment(type, len(body), message_seq, a, body[a:b]) for a, b in pairs]


def join(fragments, room=1 << 20):
    """Return the messages that fragments make, and the joiner."""
    joiner = MessageJoiner(Room(room))
    return [message for message in map(joiner.add, fragments) if message], joiner


def test_a_record_holds_several_fragments(wire):
    assert [
        Fragment(CERTIFICATE, 0x71E, 2, 0x6CD, b"\xaa\xbb\xcc"),
        Fragment(HELLO_DONE, 0, 4, 0, b""),
    ] == list(read_fragments(wire(TWO_FRAGMENTS)))


@pytest.mark.parametrize(
    "header, reason",
    [
        ("0b 000010 0002 00000f 000002 aabb", "bytes 15 to 17 of a message of 16"),
        ("0b 040001 0002 000000 000000", f"claims {LONGEST_MESSAGE + 1} bytes"),
        ("0b 000010 0002 000000 000003 aabb", "needs 3 bytes, has 2"),
        ("0b 000010 0002 0000", "needs 3 bytes, has 2"),
    ],
)
def test_a_fragment_that_contradicts_itself_is_refused(wire, header, reason):
    with pytest.raises(DecodeError, match=reason):
        list(read_fragments(wire(header)))


@given(st.binary(max_size=100))
def test_any_bytes_are_fragments_or_a_decode_error(data):
    try:
        fragments = list(read_fragments(data))
    except DecodeError as error:
        assert "handshake" == error.structure
    else:
        assert len(data) == sum(12 + len(fragment.data) for fragment in fragments)


def test_an_ack_names_records(wire):
    ack = """
        00 20                                              # length of record_numbers
        00 00 00 00 00 00 00 02  00 00 00 00 00 00 00 00   # epoch, sequence number
        00 00 00 00 00 00 00 02  00 00 00 00 00 00 01 00
    """
    assert (RecordNumber(2, 0), RecordNumber(2, 256)) == decode_ack(wire(ack))


@pytest.mark.parametrize("ack", ["", "00", "0001 00", "0000 00", "0010 00"])
def test_an_ack_that_is_no_vector_of_record_numbers_is_refused(wire, ack):
    with pytest.raises(DecodeError):
        decode_ack(wire(ack))


def test_a_message_of_no_bytes_is_whole_at_once():
    (message,), _ = join([Fragment(HELLO_DONE, 0, 4, 0, b"")])

    assert (HELLO_DONE, 4, b"") == (message.type, message.message_seq, message.body)


def test_fragments_join_in_any_order():
    messages, joiner = join(cut(BODY, (150, 200), (0, 40), (90, 150), (40, 90)))

    assert [(BODY, False)] == [(message.body, message.repeated) for message in messages]
    assert [] == joiner.unfinished()


def test_fragments_may_overlap():
    messages, _ = join(cut(BODY, (0, 100), (10, 20), (150, 200), (60, 180)))

    assert [BODY] == [message.body for message in messages]


def test_a_flight_that_is_sent_again_gives_repeats_however_it_is_cut():
    messages, _ = join(
        cut(BODY, (0, 100), (100, 200))
        + cut(BODY, (0, 70), (70, 140), (140, 200))
        + cut(BODY, (0, 200))
    )

    assert [False, True, True] == [message.repeated for message in messages]


def test_the_same_number_with_other_bytes_is_another_message():
    """A stateless server gives each HelloVerifyRequest the number 0, and the cookie of the hour."""
    first, second = b"\xfe\xff\x02\x01\x02", b"\xfe\xff\x02\x03\x04"
    messages, _ = join(
        cut(first, (0, 5), message_seq=0, type=VERIFY_REQUEST)
        + cut(second, (0, 3), (3, 5), message_seq=0, type=VERIFY_REQUEST)
        + cut(first, (0, 5), message_seq=0, type=VERIFY_REQUEST)
    )

    assert [(first, False), (second, False), (first, True)] == [
        (message.body, message.repeated) for message in messages
    ]


def test_a_fragment_that_contradicts_the_others_begins_the_message_anew():
    other = bytes(200)
    messages, _ = join(cut(BODY, (0, 100)) + cut(other, (50, 120), (0, 50), (120, 200)))

    assert [other] == [message.body for message in messages]


def test_a_message_that_lacks_a_part_is_unfinished():
    _, joiner = join(cut(BODY, (0, 40), (100, 150)) + cut(BODY, (0, 200), (0, 10), message_seq=3))

    assert [Unfinished(CERTIFICATE, 2, 200, 90)] == joiner.unfinished()


def test_there_is_room_for_so_much_and_no_more():
    pairs = [(at, at + 1) for at in range(0, 200, 2)]
    _, joiner = join(cut(BODY, *pairs), room=10 * (PIECE_COST + 1))

    assert 90 == joiner.lost
    assert [Unfinished(CERTIFICATE, 2, 200, 10)] == joiner.unfinished()


def test_what_the_pieces_occupied_is_free_again_once_they_are_joined():
    room = Room(3 * (PIECE_COST + len(BODY)))
    joiner = MessageJoiner(room)
    for fragment in cut(BODY, (0, 100), (100, 200)):
        joiner.add(fragment)

    assert room.take(2 * (PIECE_COST + len(BODY)))
    assert not room.take(1)


def test_a_room_is_part_of_a_larger_one():
    house = Room(10)
    first, second = Room(8, house), Room(8, house)

    assert first.take(7)
    assert not second.take(4)
    assert second.take(3)
    first.give(7)
    assert house.take(7)
    assert not first.take(1)


@given(st.data())
def test_fragments_cut_anywhere_shuffled_and_repeated_give_the_same_messages(data):
    bodies = data.draw(st.lists(st.binary(max_size=60), min_size=1, max_size=4))
    fragments = []
    for number, body in enumerate(bodies):
        places = data.draw(st.sets(st.integers(0, len(body))))
        edges = sorted({0, len(body)} | places)
        pairs = list(pairwise(edges)) or [(0, 0)]
        places = st.integers(0, len(body))
        overlapping = data.draw(st.lists(st.tuples(places, places).map(sorted), max_size=5))
        fragments += cut(body, *pairs, *overlapping, message_seq=number)
    fragments += data.draw(st.lists(st.sampled_from(fragments)))
    messages, joiner = join(data.draw(st.permutations(fragments)))

    once = {m.message_seq: m.body for m in messages if not m.repeated}
    assert dict(enumerate(bodies)) == once
    assert len(bodies) == sum(not message.repeated for message in messages)
    assert all(once[m.message_seq] == m.body for m in messages)
    assert [] == joiner.unfinished()
    assert 0 == joiner.lost
