"""From IP to the transport header: options, extension headers, lengths that lie."""

from __future__ import annotations

import pytest

from tlsparse.net.ip import FRAGMENT, NOT_IP
from tlsparse.net.packets import HEADER_CUT, TCP

RAW = 101


def with_length(packet: bytes, total: int) -> bytes:
    """An IPv4 packet with another total length."""
    return packet[:2] + total.to_bytes(2, "big") + packet[4:]


# --- IPv4 ------------------------------------------------------------------------------------------------------------


def test_time_to_live_and_identification_are_noted(locate, ipv4_tcp):
    row = locate(ipv4_tcp, RAW)

    assert (64, 7) == (row.ttl, row.identification)


def test_options_are_skipped(wire, locate, ipv4_tcp):
    options = wire("94 04 00 00  # router alert") + wire("01 01 01 00  # no operation, end")
    packet = b"\x47" + with_length(ipv4_tcp, 53)[1:20] + options + ipv4_tcp[20:]
    row = locate(packet, RAW)

    assert (TCP, 50000, 443, b"hello") == (row.protocol, row.source_port, row.target_port, row.data)


def test_the_padding_of_ethernet_is_no_payload(wire, locate, ipv4_tcp):
    """A frame has at least 60 bytes; the IP header says how many of them count."""
    ethernet = wire("02 00 00 00 00 02  02 00 00 00 00 01  08 00")
    acknowledgment = with_length(ipv4_tcp, 40)[:40]
    row = locate(ethernet + acknowledgment + bytes(6))

    assert (TCP, 0, 0) == (row.protocol, row.length, row.captured)
    row = locate(ethernet + ipv4_tcp + bytes(20))
    assert (5, b"hello") == (row.length, row.data)


def test_a_total_length_of_zero_is_that_of_the_packet(locate, ipv4_tcp):
    """Segmentation offload: the capture saw it before the network card wrote the length."""
    row = locate(with_length(ipv4_tcp, 0) + b", world", RAW)

    assert (TCP, 12, b"hello, world") == (row.protocol, row.length, row.data)


def test_a_total_length_of_zero_and_a_snap_length_go_together(locate, ipv4_tcp):
    row = locate(with_length(ipv4_tcp, 0), RAW, 9040)

    assert (9000, 5) == (row.length, row.captured)


def test_a_total_length_beyond_the_packet_ends_with_it(locate, ipv4_tcp):
    row = locate(with_length(ipv4_tcp, 60000), RAW)

    assert (TCP, 5, b"hello") == (row.protocol, row.captured, row.data)


@pytest.mark.parametrize("total", [1, 19, 20, 39])
def test_a_total_length_inside_the_headers_is_a_contradiction(locate, ipv4_tcp, total):
    row = locate(with_length(ipv4_tcp, total), RAW)

    assert row.protocol in (NOT_IP, HEADER_CUT)
    assert 0 == row.source_port


def test_a_header_of_less_than_20_bytes_is_a_contradiction(locate, ipv4_tcp):
    assert NOT_IP == locate(b"\x44" + ipv4_tcp[1:], RAW).protocol


@pytest.mark.parametrize("field", [b"\x20\x00", b"\x00\x01", b"\x3f\xff"])
def test_a_fragment_is_named_as_such(locate, ipv4_tcp, field):
    """More fragments, a fragment offset, or both."""
    assert FRAGMENT == locate(ipv4_tcp[:6] + field + ipv4_tcp[8:], RAW).protocol


def test_a_packet_that_must_not_be_fragmented_is_no_fragment(locate, ipv4_tcp):
    assert TCP == locate(ipv4_tcp[:6] + b"\x40\x00" + ipv4_tcp[8:], RAW).protocol


def test_another_protocol_keeps_its_number(locate, ipv4_tcp):
    icmp = ipv4_tcp[:9] + b"\x01" + ipv4_tcp[10:]
    row = locate(icmp, RAW)

    assert (1, 0, 0) == (row.protocol, row.source_low, row.payload)


# --- IPv6 ------------------------------------------------------------------------------------------------------------

EXTENSIONS = {
    "hop-by-hop options": (0, "06 00  05 02 00 00 01 00  # TCP follows; router alert, padding"),
    "hop-by-hop options of 16 bytes": (0, "06 01  01 0c 00 00 00 00 00 00 00 00 00 00 00 00"),
    "routing": (43, "06 02  04 00 00 00 00 00" + "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 03"),
    "fragment that is whole": (
        44,
        "06 00  00 00  00 00 00 01  # offset 0, none to follow (RFC 6946)",
    ),
    "authentication": (51, "06 04  00 00  00 00 00 01  00 00 00 01" + "aa" * 12),
    "destination options": (60, "06 00  01 04 00 00 00 00"),
    "mobility": (135, "06 00  00 00 00 00 00 00"),
    "host identity": (139, "06 00  00 00 00 00 00 00"),
    "shim6": (140, "06 00  80 00 00 00 00 00"),
}


def extended(packet: bytes, *chain: tuple[int, bytes]) -> bytes:
    """Put extension headers before the TCP header; each names what follows it."""
    protocols = [kind for kind, _ in chain] + [6]
    headers = b"".join(
        bytes([following]) + header[1:]
        for (_, header), following in zip(chain, protocols[1:], strict=True)
    )
    length = (len(headers) + len(packet) - 40).to_bytes(2, "big")
    return packet[:4] + length + bytes([protocols[0]]) + packet[7:40] + headers + packet[40:]


@pytest.mark.parametrize(("kind", "header"), EXTENSIONS.values(), ids=list(EXTENSIONS))
def test_extension_header_is_skipped(wire, locate, ipv6_tcp, kind, header):
    row = locate(extended(ipv6_tcp, (kind, wire(header))), RAW)

    assert (TCP, 50000, 443) == (row.protocol, row.source_port, row.target_port)
    assert (5, b"hello", 64, -1) == (row.length, row.data, row.ttl, row.identification)


def test_extension_headers_may_follow_one_another(wire, locate, ipv6_tcp):
    chain = [(kind, wire(header)) for kind, header in EXTENSIONS.values()]
    row = locate(extended(ipv6_tcp, *chain), RAW)

    assert (TCP, b"hello") == (row.protocol, row.data)


@pytest.mark.parametrize(("kind", "header"), EXTENSIONS.values(), ids=list(EXTENSIONS))
def test_extension_header_may_be_cut_anywhere(wire, locate, ipv6_tcp, kind, header):
    packet = extended(ipv6_tcp, (kind, wire(header)))
    for size in range(40, len(packet) - 25 + 20):
        row = locate(packet[:size], RAW, len(packet))
        assert row.protocol in (NOT_IP, HEADER_CUT)


def test_a_fragment_of_ipv6_is_named_as_such(wire, locate, ipv6_tcp):
    first = extended(ipv6_tcp, (44, wire("06 00  00 01  00 00 00 01  # more to follow")))
    later = extended(ipv6_tcp, (44, wire("06 00  00 08  00 00 00 01  # offset 8")))

    assert FRAGMENT == locate(first, RAW).protocol
    assert FRAGMENT == locate(later, RAW).protocol


def test_extension_headers_that_go_on_past_the_packet_are_a_contradiction(wire, locate, ipv6_tcp):
    """The last of them claims 2048 bytes."""
    packet = extended(ipv6_tcp, (60, wire("06 ff  00 00 00 00 00 00")))

    assert locate(packet, RAW).protocol in (NOT_IP, HEADER_CUT)


def test_the_length_of_ipv6_decides_where_the_payload_ends(wire, locate, ipv6_tcp):
    row = locate(ipv6_tcp + bytes(9), RAW)

    assert (5, b"hello") == (row.length, row.data)


def test_a_payload_length_of_zero_is_that_of_the_packet(locate, ipv6_tcp):
    row = locate(ipv6_tcp[:4] + b"\x00\x00" + ipv6_tcp[6:] + b", world", RAW)

    assert (TCP, 12, b"hello, world") == (row.protocol, row.length, row.data)


def test_a_packet_of_another_version_than_its_ethertype_says_is_not_ip(wire, locate, ipv4_tcp):
    ethernet = wire("02 00 00 00 00 02  02 00 00 00 00 01  86 dd")

    assert NOT_IP == locate(ethernet + ipv4_tcp).protocol
