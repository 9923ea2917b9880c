"""pcapng."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsparse.pcap import pcapng as module
from tlsparse.pcap.block import NO_TIME, NOT_A_PACKET, TIME_LIMIT

EPOCH_NS = 1_700_000_000 * 10**9

BIG_ENDIAN = """
    0a 0d 0d 0a  00 00 00 1c          # section header, 28 bytes
    1a 2b 3c 4d  00 01 00 00          # byte-order magic, version 1.0
    ff ff ff ff ff ff ff ff           # section of unknown length
    00 00 00 1c
    00 00 00 01  00 00 00 28          # interface description, 40 bytes
    00 65 00 00  00 00 00 00          # link type: raw IP; no snaplen
    00 09 00 01  09 00 00 00          # if_tsresol: nanoseconds
    00 0e 00 08  ff ff ff ff ff ff ff ff   # if_tsoffset: one second back
    00 00 00 28                       # options need no end
    00 00 00 06  00 00 00 34          # enhanced packet, 52 bytes
    00 00 00 00                       # interface 0
    00 00 00 01  00 00 00 02          # 2**32 + 2 ticks
    00 00 00 05  00 00 00 2a          # 5 bytes captured of 42
    61 62 63 64 65 00 00 00           # padded
    00 02 00 04  00 00 00 01          # epb_flags
    00 00 00 00                       # end of options
    00 00 00 34
"""


def test_each_field_is_where_the_format_says(read, wire):
    (packet,) = read(wire(BIG_ENDIAN)).packets

    assert (1, 2**32 + 2 - 10**9, b"abcde", 42, 101, 0) == packet


def test_each_section_has_its_own_byte_order_and_interfaces(read, pcapng):
    little, big = pcapng("<"), pcapng(">")
    capture = b"".join(
        (
            little.section(),
            little.interface(1),
            little.packet(b"a"),
            big.section(),
            big.interface(101),
            big.interface(113, resolution=9),
            big.packet(b"b", 5, interface=1),
            big.packet(b"c", 5, interface=0),
        )
    )

    assert [
        (1, EPOCH_NS, b"a", 1, 1, 0),
        (2, 5, b"b", 1, 113, 2),
        (3, 5000, b"c", 1, 101, 1),
    ] == read(capture).packets


def test_a_simple_packet_has_no_time_and_belongs_to_the_first_interface(read, pcapng):
    build = pcapng()
    capture = build.section() + build.interface(101) + build.interface(1)

    assert [(1, NO_TIME, b"abc", 3, 101, 0)] == read(capture + build.simple_packet(b"abc")).packets


def test_a_simple_packet_is_cut_at_the_limit_of_its_interface(read, pcapng):
    build = pcapng()
    capture = build.section() + build.interface(snaplen=2)
    (packet,) = read(capture + build.simple_packet(b"ab", length=40)).packets

    assert (b"ab", 40) == (packet.data, packet.length)


def test_an_obsolete_packet_is_read(read, pcapng):
    build = pcapng()
    capture = build.section() + build.interface() + build.interface(101)
    capture += build.obsolete_packet(b"abc", 7, interface=1, drops=3)

    assert [(1, 7000, b"abc", 3, 101, 1)] == read(capture).packets


@pytest.mark.parametrize("kind", [4, 5, 8, 11, 0x7777, 0x80000001], ids=hex)
def test_blocks_of_other_kinds_are_skipped(read, pcapng, kind):
    build = pcapng()
    capture = build.section() + build.interface() + build.block(kind, b"whatever")
    capture += build.packet(b"x") + build.block(kind)

    assert ([1], "") == ([packet.number for packet in read(capture).packets], read(capture).problem)


@pytest.mark.parametrize("kind", [9, 0x204, 0x216, 0x221, 0xBAD, 0x40000BAD], ids=hex)
def test_blocks_that_wireshark_numbers_take_a_number(read, pcapng, kind):
    build = pcapng()
    capture = build.section() + build.interface() + build.block(kind, b"whatever")

    assert [
        (1, NO_TIME, b"", 0, NOT_A_PACKET, 0),
        (2, EPOCH_NS, b"x", 1, 1, 0),
    ] == read(capture + build.packet(b"x")).packets


@given(
    ticks=st.integers(0, 2**64 - 1) | st.integers(0, 2**32),
    resolution=st.integers(0, 27) | st.integers(0x80, 0x80 + 62),
    offset=st.integers(-(2**63), 2**63 - 1) | st.integers(-5_000_000_000, 5_000_000_000),
)
def test_times_are_exact_to_the_nanosecond(read, pcapng, ticks, resolution, offset):
    base = 2 if resolution & 0x80 else 10
    build = pcapng()
    interface = build.interface(resolution=resolution, offset_seconds=offset)
    (packet,) = read(build.section() + interface + build.packet(b"", ticks)).packets

    without_offset = ticks * 10**9 // base ** (resolution & 0x7F)
    time_ns = without_offset + offset * 10**9
    # The offset must be sane by itself; it never brings back what was too far.
    known = all(abs(part) < TIME_LIMIT for part in (without_offset, offset * 10**9, time_ns))
    assert (time_ns if known else NO_TIME) == packet.time_ns


@pytest.mark.parametrize("resolution", [28, 127, 0x80 + 63, 0xFF])
def test_a_tick_too_short_to_count_gives_no_time(read, pcapng, resolution):
    build = pcapng()
    capture = build.section() + build.interface(resolution=resolution) + build.packet(b"", 1)

    assert [NO_TIME] == [packet.time_ns for packet in read(capture).packets]


def test_an_option_of_wrong_length_is_passed_over(read, pcapng):
    build = pcapng()
    interface = build.block(1, bytes.fromhex("01 00 00 00 00 00 00 00") + build.option(9, b"99"))

    assert [3000] == [
        packet.time_ns
        for packet in read(build.section() + interface + build.packet(b"", 3)).packets
    ]


def test_key_logs_are_collected_and_other_secrets_are_not(read, pcapng):
    build = pcapng(">")
    capture = build.section() + build.interface() + build.secrets(b"CLIENT_RANDOM 00 01\n")
    capture += build.packet(b"x") + build.secrets(b"wireguard", kind=0x57474B4C)
    capture += build.secrets(b"CLIENT_RANDOM 02 03\n") + build.packet(b"y")

    assert [b"CLIENT_RANDOM 00 01\n", b"CLIENT_RANDOM 02 03\n"] == read(capture).secrets
    assert [1, 2] == [packet.number for packet in read(capture).packets]


IMPOSSIBLE = {
    "a block shorter than its own lengths": (
        lambda build: b"\x99\0\0\0\x08\0\0\0",
        "the block after packet 1 (type 0x99) claims 8 bytes",
    ),
    "a block longer than any": (
        lambda build: b"\x99\0\0\0\0\0\0\xe8",
        "the block after packet 1 (type 0x99) claims 3.9 GB",
    ),
    "a block of odd length": (
        lambda build: b"\x06\0\0\0\x35\0\0\0" + bytes(45),
        "the block after packet 1 (type 0x6) claims 53 bytes",
    ),
    "a packet without its fields": (
        lambda build: build.block(6),
        "the block after packet 1 (type 0x6) claims 12 bytes",
    ),
    "a simple packet without its field": (
        lambda build: build.block(3),
        "the block after packet 1 (type 0x3) claims 12 bytes",
    ),
    "two lengths": (
        lambda build: build.packet(b"x", end=60),
        "the block after packet 1 has two lengths that differ",
    ),
    "two lengths of a section": (
        lambda build: build.section()[:-4] + b"\x20\0\0\0",
        "the block after packet 1 has two lengths that differ",
    ),
    "an interface nobody described": (
        lambda build: build.packet(b"x", interface=1),
        "packet 2 is of an interface that is not described",
    ),
    "a simple packet before any interface": (
        lambda build: build.section() + build.simple_packet(b"x"),
        "packet 2 is of an interface that is not described",
    ),
    "a packet longer than its block": (
        lambda build: build.packet(b"x" * 8, captured=9),
        "packet 2 is longer than the block that holds it",
    ),
    "a simple packet longer than its block": (
        lambda build: build.simple_packet(b"x" * 8, length=9),
        "packet 2 is longer than the block that holds it",
    ),
    "a section without byte order": (
        lambda build: build.block(0x0A0D0D0A, bytes(16)),
        "the section header after packet 1 has no byte order",
    ),
    "a section too short": (
        lambda build: build.block(0x0A0D0D0A, b"\x4d\x3c\x2b\x1a\1\0\0\0") + bytes(8),
        "the block after packet 1 (type 0xa0d0d0a) claims 20 bytes",
    ),
    "a section of the future": (
        lambda build: build.section(2, 1),
        "the section after packet 1 is of version 2.1, and only 1 is known",
    ),
    "an interface without its fields": (
        lambda build: build.block(1, b"\x01\0\0\0"),
        "the description of interface 1 is too short",
    ),
    "an option that runs on": (
        lambda build: build.block(1, bytes(8) + b"\x09\0\x64\0"),
        "an option of interface 1 runs past the end of its block",
    ),
    "secrets without their fields": (
        lambda build: build.block(10, b"KSLT"),
        "a block of decryption secrets is too short",
    ),
    "secrets that run on": (
        lambda build: build.secrets(b"abcd", length=5),
        "decryption secrets run past the end of their block",
    ),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_reading_ends_at_what_cannot_be_and_says_so(read, pcapng, name):
    make, text = IMPOSSIBLE[name]
    build = pcapng()
    capture = build.section() + build.interface() + build.packet(b"x")
    reading = read(capture + make(build) + build.packet(b"y"))

    assert 1 == len(reading.packets)
    assert f"{text}; 1 packet was read" == reading.problem


def test_the_first_section_may_be_of_the_future_too(read, pcapng):
    text = "the section before the first packet is of version 2.0, and only 1 is known"

    assert f"{text}; no packet was read" == read(pcapng().section(2)).problem


@pytest.mark.parametrize(
    ("limit", "make", "text"),
    [
        ("MOST_INTERFACES", lambda build: build.interface(), "more than 1000 interfaces"),
        (
            "MOST_SECRETS_BYTES",
            lambda build: build.secrets(b"x" * 12),
            "more than 1.0 kB of secrets",
        ),
    ],
)
def test_nothing_is_collected_without_end(read, pcapng, monkeypatch, limit, make, text):
    monkeypatch.setattr(module, limit, 1000)
    build = pcapng()
    capture = build.section() + build.interface() + build.packet(b"x") + make(build) * 1001
    reading = read(capture)

    assert f"there are {text}; 1 packet was read" == reading.problem
    assert sum(map(len, reading.secrets)) <= 1000


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda build: build.packet(b"x"), "in the middle of packet 2"),
        (lambda build: build.simple_packet(b"x"), "in the middle of packet 2"),
        (lambda build: build.interface(), "in the middle of a block after packet 1"),
        (lambda build: build.section(), "in the middle of a block after packet 1"),
    ],
)
@pytest.mark.parametrize("kept", [4, 8, -1])
def test_a_cut_is_told_with_what_it_cuts(read, pcapng, make, text, kept):
    build = pcapng()
    capture = build.section() + build.interface() + build.packet(b"x") + make(build)[:kept]

    assert f"the capture was cut short {text}; 1 packet was read" == read(capture).problem


@given(data=st.data(), order=st.sampled_from("<>"), chunk=st.integers(1, 400))
def test_whatever_follows_the_header_reading_ends_and_raises_nothing(
    read, pcapng, data, order, chunk
):
    """Blocks with a few bytes changed get further into the reader than bytes at random."""
    build = pcapng(order)
    blocks = [
        build.section(),
        build.interface(resolution=9, offset_seconds=7),
        build.packet(b"abcde"),
        build.simple_packet(b"abc"),
        build.secrets(b"CLIENT_RANDOM"),
        build.obsolete_packet(b"x", 1, interface=0, drops=1),
        data.draw(st.binary(max_size=64)),
    ]
    capture = bytearray(b"".join(data.draw(st.lists(st.sampled_from(blocks), max_size=12))))
    for at in data.draw(st.lists(st.integers(0, 400), max_size=6)):
        if at < len(capture):
            capture[at] = data.draw(st.integers(0, 255))
    reading = read(build.section() + build.interface() + capture, chunk_bytes=chunk)

    assert len(reading.problems) <= 1
    assert [*range(1, len(reading.packets) + 1)] == [packet.number for packet in reading.packets]
