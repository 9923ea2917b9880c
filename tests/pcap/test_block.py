"""The block."""

from __future__ import annotations

import pytest

from tlsparse.pcap.block import NO_TIME, new_columns, size_in_words
from tlsparse.pcap.source import read_blocks


def test_a_time_that_is_not_known_is_nat_to_numpy():
    numpy = pytest.importorskip("numpy")

    assert numpy.isnat(numpy.array([NO_TIME]).view("datetime64[ns]")).all()


def test_numpy_views_a_column_without_a_copy():
    numpy = pytest.importorskip("numpy")
    column = new_columns(link=113).link
    view = numpy.frombuffer(column, numpy.int64)
    column[1] = 7

    assert [113, 7, 113] == view[:3].tolist()


def test_a_block_holds_the_numbers_of_its_packets_and_columns_of_one_length(pcap):
    build = pcap()
    (block,) = read_blocks(build.header + build.packet(b"abc") * 3, print)
    columns = (block.offset, block.captured, block.length, block.link, block.interface)

    assert (3, 1) == (block.count, block.first_packet)
    assert {len(block.time_ns)} == {len(column) for column in columns}


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (3_949_000_000, "3.9 GB")],
)
def test_sizes_are_said_as_people_do(size, words):
    assert words == size_in_words(size)
