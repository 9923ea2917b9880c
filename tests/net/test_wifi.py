"""Frames of a wireless network lead to the packet inside, as far as they can be read."""

from __future__ import annotations

import pytest

from tlsparse.net.packets import HEADER_CUT, NO_IP, TCP, UDP, UNKNOWN_LINK, locate_packets
from tlsparse.pcap.source import read_blocks

IEEE802_11, PRISM, RADIOTAP, AVS, PPI = 105, 119, 127, 163, 192

TO_ACCESS_POINT = """
    08 01  2c 00              # data, to the distribution system; duration
    02 00 00 00 00 0a         # access point
    02 00 00 00 00 01         # sender
    02 00 00 00 00 02         # destination
    10 00                     # sequence 1, fragment 0
"""
SNAP = "aa aa 03 00 00 00  08 00  # LLC, SNAP: IPv4"

FRAMES = {
    "to an access point": TO_ACCESS_POINT,
    "from an access point": TO_ACCESS_POINT.replace("08 01", "08 02", 1),
    "between stations": TO_ACCESS_POINT.replace("08 01", "08 00", 1),
    "sent again": TO_ACCESS_POINT.replace("08 01", "08 09", 1),
    "from one network to another": TO_ACCESS_POINT.replace("08 01", "08 03", 1)
    + "02 00 00 00 00 03  # fourth address",
    "QoS": TO_ACCESS_POINT.replace("08 01", "88 01", 1) + "06 00  # priority 6",
    "QoS, with HT control": TO_ACCESS_POINT.replace("08 01", "88 81", 1) + "06 00  00 00 00 00",
    "QoS from one network to another": TO_ACCESS_POINT.replace("08 01", "88 03", 1)
    + "02 00 00 00 00 03  06 00",
    "an aggregate": TO_ACCESS_POINT.replace("08 01", "88 01", 1)
    + """
    80 00                                     # QoS: A-MSDU present
    02 00 00 00 00 02  02 00 00 00 00 01      # destination, sender
    00 35                                     # 53 bytes: LLC and the packet
    """,
}

RADIOS = {
    "bare": (IEEE802_11, ""),
    "radiotap without fields": (RADIOTAP, "00 00  08 00  00 00 00 00"),
    "radiotap with flags": (
        RADIOTAP,
        "00 00  09 00  02 00 00 00  10  # frame check sequence at the end",
    ),
    "radiotap with two words of fields": (
        RADIOTAP,
        """
        00 00  19 00                 # version 0, 25 bytes
        03 00 00 80  00 00 00 00     # timer, flags, and another word, without fields
        00 00 00 00                  # padding: the timer is aligned to eight
        01 00 00 00 00 00 00 00  00  # timer, no flags
        """,
    ),
    "PPI": (PPI, "00 00  08 00  69 00 00 00  # version 0, 8 bytes, 802.11"),
    "Prism": (PRISM, "44 00 00 00  90 00 00 00" + "00" * 136),
    "AVS": (AVS, "80 21 10 01  00 00 00 40" + "00" * 56),
    "AVS in place of Prism": (PRISM, "80 21 10 01  00 00 00 40" + "00" * 56),
}


@pytest.mark.parametrize("header", FRAMES.values(), ids=list(FRAMES))
def test_a_data_frame_leads_to_the_packet(wire, locate, ipv4_tcp, header):
    row = locate(wire(header) + wire(SNAP) + ipv4_tcp + b"\xfc\xfc\xfc\xfc", IEEE802_11)

    assert (TCP, "192.0.2.1", b"hello") == (row.protocol, row.source, row.data)


@pytest.mark.parametrize(("link", "radio"), RADIOS.values(), ids=list(RADIOS))
def test_what_the_radio_says_is_skipped(wire, locate, ipv6_tcp, link, radio):
    snap = wire("aa aa 03 00 00 00  86 dd")
    row = locate(wire(radio) + wire(TO_ACCESS_POINT) + snap + ipv6_tcp, link)

    assert (TCP, "2001:db8::1", b"hello") == (row.protocol, row.source, row.data)


def test_a_header_padded_by_the_driver_is_known_by_radiotaps_flag(wire, locate, ipv4_tcp):
    """26 bytes with QoS, and two more up to a multiple of four."""
    frame = wire(FRAMES["QoS"]) + b"\0\0" + wire(SNAP) + ipv4_tcp
    plain = wire("00 00  09 00  02 00 00 00  20")
    timed = wire("""
        00 00  19 00                 # version 0, 25 bytes
        03 00 00 80  00 00 00 00     # timer, flags, and another word, without fields
        00 00 00 00                  # padding: the timer is aligned to eight
        01 00 00 00 00 00 00 00  20  # timer; data padded
    """)

    assert b"hello" == locate(plain + frame, RADIOTAP).data
    assert b"hello" == locate(timed + frame, RADIOTAP).data


@pytest.mark.parametrize(
    ("what", "header"),
    {
        "encrypted": TO_ACCESS_POINT.replace("08 01", "08 41", 1),
        "a fragment, more to follow": TO_ACCESS_POINT.replace("08 01", "08 05", 1),
        "a later fragment": TO_ACCESS_POINT.replace("10 00", "11 00", 1),
        "no data": TO_ACCESS_POINT.replace("08 01", "48 01", 1),
        "a beacon": TO_ACCESS_POINT.replace("08 01", "80 00", 1),
        "another version": TO_ACCESS_POINT.replace("08 01", "09 01", 1),
    }.items(),
    ids=lambda value: value if len(value) < 40 else "",
)
def test_what_cannot_be_read_is_not_ip(wire, locate, ipv4_tcp, what, header):
    assert NO_IP == locate(wire(header) + wire(SNAP) + ipv4_tcp, IEEE802_11).protocol


def test_a_radio_header_of_another_link_type_is_unknown(wire, locate, ipv4_tcp):
    ethernet = wire("00 00  08 00  01 00 00 00")
    nothing = wire("00 00  04 00  00 00 00 00  # shorter than itself")

    assert UNKNOWN_LINK == locate(ethernet + ipv4_tcp, PPI).protocol
    assert UNKNOWN_LINK == locate(nothing + wire(TO_ACCESS_POINT), RADIOTAP).protocol


@pytest.mark.parametrize(("link", "radio"), RADIOS.values(), ids=list(RADIOS))
@pytest.mark.parametrize("header", FRAMES.values(), ids=list(FRAMES))
def test_a_frame_may_be_cut_anywhere(wire, locate, ipv4_tcp, link, radio, header):
    start = wire(radio) + wire(header) + wire(SNAP)
    for size in range(len(start) + 40):
        row = locate((start + ipv4_tcp)[:size], link, len(start) + 45)
        assert row.protocol in (HEADER_CUT, NO_IP) or size >= len(start)
        assert TCP != row.protocol
    assert TCP == locate(start + ipv4_tcp, link).protocol


@pytest.mark.shared
def test_dns_over_radiotap_is_found(shared):
    path = shared / "corpus/nothing/zeek/testing/btest/Traces/radiotap.pcap"
    (block,) = read_blocks(path, lambda *problem: None)
    packets = locate_packets(block)

    assert [UDP] * 3 == list(packets.protocol)
    assert [53, 53, 5353] == list(map(min, packets.source_port, packets.target_port))
