from __future__ import annotations

import random
from itertools import pairwise

import pytest

from tlsparse.quic.crypto import (
    LONGEST_STREAM,
    MOST_PIECES,
    MOST_REPEATS,
    CryptoStream,
    Repeat,
    Run,
)

HELLO = bytes(range(100))


def stream_of(*frames):
    """Each frame in a packet of its own, numbered from 1, at a time of ten times its number."""
    stream = CryptoStream()
    for packet, (start, end) in enumerate(frames, 1):
        stream.add([(start, HELLO[start:end])], packet, 10 * packet)
    return stream


def test_bytes_come_in_any_order():
    stream = stream_of((60, 100), (0, 20), (20, 60))

    assert [Run(0, HELLO)] == stream.runs
    assert (100, 0) == (stream.end, stream.retransmissions)


def test_a_hole_parts_the_runs():
    stream = stream_of((0, 20), (60, 100))

    assert [Run(0, HELLO[:20]), Run(60, HELLO[60:])] == stream.runs
    assert [20, 100] == [run.end for run in stream.runs]


def test_a_byte_arrives_with_the_last_of_those_before_it():
    stream = stream_of((60, 100), (20, 60), (0, 20))

    assert (3, 30) == stream.arrival(1) == stream.arrival(100) == stream.arrival(1000)


def test_a_byte_does_not_wait_for_those_after_it():
    stream = stream_of((0, 20), (20, 100))

    assert (1, 10) == stream.arrival(20)
    assert (2, 20) == stream.arrival(21)


def test_an_arrival_is_right_again_after_more_has_come():
    stream = stream_of((0, 20), (60, 100))
    assert (2, 20) == stream.arrival(100)

    stream.add([(20, HELLO[20:60])], 3, 30)

    assert (3, 30) == stream.arrival(100)


def test_where_frames_overlap_the_first_counts():
    stream = CryptoStream()
    stream.add([(10, b"AAAA")], 1, 1)
    stream.add([(8, b"bbbbbbbb")], 2, 2)

    assert [Run(8, b"bbAAAAbb")] == stream.runs
    assert [(8, 2), (10, 1), (14, 2)] == [(piece.start, piece.packet) for piece in stream.pieces]


def test_a_packet_that_brings_nothing_new_is_a_retransmission():
    stream = stream_of((0, 60), (60, 100), (20, 80))

    assert [Repeat(3, 30, 20, 60)] == stream.repeats
    assert 1 == stream.retransmissions


def test_a_packet_that_brings_anything_new_is_none():
    stream = stream_of((0, 60))
    stream.add([(0, HELLO[:60]), (60, HELLO[60:])], 2, 20)

    assert 0 == stream.retransmissions


def test_a_packet_without_bytes_is_none():
    stream = stream_of((0, 60), (5, 5))
    stream.add([], 3, 30)

    assert 0 == stream.retransmissions


def test_what_is_sent_again_after_a_retry_is_no_retransmission_but_the_second_time():
    stream = stream_of((0, 100))
    stream.restart()
    stream.add([(0, HELLO)], 2, 20)
    assert 0 == stream.retransmissions

    stream.add([(0, HELLO)], 3, 30)

    assert 1 == stream.retransmissions
    assert (1, 10) == stream.arrival(100)


def test_a_stream_has_an_end():
    stream = CryptoStream()
    stream.add([(LONGEST_STREAM - 2, b"ab"), (LONGEST_STREAM, b"cd"), (1 << 61, b"e")], 1, 1)

    assert [Run(LONGEST_STREAM - 2, b"ab")] == stream.runs
    assert 3 == stream.dropped


def test_a_stream_has_so_many_pieces_and_no_more():
    stream = CryptoStream()
    stream.add([(2 * i, b"a") for i in range(MOST_PIECES + 5)], 1, 1)

    assert (MOST_PIECES, 5) == (len(stream.pieces), stream.dropped)


def test_of_a_flood_of_retransmissions_only_the_number_is_kept():
    stream = stream_of(*[(0, 10)] * (MOST_REPEATS + 11))

    assert (MOST_REPEATS, MOST_REPEATS + 10) == (len(stream.repeats), stream.retransmissions)


@pytest.mark.parametrize("seed", range(20))
def test_pieces_shuffled_repeated_and_overlapping_make_the_same_stream(seed):
    chance = random.Random(seed)
    cuts = [0, *sorted(chance.sample(range(1, 100), 6)), 100]
    frames = [(max(0, a - chance.randrange(9)), b) for a, b in pairwise(cuts)]
    frames += chance.choices(frames, k=4)
    chance.shuffle(frames)

    stream = stream_of(*frames)

    assert [Run(0, HELLO)] == stream.runs
    last = max(min(i for i, (a, b) in enumerate(frames, 1) if a <= at < b) for at in range(100))
    assert (last, 10 * last) == stream.arrival(100)
