"""What routers and hosts say of a packet that they would not, or could not, pass on: errors of ICMP and ICMPv6.

An error quotes the packet that it speaks of: its IP header and at least eight bytes more, which hold the ports of TCP
and UDP, and the sequence number of TCP. That names the flow. `read_errors` gives one row for each error whose quote can
be read that far; echoes, redirects and what else ICMP is for are passed over.

Nobody signs an error. Who takes one for true should compare its sequence number with what was sent (RFC 5927).

Source: RFC 792, RFC 1122 section 3.2.2, RFC 1812 section 5.2.7 (codes); RFC 1191 section 4 (next-hop MTU); RFC 4443
section 3 (ICMPv6).
"""

from __future__ import annotations

from typing import NamedTuple

from tlsparse.columns import Buffer, Column, column
from tlsparse.compiled import invoke, kernel
from tlsparse.net.ip import FRAGMENT, NOT_IP, find_transport_ipv6
from tlsparse.net.packets import (
    ERROR_BYTES,
    ICMP,
    ICMPV6,
    TCP,
    TIME_EXCEEDED,
    TIME_EXCEEDED6,
    TOO_BIG6,
    UNREACHABLE,
    UNREACHABLE6,
    Packets,
    is_error,
)
from tlsparse.net.words import IPV4_MAPPED, i64, u8, u16, u32
from tlsparse.pcap.block import Block

FRAGMENTATION_NEEDED = 4
"""Code of `UNREACHABLE`: the packet is too large for the next link, and may not be cut."""

LARGEST = 1 << 16
"""Bytes of a packet, at most; what is quoted of it is shorter, and that is no fault."""


class Errors(NamedTuple):
    """One row for each error; addresses and ports are those of the packet that it quotes."""

    position: Column  # of the error in the block
    kind: Column  # protocol, type and code in one number: a key of `NAMES`
    mtu: Column  # of the link that the packet was too large for; 0 where that is not said
    length: Column  # bytes of the quoted packet, its IP header included
    sequence: Column  # of TCP, of UDP 0
    source_high: Column
    source_low: Column
    target_high: Column
    target_low: Column
    source_port: Column
    target_port: Column


def error_kind(protocol: int, type: int, code: int) -> int:
    """Return the number that stands for an error in `Errors.kind`."""
    return protocol << 16 | type << 8 | code


NAMES = {
    error_kind(protocol, type, code): f"icmp_{name}"
    for protocol, type, names in (
        (
            ICMP,
            UNREACHABLE,
            (
                *("net_unreachable", "host_unreachable", "protocol_unreachable"),
                *("port_unreachable", "fragmentation_needed", "source_route_failed"),
                *("net_unknown", "host_unknown", "source_isolated", "net_prohibited"),
                *("host_prohibited", "net_unreachable", "host_unreachable", "admin_prohibited"),
                *("precedence_violation", "precedence_cutoff"),
            ),
        ),
        (ICMP, TIME_EXCEEDED, ("ttl_exceeded", "reassembly_timeout")),
        (
            ICMPV6,
            UNREACHABLE6,
            (
                *("net_unreachable", "admin_prohibited", "beyond_scope", "host_unreachable"),
                *("port_unreachable", "source_policy_failed", "route_rejected"),
            ),
        ),
        (ICMPV6, TOO_BIG6, ("packet_too_big",)),
        (ICMPV6, TIME_EXCEEDED6, ("ttl_exceeded", "reassembly_timeout")),
    )
    for code, name in enumerate(names)
}
"""Names of errors, as the codes have them; both versions of IP say some of them alike."""

UNNAMED = "icmp_unreachable"
"""An error with a code that is not known."""


def read_errors(block: Block, packets: Packets, protocol: int) -> tuple[Errors, int]:
    """Read the errors of a block that speak of packets of TCP, or of UDP; return them, and how many there are."""
    errors = Errors(*(column(packets.errors[0]) for _ in Errors._fields))
    if not packets.errors[0]:
        return errors, 0
    return errors, invoke(read_quotes, block.data, block.count, packets, protocol, errors)


@kernel
def read_quotes(data: Buffer, count: int, packets: Packets, protocol: int, errors: Errors) -> int:
    """Fill the columns of `errors` (a kernel); return how many rows there are."""
    row = 0
    for i in range(count):
        outer, at, end = (
            packets.protocol[i],
            packets.payload[i],
            packets.payload[i] + packets.captured[i],
        )
        if not is_error(data, outer, at, end):
            continue
        if not _quote(data, outer, at + ERROR_BYTES, end, protocol, errors, row):
            continue
        errors.position[row] = i
        errors.kind[row] = outer << 16 | u16(data, at)
        errors.mtu[row] = _mtu(data, outer, at)
        row += 1
    return row


@kernel
def _mtu(data: Buffer, outer: int, at: int) -> int:
    """Return what an error says of the next link; 0 where it says nothing, as old routers do."""
    if outer == ICMPV6:
        return u32(data, at + 4) if u8(data, at) == TOO_BIG6 else 0
    return u16(data, at + 6) if u16(data, at) == UNREACHABLE << 8 | FRAGMENTATION_NEEDED else 0


@kernel
def _quote(
    data: Buffer, outer: int, at: int, end: int, wanted: int, errors: Errors, row: int
) -> bool:
    """Read the packet that is quoted at `at`; return whether it is one of the protocol that is wanted."""
    if outer == ICMP:
        protocol, transport = _transport_ipv4(data, at, end)
    else:
        protocol, transport = _transport_ipv6(data, at, end)
    if protocol != wanted or transport + 8 > end:
        return False
    if outer == ICMP:
        errors.source_high[row], errors.source_low[row] = 0, IPV4_MAPPED | u32(data, at + 12)
        errors.target_high[row], errors.target_low[row] = 0, IPV4_MAPPED | u32(data, at + 16)
        errors.length[row] = u16(data, at + 2)
    else:
        errors.source_high[row], errors.source_low[row] = i64(data, at + 8), i64(data, at + 16)
        errors.target_high[row], errors.target_low[row] = i64(data, at + 24), i64(data, at + 32)
        errors.length[row] = 40 + u16(data, at + 4)
    errors.source_port[row] = u16(data, transport)
    errors.target_port[row] = u16(data, transport + 2)
    errors.sequence[row] = u32(data, transport + 4) if protocol == TCP else 0
    return True


@kernel
def _transport_ipv4(data: Buffer, at: int, end: int) -> tuple[int, int]:
    """Return protocol and offset of the transport header; that of a fragment only if it is the first."""
    if at + 20 > end or u8(data, at) >> 4 != 4:
        return NOT_IP, at
    header = (u8(data, at) & 15) * 4
    if header < 20 or u16(data, at + 6) & 0x1FFF:
        return NOT_IP, at
    return u8(data, at + 9), at + header


@kernel
def _transport_ipv6(data: Buffer, at: int, end: int) -> tuple[int, int]:
    """Return the same as `_transport_ipv4`, past all extension headers."""
    protocol, transport, _ = find_transport_ipv6(data, at, end, at + LARGEST)
    if protocol == FRAGMENT and not u16(data, transport + 2) & 0xFFF8:
        return u8(data, transport), transport + 8
    return protocol, transport
