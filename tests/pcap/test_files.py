"""Classic pcap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsparse.pcap.block import PACKETS_PER_BLOCK, TIME_LIMIT
from tlsparse.pcap.source import read_blocks

EPOCH_NS = 1_700_000_000 * 10**9

ONE_PACKET = """
    d4 c3 b2 a1                  # magic: microseconds, little-endian
    02 00  04 00                 # version 2.4
    00 00 00 00  00 00 00 00     # two fields that nobody uses
    ff ff 00 00                  # snaplen
    71 00 00 00                  # link type: Linux cooked
    00 f1 53 65                  # 2023-11-14 22:13:20
    07 00 00 00                  # and 7 microseconds
    03 00 00 00                  # bytes captured
    2a 00 00 00                  # bytes on the wire
    61 62 63
"""


def test_each_field_is_where_the_format_says(read, wire):
    (packet,) = read(wire(ONE_PACKET)).packets

    assert (1, EPOCH_NS + 7000, b"abc", 42, 113, 0) == packet


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("magic", "fraction_ns"), [(0xA1B2C3D4, 1000), (0xA1B23C4D, 1), (0xA1B2CD34, 1000)]
)
def test_the_magic_tells_byte_order_and_unit_of_time(read, pcap, order, magic, fraction_ns):
    build = pcap(order, magic)
    capture = build.header + build.packet(b"abc", fraction=5) + build.packet(b"de", length=99)

    assert [
        (1, EPOCH_NS + 5 * fraction_ns, b"abc", 3, 1, 0),
        (2, EPOCH_NS, b"de", 99, 1, 0),
    ] == read(capture).packets


def test_a_header_alone_is_a_capture_without_packets(read, pcap):
    assert ([], [], []) == read(pcap().header)


def test_length_of_check_sequence_is_no_part_of_the_link_type(read, pcap):
    build = pcap(link=0x24000001)

    assert [1] == [packet.link for packet in read(build.header + build.packet(b"")).packets]


def test_a_time_of_the_next_century_is_known(read, pcap):
    build = pcap()
    (packet,) = read(build.header + build.packet(b"", 2**32 - 1, 2**32 - 1)).packets

    assert (2**32 - 1) * 10**9 + (2**32 - 1) * 1000 == packet.time_ns < TIME_LIMIT


def test_more_packets_than_a_block_holds_keep_their_numbers(pcap):
    build = pcap()
    capture = build.header + build.packet(b"x") * (PACKETS_PER_BLOCK + 7)
    blocks = [(block.first_packet, block.count) for block in read_blocks(capture, print)]

    assert [(1, PACKETS_PER_BLOCK), (PACKETS_PER_BLOCK + 1, 7)] == blocks


def test_reading_ends_before_a_packet_of_impossible_length(read, pcap):
    build = pcap()
    capture = build.header + build.packet(b"x") * 13 + build.packet(b"x", captured=3_900_000_000)
    reading = read(capture + build.packet(b"x"))

    text = "packet 14 claims 3.9 GB and cannot be read, nor what follows; 13 packets were read"
    assert 13 == len(reading.packets)
    assert [(14, "capture", text)] == reading.problems


@pytest.mark.parametrize(("snaplen", "packets"), [(65535, 0), (1 << 20, 1), (2**32 - 1, 0)])
def test_a_long_packet_is_believed_if_the_file_announces_a_sane_length(
    read, pcap, snaplen, packets
):
    build = pcap(snaplen=snaplen)

    assert packets == len(read(build.header + build.packet(bytes(300_000))).packets)


def test_a_packet_may_be_longer_than_announced(read, pcap):
    """Segmentation offload gives packets longer than the link's, and than some snaplens."""
    build = pcap(snaplen=96)

    assert ([65_549], "") == (
        [packet.length for packet in read(build.header + build.packet(bytes(65_549))).packets],
        read(build.header + build.packet(bytes(65_549))).problem,
    )


@pytest.mark.parametrize(
    ("packets", "kept", "text"),
    [
        (0, 20, "the capture was cut short in the middle of its file header; no packet was read"),
        (1, 24 + 9, "the capture was cut short in the middle of packet 1; no packet was read"),
        (2, 24 + 20, "the capture was cut short in the middle of packet 2; 1 packet was read"),
        (13, -1, "the capture was cut short in the middle of packet 13; 12 packets were read"),
    ],
)
def test_a_cut_is_told_with_the_packets_before_it(read, pcap, packets, kept, text):
    build = pcap()
    capture = (
        build.header + build.packet(b"") * (packets - 1) + build.packet(b"abcd") * (packets > 0)
    )

    assert text == read(capture[:kept]).problem


@given(junk=st.binary(max_size=300), order=st.sampled_from("<>"), chunk=st.integers(1, 400))
def test_whatever_follows_the_header_reading_ends_and_raises_nothing(
    read, pcap, junk, order, chunk
):
    reading = read(pcap(order).header + junk, chunk_bytes=chunk)

    assert sum(16 + len(packet.data) for packet in reading.packets) <= len(junk)
    assert len(reading.problems) <= 1
