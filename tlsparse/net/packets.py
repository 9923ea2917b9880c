"""One row for each packet of a block: who sent it to whom, and where its payload lies.

`locate` is a kernel. Its columns hold what the flow room needs and nothing more; a packet that carries neither TCP nor
UDP keeps in `protocol` the reason, and zeros elsewhere. A fragment's row says what `fragments` needs to put it back in
its place, that of an ICMP message where `icmp` finds it.
"""

from __future__ import annotations

from typing import NamedTuple

from tlsparse.columns import Buffer, Column, column
from tlsparse.compiled import invoke, kernel
from tlsparse.net.ip import FRAGMENT, NOT_IP, find_transport_ipv4, find_transport_ipv6
from tlsparse.net.link import (
    CUT,
    ETHERTYPE_IPV4,
    ETHERTYPE_IPV6,
    SCOPE_MASK,
    UNKNOWN,
    find_network,
)
from tlsparse.net.tunnels import NO_TUNNEL, open_tunnel
from tlsparse.net.words import IPV4_MAPPED, i64, u8, u16, u32
from tlsparse.pcap.block import Block

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58

HIGHEST_PROTOCOL = 255
"""Above the numbers of protocols stand the reasons why there is none."""

NO_IP = 258
"""In place of a protocol number: the link layer carries something other than IP."""

HEADER_CUT = 259
"""In place of a protocol number: the packet was captured only up to the middle of a header."""

UNKNOWN_LINK = 260
"""In place of a protocol number: a link type that is not known here."""


UNREACHABLE, TIME_EXCEEDED = 3, 11
"""Types of ICMP that are errors (RFC 792)."""

UNREACHABLE6, TOO_BIG6, TIME_EXCEEDED6 = 1, 2, 3
"""Types of ICMPv6 that are errors (RFC 4443 section 3)."""

ERROR_BYTES = 8
"""Bytes of an error before the packet that it quotes."""

DEEPEST = 8
"""Tunnels within tunnels that are opened; more is an attack, or a loop in somebody's network."""


class Packets(NamedTuple):
    """Columns for the packets of one block; every column but the last two has `count` entries.

    Of a fragment, `payload` and the like are those of its bytes, `sequence` is the offset of the first of them in its
    packet, `flags` 1 if more are to follow and else 0, `window` the protocol number, and `identification` that of the
    IP header or fragment header.
    """

    protocol: Column  # IANA protocol number, or one of the reasons above
    source_high: Column  # address, as two signed 64-bit words (see `words`)
    source_low: Column
    target_high: Column
    target_low: Column
    source_port: Column
    target_port: Column
    payload: Column  # offset in the block's buffer
    length: Column  # payload bytes on the wire
    captured: Column  # payload bytes captured: fewer where a snap length cut the packet
    sequence: Column  # of TCP (RFC 9293 section 3.1), as are the rest
    acknowledgment: Column
    flags: Column
    window: Column
    ttl: Column  # time to live, or hop limit
    identification: Column  # of the IPv4 header; -1 for IPv6, which has none
    header: Column  # bytes of the TCP header; below zero if not all were captured
    scope: Column  # the network it is in, as a hash (see `link`); 0 where there is but one
    fragments: Column  # one entry: how many packets of the block are fragments
    unlocated: Column  # one entry: how many could not be read, rather than being something else
    errors: Column  # one entry: how many are errors of ICMP or ICMPv6


def locate_packets(block: Block) -> Packets:
    """Find addresses, ports and payload of every packet of the block."""
    packets = Packets(*(column(max(1, block.count)) for _ in Packets._fields))
    invoke(
        locate,
        block.data,
        block.count,
        block.offset,
        block.captured,
        block.length,
        block.link,
        packets,
    )
    return packets


@kernel
def locate(
    data: Buffer,
    count: int,
    offset: Column,
    captured: Column,
    length: Column,
    link: Column,
    packets: Packets,
) -> None:
    """Fill the columns of `packets` (a kernel)."""
    for i in range(count):
        end = offset[i] + captured[i]
        stop = offset[i] + max(length[i], captured[i])
        ethertype, at, stop, scope = find_network(data, offset[i], end, stop, link[i])
        protocol, transport, stop = _network(data, ethertype, at, end, stop)
        for _ in range(DEEPEST):
            inner, inside, inside_stop, inside_scope = open_tunnel(
                data, protocol, at, transport, min(end, stop), stop
            )
            if inner == NO_TUNNEL:
                break
            ethertype, at = inner, inside
            scope = (scope + inside_scope) & SCOPE_MASK
            protocol, transport, stop = _network(data, ethertype, at, end, inside_stop)
        if protocol == TCP:
            protocol = _tcp(data, transport, end, stop, packets, i)
        elif protocol == UDP:
            protocol = _udp(data, transport, end, stop, packets, i)
        elif protocol == FRAGMENT:
            protocol = _fragment(data, ethertype, at, transport, end, stop, packets, i)
        reports = is_error(data, protocol, transport, min(end, stop))
        if reports:
            _payload(transport, end, stop, packets, i)
            packets.errors[0] += 1
        packets.protocol[i] = protocol
        if reports or protocol in (TCP, UDP, FRAGMENT):
            _addresses(data, ethertype, at, packets, i)
            packets.scope[i] = scope
        elif protocol > HIGHEST_PROTOCOL and protocol != NO_IP:
            packets.unlocated[0] += 1
        if protocol == FRAGMENT:
            packets.fragments[0] += 1
            if ethertype == ETHERTYPE_IPV6:
                packets.identification[i] = u32(data, transport + 4)


@kernel
def is_error(data: Buffer, protocol: int, at: int, end: int) -> bool:
    """Tell whether a packet is an error of ICMP or ICMPv6, which says of another that it did not arrive."""
    if (protocol != ICMP and protocol != ICMPV6) or at + ERROR_BYTES > end:
        return False
    type = u8(data, at)
    if protocol == ICMP:
        return type in (UNREACHABLE, TIME_EXCEEDED)
    return UNREACHABLE6 <= type <= TIME_EXCEEDED6


@kernel
def _network(data: Buffer, ethertype: int, at: int, end: int, on_wire: int) -> tuple[int, int, int]:
    """Return protocol, offset of the transport header and end of its payload; or why there is none.

    Where there is none, a reason stands in place of the protocol.
    """
    if ethertype == ETHERTYPE_IPV4:
        return find_transport_ipv4(data, at, end, on_wire)
    if ethertype == ETHERTYPE_IPV6:
        return find_transport_ipv6(data, at, end, on_wire)
    return _reason(ethertype), at, at


@kernel
def _addresses(data: Buffer, ethertype: int, at: int, packets: Packets, i: int) -> None:
    if ethertype == ETHERTYPE_IPV4:
        packets.source_low[i] = IPV4_MAPPED | u32(data, at + 12)
        packets.target_low[i] = IPV4_MAPPED | u32(data, at + 16)
        packets.ttl[i] = u8(data, at + 8)
        packets.identification[i] = u16(data, at + 4)
    else:
        packets.source_high[i] = i64(data, at + 8)
        packets.source_low[i] = i64(data, at + 16)
        packets.target_high[i] = i64(data, at + 24)
        packets.target_low[i] = i64(data, at + 32)
        packets.ttl[i] = u8(data, at + 7)
        packets.identification[i] = -1


@kernel
def _reason(ethertype: int) -> int:
    if ethertype == CUT:
        return HEADER_CUT
    if ethertype == UNKNOWN:
        return UNKNOWN_LINK
    return NO_IP


@kernel
def _tcp(data: Buffer, at: int, end: int, stop: int, packets: Packets, i: int) -> int:
    """Read a TCP header; return the protocol number, or the reason why it cannot be read."""
    if at + 20 > end:
        return HEADER_CUT
    payload = at + (u8(data, at + 12) >> 4) * 4
    if payload < at + 20 or payload > stop:
        return NOT_IP
    packets.source_port[i] = u16(data, at)
    packets.target_port[i] = u16(data, at + 2)
    packets.sequence[i] = u32(data, at + 4)
    packets.acknowledgment[i] = u32(data, at + 8)
    packets.flags[i] = u8(data, at + 13)
    packets.window[i] = u16(data, at + 14)
    packets.header[i] = payload - at if payload <= end else at - payload
    _payload(payload, end, stop, packets, i)
    return TCP


@kernel
def _udp(data: Buffer, at: int, end: int, stop: int, packets: Packets, i: int) -> int:
    """Read a UDP header; the shorter of its length and IP's counts."""
    if at + 8 > end:
        return HEADER_CUT
    packets.source_port[i] = u16(data, at)
    packets.target_port[i] = u16(data, at + 2)
    length = u16(data, at + 4)
    if length >= 8 and at + length < stop:
        stop = at + length
    _payload(at + 8, end, stop, packets, i)
    return UDP


@kernel
def _fragment(
    data: Buffer,
    ethertype: int,
    at: int,
    transport: int,
    end: int,
    stop: int,
    packets: Packets,
    i: int,
) -> int:
    """Read where a fragment belongs: RFC 791 section 3.1, or the header of RFC 8200 section 4.5."""
    if ethertype == ETHERTYPE_IPV4:
        place = u16(data, at + 6)
        packets.sequence[i] = (place & 0x1FFF) * 8
        packets.flags[i] = place >> 13 & 1
        packets.window[i] = u8(data, at + 9)
    else:
        place = u16(data, transport + 2)
        packets.sequence[i] = place & 0xFFF8
        packets.flags[i] = place & 1
        packets.window[i] = u8(data, transport)
        transport += 8
    _payload(transport, end, stop, packets, i)
    return FRAGMENT


@kernel
def _payload(at: int, end: int, stop: int, packets: Packets, i: int) -> None:
    packets.payload[i] = at
    packets.length[i] = max(0, stop - at)
    packets.captured[i] = max(0, min(end, stop) - at)
