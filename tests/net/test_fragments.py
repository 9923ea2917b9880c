"""Fragments of one packet, however they come, are the packet; and memory is bounded."""

from __future__ import annotations

import struct
from array import array
from ipaddress import ip_address
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsparse.net import fragments
from tlsparse.net.fragments import BYTES_LIMIT, OPEN_LIMIT, REPEAT_NS, WAIT_NS, WAITING, Fragments
from tlsparse.net.packets import TCP, UDP, locate_packets
from tlsparse.pcap.block import NO_TIME, Block

RAW, ETHERNET = 101, 1
SECOND = 1_000_000_000
PAYLOAD = bytes(range(256)) * 4
TCP_HEADER = struct.pack(">HHIIBBHI", 50000, 443, 1000, 2000, 5 << 4, 0x18, 8192, 0)


class Piece(NamedTuple):
    """A fragment: where it belongs, its bytes, and whether more are to follow."""

    start: int
    data: bytes
    more: bool


def cut(data: bytes, *places: int) -> list[Piece]:
    ends = [*places, len(data)]
    return [
        Piece(start, data[start:end], end < len(data))
        for start, end in zip([0, *places], ends, strict=True)
    ]


def ipv4(
    piece: Piece, identification: int = 7, protocol: int = TCP, source: str = "192.0.2.1"
) -> bytes:
    """RFC 791 section 3.1: the flag "more fragments" is bit 13, the offset counts eight bytes."""
    place = piece.more << 13 | piece.start // 8
    addresses = ip_address(source).packed + ip_address("198.51.100.2").packed
    return (
        struct.pack(
            ">BBHHHBBH", 0x45, 0, 20 + len(piece.data), identification, place, 64, protocol, 0
        )
        + addresses
        + piece.data
    )


def ipv6(piece: Piece, identification: int = 70000, protocol: int = TCP) -> bytes:
    """RFC 8200 section 4.5: a header of eight bytes, offset and flag in its second word."""
    addresses = ip_address("2001:db8::1").packed + ip_address("2001:db8::2").packed
    fragment = struct.pack(">BBHI", protocol, 0, piece.start | piece.more, identification)
    length = len(fragment) + len(piece.data)
    return struct.pack(">IHBB", 6 << 28, length, 44, 60) + addresses + fragment + piece.data


def block_of(
    packets: list[bytes],
    first_packet: int = 1,
    link: int = RAW,
    times: list[int] | None = None,
    snap: int = 1 << 20,
) -> Block:
    kept = [packet[:snap] for packet in packets]
    sizes = array("q", map(len, kept))
    return Block(
        b"".join(kept),
        len(packets),
        first_packet,
        array("q", times or [SECOND] * len(packets)),
        array("q", (sum(sizes[:n]) for n in range(len(packets)))),
        sizes,
        array("q", map(len, packets)),
        array("q", [link] * len(packets)),
        array("q", [0] * len(packets)),
    )


def put_together(packets: list[bytes], into: Fragments | None = None, **more) -> list[tuple]:
    """Return for each packet its protocol, target port, and captured payload."""
    block = block_of(packets, **more)
    rows = locate_packets(block)
    whole = (into or Fragments()).put_together(block, rows)
    assert whole.first_packet == block.first_packet
    return [
        (
            rows.protocol[i],
            rows.target_port[i],
            bytes(whole.data[rows.payload[i] :][: rows.captured[i]]),
        )
        for i in range(block.count)
    ]


WHOLE = TCP_HEADER + PAYLOAD
HELD = (WAITING, 0, b"")


def outcome(rows: list[tuple]) -> list[tuple]:
    """Leave out what a fragment that waits says of itself."""
    return [HELD if row[0] == WAITING else row for row in rows]


# --- However they come -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [ipv4, ipv6])
def test_the_fragment_that_comes_last_carries_the_packet(write):
    one, two, three = (write(piece) for piece in cut(WHOLE, 8, 512))
    found = (TCP, 443, PAYLOAD)

    assert [HELD, HELD, found] == outcome(put_together([one, two, three]))
    assert [HELD, HELD, found] == outcome(put_together([three, one, two]))


@pytest.mark.parametrize("write", [ipv4, ipv6])
@settings(deadline=None)
@given(st.data())
def test_cut_anywhere_shuffled_and_repeated_they_are_the_same_packet(write, data):
    places = data.draw(st.sets(st.integers(1, len(WHOLE) // 8 - 1), min_size=1, max_size=30))
    pieces = cut(WHOLE, *(8 * place for place in sorted(places)))
    again = data.draw(st.lists(st.sampled_from(pieces), max_size=5))
    order = data.draw(st.permutations(pieces + again))
    rows = put_together([write(piece) for piece in order])
    last = max(order.index(piece) for piece in pieces)

    expected = [HELD] * len(order)
    expected[last] = (TCP, 443, PAYLOAD)
    assert expected == outcome(rows)


@pytest.mark.parametrize("write", [ipv4, ipv6])
def test_packets_between_fragments_stay_where_they_are(write):
    one, two = (write(piece) for piece in cut(WHOLE, 512))
    other = ipv4(Piece(0, TCP_HEADER + b"other", False))
    rows = put_together([other, one, other, two, other])

    assert [(TCP, 443, b"other")] * 3 == rows[::2]
    assert [HELD, (TCP, 443, PAYLOAD)] == outcome(rows[1::2])


@pytest.mark.parametrize("write", [ipv4, ipv6])
def test_fragments_may_come_in_different_blocks(write):
    together = Fragments()
    pieces = cut(WHOLE, 8, 16, 24)
    rows = []
    for number, piece in enumerate(pieces):
        rows += put_together([write(piece)], together, first_packet=1 + number)
    together.finish()

    assert [HELD] * 3 + [(TCP, 443, PAYLOAD)] == outcome(rows)
    assert 0 == together.given_up


def test_packets_of_different_numbers_addresses_or_protocols_are_not_mixed():
    headers = [
        {"identification": 1},
        {"identification": 2},
        {"identification": 1, "source": "192.0.2.9"},
        {"identification": 1, "protocol": 132},
    ]
    texts = [TCP_HEADER + bytes([65 + n]) * 500 for n in range(len(headers))]
    rounds = zip(*(cut(text, 256) for text in texts), strict=True)
    packets = [
        ipv4(piece, **header)
        for pieces in rounds
        for piece, header in zip(pieces, headers, strict=True)
    ]
    rows = put_together(packets)

    assert [HELD] * 4 == outcome(rows[:4])
    assert [(TCP, 443, text[20:]) for text in texts[:3]] == rows[4:7]
    assert 132 == rows[7][0]


def test_packets_of_different_vlans_are_not_mixed():
    one, two = cut(WHOLE, 512)
    frames = [
        bytes(12) + b"\x81\x00" + vlan.to_bytes(2, "big") + b"\x08\x00" + ipv4(piece)
        for vlan, piece in ((10, one), (20, two), (20, one), (10, two))
    ]
    rows = put_together(frames, link=ETHERNET)

    assert [HELD, HELD, (TCP, 443, PAYLOAD), (TCP, 443, PAYLOAD)] == outcome(rows)


def test_the_first_fragment_of_ipv6_says_what_follows():
    one, two = cut(WHOLE, 512)

    assert (TCP, 443, PAYLOAD) == put_together([ipv6(two, protocol=59), ipv6(one)])[1]


def test_padding_of_ethernet_is_no_part_of_a_fragment():
    one, two = cut(TCP_HEADER + b"hello", 16)
    frames = [bytes(12) + b"\x08\x00" + ipv4(piece).ljust(46, b"\xee") for piece in (one, two)]

    assert (TCP, 443, b"hello") == put_together(frames, link=ETHERNET)[1]


# --- Tunnels ---------------------------------------------------------------------------------------------------------


def test_fragments_inside_a_tunnel_are_put_together():
    packets = [ipv4(Piece(0, ipv4(piece), False), protocol=4) for piece in cut(WHOLE, 512)]

    assert [HELD, (TCP, 443, PAYLOAD)] == outcome(put_together(packets))


def test_a_tunnel_in_fragments_is_opened_and_keeps_its_scope():
    inner = ipv4(Piece(0, WHOLE, False))
    vxlan = bytes.fromhex("08000000 00002a00") + bytes(12) + b"\x08\x00" + inner
    udp = struct.pack(">HHHH", 50000, 4789, 8 + len(vxlan), 0) + vxlan
    unbroken = locate_packets(block_of([ipv4(Piece(0, udp, False), protocol=UDP)]))
    block = block_of([ipv4(piece, protocol=UDP) for piece in cut(udp, 512)])
    packets = locate_packets(block)
    Fragments().put_together(block, packets)

    assert TCP == packets.protocol[1]
    assert unbroken.scope[0] == packets.scope[1] != 0


def test_fragments_inside_a_tunnel_in_fragments_are_put_together():
    inner = [ipv4(piece, identification=1) for piece in cut(WHOLE, 512)]
    outer = [
        ipv4(piece, identification=2 + n, protocol=4)
        for n, packet in enumerate(inner)
        for piece in cut(packet, 256)
    ]

    assert [HELD] * 3 + [(TCP, 443, PAYLOAD)] == outcome(put_together(outer))


# --- Overlaps --------------------------------------------------------------------------------------------------------

BEGIN, END = Piece(0, TCP_HEADER + b"a" * 12, True), Piece(32, b"a" * 16, False)


def test_of_overlapping_fragments_of_ipv4_the_first_counts():
    later = Piece(24, b"b" * 16, True)
    rows = put_together([ipv4(BEGIN), ipv4(later), ipv4(END)])

    assert (TCP, 443, b"a" * 12 + b"b" * 8 + b"a" * 8) == rows[2]


def test_a_fragment_of_ipv4_may_cover_several_others():
    pieces = [
        Piece(24, b"a" * 8, True),
        Piece(40, b"a" * 8, False),
        Piece(16, TCP_HEADER[16:] + b"b" * 28, False),
        Piece(0, TCP_HEADER[:16], True),
    ]
    rows = put_together([ipv4(piece) for piece in pieces])

    assert (TCP, 443, b"bbbb" + b"a" * 8 + b"b" * 8 + b"a" * 8) == rows[3]


def test_overlapping_fragments_of_ipv6_make_their_packet_void():
    """RFC 5722 section 4: with all that have come and are still to come."""
    together = Fragments()
    pieces = [BEGIN, Piece(24, b"b" * 16, True), END, BEGIN]
    rows = put_together([ipv6(piece) for piece in pieces], together)
    together.finish()

    assert [HELD] * 4 == outcome(rows)
    assert (1, 4) == (together.first_given_up, together.given_up)


def test_a_fragment_behind_the_last_changes_nothing_in_ipv4():
    behind = Piece(48, b"b" * 16, False)

    assert (TCP, 443, b"a" * 28) == put_together([ipv4(END), ipv4(behind), ipv4(BEGIN)])[2]


# --- What stays incomplete -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [ipv4, ipv6])
@pytest.mark.parametrize("missing", range(3))
def test_a_packet_that_lacks_a_fragment_is_given_up_at_the_end(write, missing):
    together = Fragments()
    pieces = cut(WHOLE, 8, 512)
    del pieces[missing]
    rows = put_together([write(piece) for piece in pieces], together, first_packet=40)
    together.finish()

    assert [HELD] * 2 == outcome(rows)
    assert (40, 2) == (together.first_given_up, together.given_up)


def test_fragments_that_come_a_minute_later_are_those_of_another_packet():
    one, two = (ipv4(piece) for piece in cut(WHOLE, 512))
    together = Fragments()
    times = [0, WAIT_NS + 1, WAIT_NS + 2]

    assert [HELD, HELD, (TCP, 443, PAYLOAD)] == outcome(
        put_together([one, two, one], together, times=times)
    )
    assert 1 == together.given_up


def test_fragments_within_a_minute_are_put_together():
    one, two = (ipv4(piece) for piece in cut(WHOLE, 512))

    assert (TCP, 443, PAYLOAD) == put_together([one, two], times=[0, WAIT_NS])[1]
    assert (TCP, 443, PAYLOAD) == put_together([one, two], times=[NO_TIME, NO_TIME])[1]


def test_copies_of_fragments_start_no_packet_and_a_number_may_be_used_again():
    one, two = (ipv4(piece) for piece in cut(WHOLE, 512))
    together = Fragments()
    later = REPEAT_NS + 1
    rows = put_together([one, one, two, two], together, times=[0, 1, 2, 3])
    rows += put_together([one, two], together, times=[later + 2, later + 3])
    together.finish()

    assert [HELD, HELD, (TCP, 443, PAYLOAD), HELD] == outcome(rows[:4])
    assert [HELD, (TCP, 443, PAYLOAD)] == outcome(rows[4:])
    assert 0 == together.given_up


def test_a_packet_longer_than_packets_can_be_is_given_up():
    """The "ping of death": a last fragment that goes past 65535 bytes."""
    together = Fragments()
    last = ipv4(Piece(65528, bytes(100), False))

    assert [HELD] == outcome(put_together([last], together))
    assert 1 == together.given_up
    assert 0 == together._bytes


def test_a_fragment_in_the_middle_that_is_no_multiple_of_eight_is_given_up():
    together = Fragments()
    put_together([ipv4(Piece(0, bytes(18), True))], together)

    assert 1 == together.given_up


def test_the_longest_packet_is_put_together():
    whole = (TCP_HEADER + PAYLOAD * 64)[: 65535 - 20]
    rows = put_together([ipv4(piece) for piece in cut(whole, *range(1480, len(whole), 1480))])

    assert (TCP, 443, whole[20:]) == rows[-1]


def test_of_fragments_cut_by_a_snap_length_the_bytes_before_the_cut_are_there():
    one, two = (ipv4(piece) for piece in cut(WHOLE, 512))
    block = block_of([two, one], snap=120)
    packets = locate_packets(block)
    whole = Fragments().put_together(block, packets)
    at, captured = packets.payload[1], packets.captured[1]

    assert (TCP, len(PAYLOAD)) == (packets.protocol[1], packets.length[1])
    assert PAYLOAD[:80] == bytes(whole.data[at : at + captured])


# --- Bounds ----------------------------------------------------------------------------------------------------------


def test_no_more_packets_wait_than_the_limit(monkeypatch):
    monkeypatch.setattr(fragments, "OPEN_LIMIT", 16)
    together = Fragments()
    first = Piece(0, bytes(8), True)
    put_together([ipv4(first, identification=n) for n in range(100)], together)

    assert 16 == len(together._open)
    assert (1, 84) == (together.first_given_up, together.given_up)
    assert OPEN_LIMIT > 16


def test_no_more_bytes_wait_than_the_limit():
    """Each fragment is small, but stands at the far end of a packet."""
    together = Fragments()
    last = Piece(65504, bytes(8), True)
    put_together([ipv4(last, identification=n) for n in range(1000)], together)

    assert BYTES_LIMIT - 65512 <= together._bytes <= BYTES_LIMIT
    assert together._bytes == sum(len(packet.data) for packet in together._open.values())
    together.finish()
    assert (0, 1000) == (together._bytes, together.given_up)


def test_no_more_packets_that_are_whole_are_remembered_than_the_limit(monkeypatch):
    monkeypatch.setattr(fragments, "OPEN_LIMIT", 16)
    together = Fragments()
    pieces = cut(TCP_HEADER, 8)
    put_together([ipv4(p, identification=n) for n in range(100) for p in pieces], together)

    assert len(together._whole) <= 17


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.booleans()), max_size=30))
@pytest.mark.parametrize("write", [ipv4, ipv6])
def test_no_fragments_raise(write, places):
    together = Fragments()
    packets = [write(Piece(8 * start, bytes(length), more)) for start, length, more in places]
    if packets:
        rows = put_together(packets, together)
        assert {row[0] for row in rows} <= {WAITING, TCP, 256, 259} | {
            TCP for piece in places if not piece[0] and not piece[2]
        }
    together.finish()

    assert 0 == together._bytes
    assert together.given_up <= len(packets)


def test_a_block_without_fragments_is_left_as_it_is():
    block = block_of([ipv4(Piece(0, WHOLE, False))])

    assert block is Fragments().put_together(block, locate_packets(block))


@pytest.mark.parametrize(
    ("name", "handshakes"),
    [
        ("d_tcp_ip_fragments_ok_curl_nginx_12.pcap", [6, 15]),
        ("d_tcp_ip_fragments_reversed_cert_expired_go_go_13.pcap", [5, 14]),
    ],
)
@pytest.mark.shared
def test_messages_in_fragments_have_the_packet_numbers_of_wireshark(shared, name, handshakes):
    import tlsparse

    messages = tlsparse.read(shared / "diagbench/open" / name).messages

    assert handshakes == list(dict.fromkeys(messages["packet"]))[:2]
