"""Each tunnel leads to the packet inside, whose addresses count."""

from __future__ import annotations

import pytest

from tlsparse.net.packets import HEADER_CUT, TCP, UDP

RAW = 101
GRE, UDP_NUMBER, IPIP, IPV6_IN_IP = 47, 17, 4, 41
MACS = "02 00 00 00 00 02  02 00 00 00 00 01"


def outer(protocol: int, payload: bytes) -> bytes:
    """An IPv4 packet from 203.0.113.1 to 203.0.113.2 around a tunnel."""
    total = (20 + len(payload)).to_bytes(2, "big")
    addresses = bytes((203, 0, 113, 1, 203, 0, 113, 2))
    return b"\x45\x00" + total + b"\0\0\0\0\x40" + bytes([protocol]) + b"\0\0" + addresses + payload


def outer6(protocol: int, payload: bytes) -> bytes:
    """An IPv6 packet from 2001:db8::a to 2001:db8::b around a tunnel."""
    network = b"\x20\x01\x0d\xb8" + bytes(11)
    head = b"\x60\0\0\0" + len(payload).to_bytes(2, "big") + bytes([protocol]) + b"\x40"
    return head + network + b"\x0a" + network + b"\x0b" + payload


def datagram(port: int, payload: bytes) -> bytes:
    """A UDP datagram to a port."""
    return (
        b"\xc0\x00" + port.to_bytes(2, "big") + (8 + len(payload)).to_bytes(2, "big") + b"\0\0"
    ) + payload


GRE_HEADERS = {
    "plain": "00 00  08 00",
    "checksum": "80 00  08 00  ab cd  00 00",
    "key": "20 00  08 00  00 00 00 07",
    "checksum, key and sequence number": "b0 00  08 00  ab cd 00 00  00 00 00 07  00 00 00 01",
    "Ethernet": f"00 00  65 58  {MACS}  08 00",
    "PPTP, without an acknowledgment, protocol in one byte": "30 01  88 0b  00 2e 00 07  00 00 00 01  21",
    "PPTP": "30 81  88 0b  00 31 00 07  00 00 00 01  00 00 00 02  ff 03 00 21",
    "ERSPAN type I": f"00 00  88 be  {MACS}  08 00",
    "ERSPAN type II": f"10 00  88 be  00 00 00 01  10 01 00 00 00 00 00 00  {MACS}  08 00",
    "ERSPAN type III": f"""
        10 00  22 eb  00 00 00 01
        20 01 00 00  00 00 00 00  00 00 00 00   # no platform part
        {MACS}  08 00
    """,
    "ERSPAN type III with a platform part": f"""
        10 00  22 eb  00 00 00 01
        20 01 00 00  00 00 00 00  00 00 00 01
        00 00 00 00  00 00 00 00
        {MACS}  08 00
    """,
}

UDP_TUNNELS = {
    "VXLAN": (4789, f"08 00 00 00  00 00 2a 00  {MACS}  08 00"),
    "VXLAN of Linux": (8472, f"08 00 00 00  00 00 2a 00  {MACS}  08 00"),
    "Geneve": (6081, f"00 00 65 58  00 00 2a 00  {MACS}  08 00"),
    "Geneve with options": (6081, f"01 00 65 58  00 00 2a 00  01 02 03 00  {MACS}  08 00"),
    "Geneve with IPv4": (6081, "00 00 08 00  00 00 2a 00"),
    "VXLAN with a group policy": (4789, f"88 00 00 07  00 00 2a 00  {MACS}  08 00"),
    "GTP-U": (2152, "30 ff 00 2d  00 00 00 01"),
    "GTP-U with a sequence number": (2152, "32 ff 00 31  00 00 00 01  00 05 00 00"),
    "GTP-U with an extension header": (
        2152,
        """
        34 ff 00 35  00 00 00 01
        00 00 00 85         # next: PDU session container
        01 10 09 00         # four bytes; none follows
        """,
    ),
    "GTP-U with two extension headers": (
        2152,
        """
        36 ff 00 3d  00 00 00 01
        00 05 00 c0         # sequence number; next: PDCP number
        01 00 07 85         # next: PDU session container
        02 10 09 00  00 00 00 00
        """,
    ),
}

OTHERWISE = {
    "MPLS": f"{MACS}  88 47  00 01 00 40  00 01 11 40",
    "MPLS, Ethernet with a control word": f"{MACS}  88 47  00 01 01 40  00 00 00 00  {MACS}  08 00",
    "MPLS, Ethernet without one": f"{MACS}  88 47  00 01 01 40  {MACS}  08 00",
    "MPLS, Ethernet without one, to another vendor": f"{MACS}  88 48  00 01 01 40  a{MACS[1:]}  08 00",
    "PPPoE": f"{MACS}  88 64  11 00 00 01 00 2f  00 21",
    "PPPoE in two VLANs": f"{MACS}  88 a8 00 07  81 00 00 2a  88 64  11 00 00 01 00 2f  00 21",
    "MPLS in MPLS": f"{MACS}  88 47  00 01 01 40  00 00 00 00  {MACS}  88 47  00 01 11 40",
}


@pytest.mark.parametrize("header", GRE_HEADERS.values(), ids=list(GRE_HEADERS))
def test_gre_leads_to_the_packet_inside(wire, locate, ipv4_tcp, header):
    row = locate(outer(GRE, wire(header) + ipv4_tcp), RAW)

    assert (TCP, "192.0.2.1", b"hello") == (row.protocol, row.source, row.data)


@pytest.mark.parametrize(("port", "header"), UDP_TUNNELS.values(), ids=list(UDP_TUNNELS))
def test_a_tunnel_in_udp_leads_to_the_packet_inside(wire, locate, ipv4_tcp, port, header):
    row = locate(outer(UDP_NUMBER, datagram(port, wire(header) + ipv4_tcp)), RAW)

    assert (TCP, "192.0.2.1", b"hello") == (row.protocol, row.source, row.data)


def test_teredo_leads_to_the_packet_inside(wire, locate, ipv6_tcp):
    authentication = wire("00 01  00 00  00 00 00 00 00 00 00 01  00")
    origin = wire("00 00  3f af  34 ff 8e fe")
    for indication in (b"", origin, authentication, authentication + origin):
        row = locate(outer(UDP_NUMBER, datagram(3544, indication + ipv6_tcp)), RAW)

        assert (TCP, "2001:db8::1", b"hello") == (row.protocol, row.source, row.data)


def test_ip_in_ip_leads_to_the_packet_inside(locate, ipv4_tcp, ipv6_tcp):
    inner4, inner6 = locate(outer(IPIP, ipv4_tcp), RAW), locate(outer(IPV6_IN_IP, ipv6_tcp), RAW)

    assert (TCP, "192.0.2.1", b"hello") == (inner4.protocol, inner4.source, inner4.data)
    assert (TCP, "2001:db8::1", b"hello") == (inner6.protocol, inner6.source, inner6.data)


def test_tunnels_may_be_nested_but_not_for_ever(locate, ipv4_tcp):
    packet = ipv4_tcp
    for _ in range(4):
        packet = outer(IPIP, packet)
    deep = packet
    for _ in range(1000):
        deep = outer(IPIP, deep)

    assert TCP == locate(packet, RAW).protocol
    assert IPIP == locate(deep, RAW).protocol


@pytest.mark.parametrize(("port", "header"), UDP_TUNNELS.values(), ids=list(UDP_TUNNELS))
def test_a_tunnel_may_be_cut_anywhere(wire, locate, ipv4_tcp, port, header):
    packet = outer(UDP_NUMBER, datagram(port, wire(header) + ipv4_tcp))
    for size in range(len(packet)):
        row = locate(packet[:size], RAW, len(packet))

        assert row.protocol != TCP or size >= len(packet) - 5


@pytest.mark.parametrize("header", GRE_HEADERS.values(), ids=list(GRE_HEADERS))
def test_gre_may_be_cut_anywhere(wire, locate, ipv4_tcp, header):
    packet = outer(GRE, wire(header) + ipv4_tcp)
    for size in range(20, len(packet) - 5):
        assert TCP != locate(packet[:size], RAW, len(packet)).protocol
    assert HEADER_CUT == locate(packet[:22], RAW, len(packet)).protocol


@pytest.mark.parametrize("port", [4789, 6081, 2152, 3544])
def test_another_datagram_on_the_port_of_a_tunnel_is_a_datagram(locate, port):
    row = locate(outer(UDP_NUMBER, datagram(port, b"\xf1" * 40)), RAW)

    assert (UDP, port, b"\xf1" * 40) == (row.protocol, row.target_port, row.data)


@pytest.mark.parametrize("header", OTHERWISE.values(), ids=list(OTHERWISE))
def test_labels_and_sessions_lead_to_the_packet_inside(wire, locate, ipv4_tcp, header):
    row = locate(wire(header) + ipv4_tcp)

    assert (TCP, "192.0.2.1", b"hello") == (row.protocol, row.source, row.data)


def test_the_outer_packet_may_be_ipv6(wire, locate, ipv4_tcp, ipv6_tcp):
    vxlan = datagram(4789, wire(f"08 00 00 00  00 00 2a 00  {MACS}  08 00") + ipv4_tcp)
    inside = (
        outer6(IPIP, ipv4_tcp),
        outer6(IPV6_IN_IP, ipv6_tcp),
        outer6(GRE, wire("00 00  86 dd") + ipv6_tcp),
        outer6(UDP_NUMBER, vxlan),
    )

    assert [(TCP, b"hello")] * 4 == [
        (row.protocol, row.data) for row in (locate(p, RAW) for p in inside)
    ]


def test_vxlan_in_gre_in_vxlan_is_opened(wire, locate, ipv4_tcp):
    def in_vxlan(network: int, packet: bytes) -> bytes:
        header = b"\x08\0\0\0" + network.to_bytes(3, "big") + b"\0"
        return outer(UDP_NUMBER, datagram(4789, header + wire(MACS) + b"\x08\0" + packet))

    gre = outer(GRE, wire("00 00  08 00") + in_vxlan(1, ipv4_tcp))
    row = locate(in_vxlan(2, gre), RAW)

    assert (TCP, "192.0.2.1", b"hello") == (row.protocol, row.source, row.data)


# --- Scope -----------------------------------------------------------------------------------------------------------


def swapped(packet: bytes) -> bytes:
    """An IPv4 packet that goes the other way."""
    return packet[:12] + packet[16:20] + packet[12:16] + packet[20:]


VXLAN, GENEVE = "08 00 00 00  00 00 {} 00", "00 00 65 58  00 00 {} 00"

SCOPES = {
    "VLAN": [f"{MACS}  81 00 00 {n}  08 00" for n in ("0a", "14")],
    "two VLANs": [
        f"{MACS}  88 a8 00 {n}  81 00 00 {m}  08 00" for n, m in (("0a", "14"), ("14", "0a"))
    ],
    "PPPoE": [f"{MACS}  88 64  11 00 00 {n} 00 2f  00 21" for n in ("01", "02")],
}


@pytest.mark.parametrize("headers", SCOPES.values(), ids=list(SCOPES))
def test_each_vlan_and_session_has_a_scope_of_its_own(wire, locate, ipv4_tcp, headers):
    one, two = (locate(wire(header) + ipv4_tcp).scope for header in headers)

    assert 0 != one != two != 0
    assert one == locate(wire(headers[0]) + swapped(ipv4_tcp)).scope


@pytest.mark.parametrize(("port", "header"), [(4789, VXLAN), (6081, GENEVE)])
def test_each_network_of_vxlan_and_geneve_has_a_scope_of_its_own(
    wire, locate, ipv4_tcp, port, header
):
    def scope(network: str, packet: bytes, around=outer) -> int:
        start = wire(header.format(network)) + wire(MACS) + b"\x08\0"
        return locate(around(UDP_NUMBER, datagram(port, start + packet)), RAW).scope

    assert 0 != scope("01", ipv4_tcp) != scope("02", ipv4_tcp) != 0
    assert scope("01", ipv4_tcp) == scope("01", swapped(ipv4_tcp), outer6)


@pytest.mark.parametrize("protocol", [IPIP, GRE])
@pytest.mark.parametrize("around", [outer, outer6])
def test_the_two_ends_of_a_tunnel_make_its_scope_in_whatever_order(
    wire, locate, ipv4_tcp, protocol, around
):
    start = wire("00 00  08 00") if protocol == GRE else b""
    there = around(protocol, start + ipv4_tcp)
    at, size = (12, 4) if around is outer else (8, 16)
    source, target = there[at : at + size], there[at + size : at + 2 * size]
    back = there[:at] + target + source + there[at + 2 * size :]
    elsewhere = there[:at] + source[:-1] + b"\x77" + there[at + size :]

    assert 0 != locate(there, RAW).scope == locate(back, RAW).scope
    assert locate(there, RAW).scope != locate(elsewhere, RAW).scope


def test_what_differs_by_direction_makes_no_scope(wire, locate, ipv4_tcp):
    """Labels of MPLS, tunnel identifiers of GTP, keys of GRE, and where a mirror stands."""
    labels = [wire(f"{MACS}  88 47  00 01 {n}1 40") + ipv4_tcp for n in "01"]
    gtp = [
        outer(17, datagram(2152, wire(f"30 ff 00 2d  00 00 00 0{n}") + ipv4_tcp)) for n in (1, 2)
    ]
    keys = [outer(GRE, wire(f"20 00  08 00  00 00 00 0{n}") + ipv4_tcp) for n in (1, 2)]
    mirror = wire(GRE_HEADERS["ERSPAN type II"]) + ipv4_tcp

    assert [0, 0] == [locate(packet).scope for packet in labels]
    assert [0, 0] == [locate(packet, RAW).scope for packet in gtp]
    assert 1 == len({locate(packet, RAW).scope for packet in keys})
    assert 0 == locate(outer(GRE, mirror), RAW).scope == locate(outer6(GRE, mirror), RAW).scope


def test_a_packet_without_tags_and_tunnels_has_no_scope(wire, locate, ipv4_tcp, ipv6_tcp):
    priority = wire(f"{MACS}  81 00 e0 00  08 00  # VLAN 0: a priority, and no VLAN")

    assert [0, 0] == [locate(packet, RAW).scope for packet in (ipv4_tcp, ipv6_tcp)]
    assert 0 == locate(priority + ipv4_tcp).scope
