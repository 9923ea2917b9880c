"""From the network layer to the transport layer: addresses, protocol and the extent of the payload.

The length in the IP header decides where the payload ends, so that Ethernet's padding and trailers are not taken for
data. Lengths are those of the wire; a capture cut by its snap length has fewer bytes, and the caller sees both.

Source: RFC 791 section 3.1 (IPv4), RFC 8200 sections 3 and 4 (IPv6), RFC 4302 (Authentication Header).
"""

from __future__ import annotations

from tlsparse.columns import Buffer
from tlsparse.compiled import kernel
from tlsparse.net.words import u8, u16

NOT_IP = 256
"""Stands in place of a protocol number: the packet ends inside an IP header, or the header contradicts itself."""

FRAGMENT = 257
"""Stands in place of a protocol number: a fragment, whose transport header or payload is elsewhere."""


@kernel
def find_transport_ipv4(data: Buffer, at: int, end: int, on_wire: int) -> tuple[int, int, int]:
    """Return protocol number, offset of the transport header, and offset at which its payload ends on the wire.

    Of a fragment, the offset is that of its bytes (IPv4), or of the fragment header before them (IPv6). `end` is where
    the captured bytes end; `on_wire` is where the packet ended on the wire.
    """
    if at + 20 > end or u8(data, at) >> 4 != 4:
        return NOT_IP, at, at
    header = (u8(data, at) & 15) * 4
    total = u16(data, at + 2)
    if total == 0:  # segmentation offload: the packet was captured before its length was known
        total = on_wire - at
    if header < 20 or total < header:
        return NOT_IP, at, at
    stop = min(on_wire, at + total)
    if u16(data, at + 6) & 0x3FFF:  # more fragments, or a fragment offset
        return FRAGMENT, at + header, stop
    return u8(data, at + 9), at + header, stop


@kernel
def find_transport_ipv6(data: Buffer, at: int, end: int, on_wire: int) -> tuple[int, int, int]:
    """Return the same as `find_transport_ipv4`, past all extension headers."""
    if at + 40 > end or u8(data, at) >> 4 != 6:
        return NOT_IP, at, at
    length = u16(data, at + 4)
    stop = (
        min(on_wire, at + 40 + length) if length else on_wire
    )  # zero: a jumbogram, or segmentation offload
    protocol = u8(data, at + 6)
    at += 40
    while protocol in (0, 43, 44, 51, 60, 135, 139, 140):
        if at + 8 > end:
            return NOT_IP, at, at
        following = u8(data, at)
        if protocol == 44:
            if u16(data, at + 2) & 0xFFF9:
                return FRAGMENT, at, stop
            at += 8
        elif protocol == 51:
            at += (u8(data, at + 1) + 2) * 4
        else:
            at += (u8(data, at + 1) + 1) * 8
        protocol = following
    if at > stop:
        return NOT_IP, at, at
    return protocol, at, stop
