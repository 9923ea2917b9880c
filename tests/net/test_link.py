"""Each link layer leads to the same packet."""

from __future__ import annotations

import pytest

from tlsparse.net.packets import HEADER_CUT, NO_IP, TCP, UNKNOWN_LINK

MACS = "02 00 00 00 00 02  02 00 00 00 00 01"

OVER_IPV4 = {
    "ethernet": (1, f"{MACS}  08 00"),
    "802.1Q": (1, f"{MACS}  81 00 00 2a  08 00  # VLAN 42"),
    "802.1ad, two tags": (1, f"{MACS}  88 a8 00 07  81 00 00 2a  08 00"),
    "two tags of 802.1Q": (1, f"{MACS}  81 00 00 07  81 00 00 2a  08 00"),
    "LLC and SNAP": (
        1,
        f"{MACS}  00 35  aa aa 03 00 00 00  08 00  # a length in place of an EtherType",
    ),
    "LLC and SNAP behind a tag": (1, f"{MACS}  81 00 00 2a  00 35  aa aa 03 00 00 00  08 00"),
    "PPPoE": (
        1,
        f"""{MACS}  88 64
        11 00 00 01 00 2f  # version 1, type 1, session data, session 1, 47 bytes
        00 21              # PPP: IPv4
        """,
    ),
    "MPLS": (
        1,
        f"""{MACS}  88 47
        00 01 00 40        # label 16
        00 01 11 40        # label 17, bottom of the stack
        """,
    ),
    "Ethernet in MPLS": (
        1,
        f"""{MACS}  88 47
        00 01 01 40        # label 16, bottom of the stack
        00 00 00 00        # control word
        {MACS}  08 00
        """,
    ),
    "Linux cooked": (
        113,
        """
        00 00  00 01  00 06  # incoming, Ethernet, an address of 6 bytes
        02 00 00 00 00 01 00 00
        08 00
        """,
    ),
    "Linux cooked, version 2": (
        276,
        """
        08 00  00 00         # protocol, reserved
        00 00 00 02          # interface
        00 01  00  06        # Ethernet, incoming, an address of 6 bytes
        02 00 00 00 00 01 00 00
        """,
    ),
    "BSD null, little endian": (0, "02 00 00 00  # AF_INET"),
    "BSD null, big endian": (0, "00 00 00 02"),
    "OpenBSD loop": (108, "00 00 00 02"),
    "raw": (101, ""),
    "raw of BSD": (12, ""),
    "raw of OpenBSD": (14, ""),
    "raw IPv4": (228, ""),
    "PPP": (9, "ff 03  00 21  # address, control, IPv4"),
    "PPP without address and control": (9, "00 21"),
    "Cisco HDLC": (104, "0f 00  08 00  # unicast"),
}

OVER_IPV6 = {
    "ethernet": (1, f"{MACS}  86 dd"),
    "802.1Q": (1, f"{MACS}  81 00 00 2a  86 dd"),
    "PPPoE": (1, f"{MACS}  88 64  11 00 00 01 00 43  00 57"),
    "MPLS": (1, f"{MACS}  88 47  00 01 01 40"),
    "Linux cooked": (113, "00 00 00 01 00 06 02 00 00 00 00 01 00 00 86 dd"),
    "Linux cooked, version 2": (276, "86 dd 00 00 00 00 00 02 00 01 00 06 02 00 00 00 00 01 00 00"),
    "BSD null of FreeBSD": (0, "1c 00 00 00  # AF_INET6 is 28"),
    "BSD null of Darwin": (0, "1e 00 00 00  # 30"),
    "BSD null of NetBSD": (0, "18 00 00 00  # 24"),
    "BSD null, big endian": (0, "00 00 00 1e"),
    "OpenBSD loop": (108, "00 00 00 18"),
    "raw": (101, ""),
    "raw IPv6": (229, ""),
    "PPP": (9, "ff 03  00 57"),
    "Cisco HDLC": (104, "0f 00  86 dd"),
}


def over(table):
    return pytest.mark.parametrize(("link", "header"), table.values(), ids=list(table))


@over(OVER_IPV4)
def test_link_layer_leads_to_ipv4(wire, locate, ipv4_tcp, link, header):
    row = locate(wire(header) + ipv4_tcp, link)

    assert (TCP, "192.0.2.1", "198.51.100.2") == (row.protocol, row.source, row.target)
    assert (5, b"hello") == (row.length, row.data)


@over(OVER_IPV6)
def test_link_layer_leads_to_ipv6(wire, locate, ipv6_tcp, link, header):
    row = locate(wire(header) + ipv6_tcp, link)

    assert (TCP, "2001:db8::1", "2001:db8::2") == (row.protocol, row.source, row.target)
    assert (5, b"hello") == (row.length, row.data)


@over(OVER_IPV4)
def test_a_packet_that_ends_inside_its_link_layer_is_cut_or_not_ip(wire, locate, link, header):
    header = wire(header)
    for size in range(len(header)):
        assert locate(header[:size], link, len(header) + 45).protocol in (HEADER_CUT, NO_IP)


def test_an_empty_packet_is_cut(locate):
    for link in (0, 1, 9, 12, 14, 101, 104, 108, 113, 228, 229, 276):
        assert HEADER_CUT == locate(b"", link, 60).protocol


def test_a_link_type_that_nobody_knows_is_named(locate, ipv4_tcp):
    assert UNKNOWN_LINK == locate(ipv4_tcp, 147).protocol


def test_what_is_not_ip_is_not_ours(wire, locate):
    arp = f"{MACS}  08 06  00 01 08 00 06 04 00 01" + "00" * 20
    lldp = f"{MACS}  88 cc  02 07 04 02 00 00 00 00 01"
    spanning_tree = f"{MACS}  00 26  42 42 03 00 00 00 00 00"

    for frame in (arp, lldp, spanning_tree):
        assert NO_IP == locate(wire(frame)).protocol


def test_no_number_of_tags_is_too_many(wire, locate, ipv4_tcp):
    frame = wire(MACS) + b"\x81\x00\x00\x01" * 200 + b"\x08\x00" + ipv4_tcp

    assert TCP == locate(frame).protocol


def test_a_raw_packet_of_no_known_version_is_not_ip(locate):
    assert NO_IP == locate(b"\x50" + bytes(60), 101).protocol
