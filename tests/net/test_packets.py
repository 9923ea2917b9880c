"""One row for each packet: ports, flags, and where the payload lies."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tlsparse.net.ip import FRAGMENT, NOT_IP
from tlsparse.net.packets import HEADER_CUT, NO_IP, TCP, UDP, UNKNOWN_LINK, locate_packets
from tlsparse.pcap.block import Block

RAW = 101
LINKS = (0, 1, 9, 12, 14, 101, 104, 105, 108, 113, 119, 127, 163, 192, 228, 229, 276)
REASONS = (NOT_IP, FRAGMENT, NO_IP, HEADER_CUT, UNKNOWN_LINK)


@pytest.fixture(scope="session")
def ipv4_udp(wire) -> bytes:
    return wire("""
        45 00 00 21  00 09 00 00  40 11 00 00     # 33 bytes in all, UDP
        c0 00 02 01  c6 33 64 02
        c3 50 01 bb  00 0d  00 00                 # ports, 13 bytes with the header
        68 65 6c 6c 6f
    """)


# --- TCP -------------------------------------------------------------------------------------------------------------


def test_the_fields_of_tcp_are_read(locate, ipv4_tcp):
    row = locate(ipv4_tcp, RAW)

    assert (TCP, 50000, 443) == (row.protocol, row.source_port, row.target_port)
    assert (0x01020304, 0x05060708) == (row.sequence, row.acknowledgment)
    assert (0x18, 8192) == (row.flags, row.window)
    assert (5, 5, b"hello") == (row.length, row.captured, row.data)


def test_sequence_numbers_are_not_signed(locate, ipv4_tcp):
    packet = ipv4_tcp[:24] + b"\xff" * 8 + ipv4_tcp[32:]
    row = locate(packet, RAW)

    assert (0xFFFFFFFF, 0xFFFFFFFF) == (row.sequence, row.acknowledgment)


def test_options_of_tcp_are_no_payload(wire, locate, ipv4_tcp):
    """A data offset of 8 words: the header has 12 bytes of options, here timestamps."""
    options = wire("01 01 08 0a 00 00 00 01 00 00 00 02")
    packet = ipv4_tcp[:32] + b"\x80" + ipv4_tcp[33:40] + options + ipv4_tcp[40:]
    row = locate(packet[:2] + b"\x00\x39" + packet[4:], RAW)

    assert (5, b"hello") == (row.length, row.data)


@pytest.mark.parametrize("words", [0, 4])
def test_a_data_offset_inside_the_header_is_a_contradiction(locate, ipv4_tcp, words):
    packet = ipv4_tcp[:32] + bytes([words << 4]) + ipv4_tcp[33:]

    assert NOT_IP == locate(packet, RAW).protocol


def test_a_data_offset_past_the_packet_is_a_contradiction(locate, ipv4_tcp):
    packet = ipv4_tcp[:32] + b"\xf0" + ipv4_tcp[33:]

    assert NOT_IP == locate(packet, RAW).protocol


# --- UDP -------------------------------------------------------------------------------------------------------------


def test_the_fields_of_udp_are_read(locate, ipv4_udp):
    row = locate(ipv4_udp, RAW)

    assert (UDP, 50000, 443) == (row.protocol, row.source_port, row.target_port)
    assert (5, b"hello") == (row.length, row.data)


def test_the_shorter_length_of_udp_and_ip_counts(locate, ipv4_udp):
    shorter = ipv4_udp[:24] + b"\x00\x0b" + ipv4_udp[26:]
    longer = ipv4_udp[:24] + b"\xff\x00" + ipv4_udp[26:]

    assert b"hel" == locate(shorter, RAW).data
    assert b"hello" == locate(longer, RAW).data


@pytest.mark.parametrize("length", [0, 7])
def test_a_length_of_udp_below_its_header_is_passed_over(locate, ipv4_udp, length):
    """Zero is what segmentation offload leaves."""
    packet = ipv4_udp[:24] + length.to_bytes(2, "big") + ipv4_udp[26:]

    assert b"hello" == locate(packet, RAW).data


# --- Snap lengths ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("link", [1, RAW])
@pytest.mark.parametrize("name", ["ipv4_tcp", "ipv6_tcp", "ipv4_udp"])
def test_a_packet_may_be_cut_at_every_byte(request, wire, locate, name, link):
    packet = request.getfixturevalue(name)
    ethertype = b"\x08\x00" if packet[0] >> 4 == 4 else b"\x86\xdd"
    begin = wire("02 00 00 00 00 02  02 00 00 00 00 01") + ethertype if link == 1 else b""
    headers = len(begin) + len(packet) - 5
    whole = begin + packet
    for size in range(len(whole)):
        row = locate(whole[:size], link, len(whole))
        if size < headers:
            assert row.protocol in (HEADER_CUT, NOT_IP)
            assert (0, 0) == (row.length, row.captured)
        else:
            assert row.protocol in (TCP, UDP)
            assert (5, size - headers) == (row.length, row.captured)
            assert b"hello"[: size - headers] == row.data


def test_a_capture_that_claims_less_than_it_holds_is_believed_in_what_it_holds(locate, ipv4_tcp):
    """Some writers leave the length on the wire at zero."""
    row = locate(ipv4_tcp, RAW, 0)

    assert (TCP, 5, b"hello") == (row.protocol, row.length, row.data)


# --- Blocks ----------------------------------------------------------------------------------------------------------


def test_each_packet_of_a_block_has_its_row(ipv4_tcp, ipv6_tcp, ipv4_udp):
    parts = [ipv4_tcp, b"", ipv6_tcp, b"\x00" * 30, ipv4_udp]
    sizes = array("q", map(len, parts))
    offsets = array("q", (sum(sizes[:n]) for n in range(len(parts))))
    zeros = array("q", [0] * len(parts))
    links = array("q", [RAW] * len(parts))
    block = Block(b"".join(parts), len(parts), 1, zeros, offsets, sizes, sizes, links, zeros)
    packets = locate_packets(block)

    assert [TCP, HEADER_CUT, TCP, NO_IP, UDP] == list(packets.protocol)
    assert [5, 0, 5, 0, 5] == list(packets.length)


# --- Anything at all -------------------------------------------------------------------------------------------------


def hostile() -> st.SearchStrategy[bytes]:
    """Bytes that look like packets for a while."""
    start = st.sampled_from(
        [
            b"",
            bytes(12),
            bytes(12) + b"\x81\x00\x00\x01",
            bytes(12) + b"\x08\x00",
            bytes(12) + b"\x86\xdd",
            bytes(12) + b"\x88\x64",
            bytes(12) + b"\x88\x47",
            b"\x45\x00\x00\x00\x00\x00\x00\x00\x40\x06" + bytes(10),
            b"\x45\x00\x00\x40\x00\x00\x00\x00\x40\x11" + bytes(10),
            b"\x45\x00\x00\x40\x00\x00\x00\x00\x40\x2f" + bytes(10),
            b"\x45\x00\x00\x40\x00\x00\x00\x00\x40\x04" + bytes(10),
            b"\x60\x00\x00\x00\x00\x30\x00\x40" + bytes(32),
            b"\x60\x00\x00\x00\xff\xff\x2c\x40" + bytes(32),
            b"\x60\x00\x00\x00\x00\x00\x33\x40" + bytes(32),
            b"\x60\x00\x00\x00\x00\x30\x11\x40"
            + bytes(32)
            + b"\x12\xb5\x12\xb5\x00\x40\x00\x00\x08",
            b"\x60\x00\x00\x00\x00\x30\x11\x40"
            + bytes(32)
            + b"\x17\xc1\x17\xc1\x00\x40\x00\x00\x3f",
            b"\x60\x00\x00\x00\x00\x30\x11\x40"
            + bytes(32)
            + b"\x08\x68\x08\x68\x00\x40\x00\x00\x34\xff",
            b"\x60\x00\x00\x00\x00\x30\x11\x40"
            + bytes(32)
            + b"\x0d\xd8\x0d\xd8\x00\x40\x00\x00\x00\x01",
        ]
    )
    return st.lists(st.one_of(start, st.binary(max_size=24)), max_size=6).map(b"".join)


@given(st.data(), hostile(), st.sampled_from(LINKS), st.integers(0, 70000))
def test_no_bytes_raise_and_no_payload_lies_outside_its_packet(data, packet, link, length):
    before = data.draw(st.sampled_from([b"", b"\x45" * 7]))
    columns = (array("q", [value]) for value in (0, len(before), len(packet), length, link, 0))
    block = Block(before + packet, 1, 1, *columns)
    row = locate_packets(block)

    if row.protocol[0] in (TCP, UDP, FRAGMENT):
        assert 0 <= row.captured[0] <= row.length[0]
        assert len(before) <= row.payload[0]
        assert row.captured[0] == 0 or row.payload[0] + row.captured[0] <= len(block.data)
        assert 0 <= row.sequence[0] < 2**32
        assert 0 <= row.source_port[0] < 2**16
    else:
        assert (0, 0) == (row.length[0], row.captured[0])
        assert row.protocol[0] < 256 or row.protocol[0] in REASONS


@given(st.binary(max_size=120), st.integers())
@example(b"\x45" * 60, 3)
def test_a_link_type_that_is_not_known_is_never_read(packet, link):
    link &= 0x3FFFFFF
    if link in LINKS:
        return
    columns = (array("q", [value]) for value in (0, 0, len(packet), len(packet), link, 0))

    assert UNKNOWN_LINK == locate_packets(Block(packet, 1, 1, *columns)).protocol[0]
