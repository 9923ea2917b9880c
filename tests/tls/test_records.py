"""Records in a stream, and messages in records."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsparse.tls.records import (
    HANDSHAKE,
    LONGEST_FRAGMENT,
    LONGEST_MESSAGE,
    Fragmented,
    MessageJoiner,
    Record,
    Unreadable,
    find_client_hello,
    find_record,
    is_ssl2_client_hello,
    read_records,
)

TWO_RECORDS = """
    16 03 01 00 04  0e 00 00 00     # handshake, TLS 1.0, 4 bytes: ServerHelloDone
    14 03 03 00 01  01              # ChangeCipherSpec, TLS 1.2, 1 byte
"""

SSL2_CLIENT_HELLO = """
    80 1c       # length, without padding: 28
    01          # ClientHello
    03 01       # version: TLS 1.0
    00 03       # cipher_specs: 3 bytes
    00 00       # session_id: empty
    00 10       # challenge: 16 bytes
    00 00 35                                            # TLS_RSA_WITH_AES_256_CBC_SHA
    00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f     # challenge
"""


def record(fragment: bytes, kind: int = HANDSHAKE) -> bytes:
    return bytes((kind, 3, 3)) + len(fragment).to_bytes(2, "big") + fragment


def message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


def join(*fragments: bytes) -> list[Fragmented | Unreadable]:
    """Join the messages of records that follow one another."""
    stream = b"".join(map(record, fragments))
    joiner = MessageJoiner()
    return [
        said
        for found in read_records([(0, stream)], 0)
        if isinstance(found, Record)
        for said in joiner.add(found)
    ]


# --- Records ----------------------------------------------------------------------------------------------------------


def test_records_follow_one_another(wire):
    data = wire(TWO_RECORDS)

    assert [
        Record(22, 0x0301, start=0, length=4, fragment=b"\x0e\x00\x00\x00"),
        Record(20, 0x0303, start=9, length=1, fragment=b"\x01"),
    ] == list(read_records([(0, data)], 0))


def test_a_record_ends_after_its_header_and_fragment(wire):
    first, second = read_records([(0, wire(TWO_RECORDS))], 0)

    assert (9, 15) == (first.end, second.end)


def test_reading_begins_where_it_is_told(wire):
    data = b"220 ready\r\n" + wire(TWO_RECORDS)

    assert [11, 20] == [found.start for found in read_records([(0, data)], 11)]


def test_an_empty_fragment_is_a_record():
    assert [Record(23, 0x0303, 0, 0, b"")] == list(read_records([(0, record(b"", 23))], 0))


def test_a_record_has_as_much_of_its_fragment_as_there_is(wire):
    (found,) = read_records([(0, wire("17 03 03 00 10  aa bb"))], 0)

    assert (16, b"\xaa\xbb") == (found.length, found.fragment)


def test_a_hole_in_a_body_costs_no_record(wire):
    """The body of application data is not kept; the next header is where its length says."""
    runs = [(0, wire("17 03 03 01 00  aa")), (261, wire("15 03 03 00 02  01 00"))]

    assert [(0, b"\xaa"), (261, b"\x01\x00")] == [
        (found.start, found.fragment) for found in read_records(runs, 0)
    ]


def test_after_a_hole_with_a_header_reading_goes_on_at_the_next_record(wire):
    runs = [(0, wire(TWO_RECORDS)), (100, b"\xd5" * 7 + wire(TWO_RECORDS))]

    assert [
        0,
        9,
        Unreadable(100, 107, "no record begins after a gap"),
        107,
        116,
    ] == [f.start if isinstance(f, Record) else f for f in read_records(runs, 0)]


def test_a_record_right_after_a_hole_leaves_nothing_unreadable(wire):
    runs = [(0, wire(TWO_RECORDS)), (100, wire(TWO_RECORDS))]

    assert [0, 9, 100, 109] == [found.start for found in read_records(runs, 0)]


def test_what_is_no_record_is_passed_over(wire):
    data = wire(TWO_RECORDS) + b"\xd5" * 9 + wire(TWO_RECORDS)

    assert [
        0,
        9,
        Unreadable(15, 24, "not a TLS record"),
        24,
        33,
    ] == [f.start if isinstance(f, Record) else f for f in read_records([(0, data)], 0)]


def test_a_hello_is_read_whatever_version_its_record_has(wire):
    """A box turned bits of the header; what follows is a ServerHello all the same."""
    data = wire("16 05 05 00 06  02 00 00 02 03 03") + wire("15 05 05 00 02  02 46")

    assert [(22, 0x0505), Unreadable(11, 18, "not a TLS record")] == [
        (f.content_type, f.version) if isinstance(f, Record) else f
        for f in read_records([(0, data)], 0)
    ]


def test_a_stream_without_a_record_is_unreadable_to_its_end():
    assert [Unreadable(0, 18, "not a TLS record")] == list(
        read_records([(0, b"HTTP/1.1 200 OK\r\n\r")], 0)
    )


@pytest.mark.parametrize("length", range(1, 5))
def test_a_header_that_is_cut_is_said(wire, length):
    data = wire(TWO_RECORDS) + b"\x17\x03\x03\x00"[:length]

    *_, last = read_records([(0, data)], 0)

    assert Unreadable(15, 15 + length, "the stream ends inside a record header") == last


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("13 03 03 00 00", id="content type 19"),
        pytest.param("19 03 03 00 00", id="content type 25"),
        pytest.param("16 02 03 00 00", id="major version 2"),
        pytest.param("16 03 03 48 01", id="a byte longer than 2^14 + 2048"),
    ],
)
def test_a_header_is_not_believed(wire, header):
    assert [Unreadable] == [type(found) for found in read_records([(0, wire(header))], 0)]


def test_the_longest_record_is_believed():
    (found,) = read_records([(0, record(bytes(LONGEST_FRAGMENT)))], 0)

    assert LONGEST_FRAGMENT == len(found.fragment)


def test_no_runs_have_no_records():
    assert [] == list(read_records([], 0))


@given(st.binary(max_size=200), st.integers(0, 50))
def test_every_byte_is_in_one_record_or_unreadable(data, begin):
    at = begin
    for found in read_records([(0, data)], begin):
        assert at == found.start
        at = found.end

    assert at >= len(data)


@given(st.lists(st.tuples(st.integers(0, 40), st.binary(min_size=1, max_size=60)), max_size=8))
def test_streams_with_holes_are_read_in_order(pieces):
    runs, at = [], 0
    for hole, data in pieces:
        runs.append((at + hole, data))
        at += hole + len(data)

    starts = [found.start for found in read_records(runs, 0)]

    assert sorted(set(starts)) == starts


HEADERS_WITHOUT_END = b"\x16\x03\x03\x40\x00" * 40_000


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(random.Random(1).randbytes(400_000), id="noise"),
        pytest.param(b"\xd5" + HEADERS_WITHOUT_END, id="headers that lead nowhere"),
        pytest.param(b"\xd5" + b"\x16\x03\x03\x00\x01" * 40_000, id="headers in bodies"),
        pytest.param(b"\x16\x03" * 100_000, id="half headers"),
        pytest.param(b"\x17\x03\x03\x00\x00\xd5" * 40_000, id="a byte of noise after each record"),
    ],
)
def test_a_stream_is_read_in_linear_time(data):
    begun = time.process_time()

    for found in read_records([(0, data)], 0):
        assert found.end > found.start

    assert 1.5 > time.process_time() - begun


# --- Where does a record begin? ---------------------------------------------------------------------------------------


def test_a_record_is_found_by_the_one_after_it(wire):
    assert 3 == find_record(b"\xd5\xd5\xd5" + wire(TWO_RECORDS) + b"\xd5", 0)


def test_a_record_is_found_by_the_end_of_the_bytes(wire):
    assert 2 == find_record(b"\xd5\xd5" + wire("17 03 03 00 02 aa bb"), 0)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("", id="nothing"),
        pytest.param("17 03 03", id="half a header"),
        pytest.param("17 03 03 00 02 aa", id="a body that is cut"),
        pytest.param("17 03 03 00 02 aa bb cc", id="something else behind it"),
        pytest.param("17 03 05 00 02 aa bb", id="version 3.5"),
    ],
)
def test_what_may_be_a_record_by_chance_is_not_found(wire, data):
    assert -1 == find_record(wire(data), 0)


def test_a_client_hello_is_found_behind_other_words(wire):
    data = b"CONNECT x\r\n\r\n" + wire("16 03 01 00 20  01 00 00 1c  03 03") + bytes(26)

    assert 13 == find_client_hello(data)


def test_the_first_byte_of_a_client_hello_is_enough_at_the_beginning(wire):
    """Some clients cut their hello into records of a byte or two."""
    assert 0 == find_client_hello(wire("16 03 01 00 01  01"))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("16 03 01 00 20  02 00 00 1c  03 03", id="a ServerHello"),
        pytest.param("16 03 01 00 20", id="a header alone"),
        pytest.param("15 03 01 00 02  01 00", id="an alert"),
        pytest.param("aa  16 03 01 00 01  01", id="one byte, and not at the beginning"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_no_client_hello_is_not_found(wire, data):
    assert -1 == find_client_hello(wire(data))


def test_a_hello_in_the_form_of_ssl2_is_known(wire):
    assert is_ssl2_client_hello(wire(SSL2_CLIENT_HELLO))


def test_a_hello_in_the_form_of_ssl2_is_known_by_its_first_11_bytes(wire):
    data = wire(SSL2_CLIENT_HELLO)

    assert [11] == [n for n in range(12) if is_ssl2_client_hello(data[:n])]


@pytest.mark.parametrize(
    "at, value",
    [
        pytest.param(0, 0x00, id="three-byte header"),
        pytest.param(1, 0x1D, id="length does not add up"),
        pytest.param(2, 0x04, id="ServerHello"),
        pytest.param(3, 0x02, id="version 2.1"),
        pytest.param(6, 0x04, id="cipher_specs of 4 bytes"),
        pytest.param(8, 0x01, id="session_id of a byte"),
        pytest.param(10, 0x07, id="challenge too short"),
    ],
)
def test_what_differs_in_one_byte_is_no_hello_of_ssl2(wire, at, value):
    data = bytearray(wire(SSL2_CLIENT_HELLO))
    data[at] = value

    assert not is_ssl2_client_hello(bytes(data))


# --- Messages ---------------------------------------------------------------------------------------------------------


def test_several_messages_share_a_record():
    assert [
        Fragmented(2, b"\xaa\xbb", start=0),
        Fragmented(14, b"", start=0),
    ] == join(message(2, b"\xaa\xbb") + message(14, b""))


def test_a_message_spans_records():
    assert [Fragmented(11, b"\xaa\xbb\xcc", start=0)] == join(b"\x0b\x00\x00\x03\xaa", b"\xbb\xcc")


def test_a_message_that_begins_in_the_middle_of_a_record_starts_there():
    first, second = join(message(2, b"\xaa") + b"\x0b\x00", b"\x00\x01\xbb")

    assert (0, 0) == (first.start, second.start)


def test_an_empty_fragment_changes_nothing():
    assert [Fragmented(14, b"", start=0)] == join(b"\x0e\x00", b"", b"\x00\x00")


def test_a_message_of_a_size_beyond_belief_is_dropped():
    said = join(b"\x0b" + (LONGEST_MESSAGE + 1).to_bytes(3, "big"), message(14, b""))

    assert [
        Unreadable(0, 9, f"a message claims {LONGEST_MESSAGE + 1} bytes"),
        Fragmented(14, b"", start=9),
    ] == said


def test_a_message_of_just_believable_size_is_waited_for():
    joiner = MessageJoiner()
    fragment = b"\x0b" + LONGEST_MESSAGE.to_bytes(3, "big")

    assert [] == list(joiner.add(Record(22, 0x0303, 0, 4, fragment)))
    assert joiner.pending


def test_a_message_with_missing_bytes_is_dropped():
    """A record of 8 bytes, of which 6 were captured; the next one is whole."""
    joiner = MessageJoiner()
    said = [
        *joiner.add(Record(22, 0x0303, 0, 8, b"\x0b\x00\x00\x04\xaa\xbb")),
        *joiner.add(Record(22, 0x0303, 13, 4, message(14, b""))),
    ]

    assert [
        Unreadable(0, 13, "bytes of a handshake message are missing"),
        Fragmented(14, b"", start=13),
    ] == said


def test_the_rest_of_a_message_with_missing_bytes_is_no_message():
    """A Certificate of 10 bytes over three records; of the first, two bytes are missing."""
    joiner = MessageJoiner()
    said = [
        *joiner.add(Record(22, 0x0303, 0, 8, b"\x0b\x00\x00\x0a\xaa\xbb")),
        *joiner.add(Record(22, 0x0303, 13, 4, b"\x01\x00\x00\x00")),
        *joiner.add(Record(22, 0x0303, 22, 6, b"\xee\xff" + message(14, b""))),
    ]

    assert [
        Unreadable(0, 13, "bytes of a handshake message are missing"),
        Fragmented(14, b"", start=22),
    ] == said


def test_a_message_whose_next_record_is_missing_is_given_up():
    """What comes after the hole, at 30, is not the rest of the message."""
    joiner = MessageJoiner()
    said = [
        *joiner.add(Record(22, 0x0303, 0, 4, b"\x0b\x00\x00\x08")),
        joiner.interrupt(30),
        *joiner.add(Record(22, 0x0303, 30, 4, message(14, b""))),
    ]

    assert [
        Unreadable(0, 30, "bytes of a handshake message are missing"),
        Fragmented(14, b"", start=30),
    ] == said


def test_a_hole_between_messages_gives_up_none():
    joiner = MessageJoiner()
    list(joiner.add(Record(22, 0x0303, 0, 4, message(14, b""))))

    assert joiner.interrupt(30) is None


def test_a_hole_ends_the_wait_for_the_rest_of_a_message():
    """Of the message of 10 bytes, six more would have come; the hole swallowed them."""
    joiner = MessageJoiner()
    said = [
        *joiner.add(Record(22, 0x0303, 0, 8, b"\x0b\x00\x00\x0a\xaa\xbb")),
        joiner.interrupt(30),
        *joiner.add(Record(22, 0x0303, 30, 4, message(14, b""))),
    ]

    assert [Unreadable, type(None), Fragmented] == [type(one) for one in said]


def test_a_message_whose_end_never_came_is_told_of():
    joiner = MessageJoiner()
    list(joiner.add(Record(22, 0x0303, 7, 6, b"\x0b\x00\x01\x00\xaa\xbb")))

    assert (
        Unreadable(7, 7, "a handshake message of type 11 ends after 2 of 256 bytes")
        == joiner.finish()
    )


def test_when_all_messages_came_nothing_is_told():
    joiner = MessageJoiner()
    list(joiner.add(Record(22, 0x0303, 0, 4, message(14, b""))))

    assert joiner.finish() is None
    assert not joiner.pending


@given(
    st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=300)), max_size=6),
    st.lists(st.integers(0, 400), max_size=12),
)
def test_messages_are_the_same_however_they_are_fragmented(messages, sizes):
    data = b"".join(message(kind, body) for kind, body in messages)
    fragments = []
    for size in sizes:
        fragments.append(data[:size])
        data = data[size:]
    fragments.append(data)

    assert messages == [(said.type, said.body) for said in join(*fragments)]


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_random_fragments_are_joined_without_harm(fragments):
    for said in join(*fragments):
        assert isinstance(said, Fragmented) or "claims" in said.reason


def test_messages_are_joined_in_linear_time():
    """The most messages that a record can hold, and the longest message in the smallest fragments."""
    long = message(11, bytes(LONGEST_MESSAGE))
    begun = time.process_time()

    empty = join(*[message(14, b"") * (LONGEST_FRAGMENT // 4)] * 20)
    (whole,) = join(*(long[i : i + 4] for i in range(0, len(long), 4)))

    assert 20 * (LONGEST_FRAGMENT // 4) == len(empty)
    assert LONGEST_MESSAGE == len(whole.body)
    assert 2.5 > time.process_time() - begun
