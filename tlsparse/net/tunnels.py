"""From the payload of a tunnel to the layer inside it.

A tunnel is known by the protocol number or UDP port that carries it, and gives what the link layer gives: an EtherType,
an offset and a scope. Tunnels may be nested; the addresses of the innermost packet count.

The scope of VXLAN and Geneve is their network identifier, that of GRE and IP in IP the two ends of the tunnel, in
whatever order. GRE keys and GTP's tunnel identifiers differ by direction; the ends of a GTP tunnel change when a phone
moves on, and those of ERSPAN only say where the mirror stands. So these make no scope.

Source: RFC 2784, 2890 and 2637 (GRE), RFC 7348 (VXLAN), RFC 8926 (Geneve), 3GPP TS 29.281 section 5 (GTP-U), RFC 4380
(Teredo), RFC 2003 and 4213 (IP in IP), draft-foschiano-erspan (ERSPAN).
"""

from __future__ import annotations

from tlsparse.columns import Buffer
from tlsparse.compiled import kernel
from tlsparse.net.link import (
    CUT,
    ETHERTYPE_BRIDGED,
    ETHERTYPE_IPV4,
    ETHERTYPE_IPV6,
    SCOPE_MASK,
    after_ethertype,
    after_ppp,
    of_ip_version,
)
from tlsparse.net.words import mix, u8, u16, u32

IPIP, UDP, IPV6_IN_IP, GRE = 4, 17, 41, 47

NO_TUNNEL = -3
"""In place of an EtherType: the payload is no tunnel."""

VXLAN_PORTS = (4789, 8472)
GENEVE_PORT = 6081
GTP_U_PORT = 2152
TEREDO_PORT = 3544

ETHERTYPE_PPP = 0x880B
ERSPAN_II, ERSPAN_III = 0x88BE, 0x22EB

OF_VXLAN, OF_GENEVE, OF_ENDS = 3 << 28, 4 << 28, 5 << 28
"""Seeds of the hashes that make a scope; `link` has others."""


@kernel
def open_tunnel(
    data: Buffer, protocol: int, header: int, at: int, end: int, stop: int
) -> tuple[int, int, int, int]:
    """Return what a tunnel holds: its EtherType, where it begins and may end, its scope.

    `header` is where the IP header begins, `at` where that which the protocol number announces; `end` and `stop` are
    where the captured bytes and those on the wire end. The EtherType is NO_TUNNEL for what is none.
    """
    if protocol == IPIP:
        return ETHERTYPE_IPV4, at, stop, _ends(data, header)
    if protocol == IPV6_IN_IP:
        return ETHERTYPE_IPV6, at, stop, _ends(data, header)
    if protocol == GRE:
        return _gre(data, header, at, end, stop)
    if protocol == UDP and at + 16 <= end:
        return _in_udp(data, u16(data, at), u16(data, at + 2), at + 8, end, stop)
    return NO_TUNNEL, at, stop, 0


@kernel
def _ends(data: Buffer, header: int) -> int:
    """Return the scope that the two addresses of an IP header make; it is the same when they are exchanged."""
    if u8(data, header) >> 4 == 4:
        words, at = 1, header + 12
    else:
        words, at = 4, header + 8
    one, other = OF_ENDS, OF_ENDS
    for _ in range(words):
        one, other = mix(one, u32(data, at)), mix(other, u32(data, at + 4 * words))
        at += 4
    return (one + other) & SCOPE_MASK


@kernel
def _gre(data: Buffer, header: int, at: int, end: int, stop: int) -> tuple[int, int, int, int]:
    """Skip the header of GRE, whose flags say which words it has, and that of ERSPAN."""
    if at + 4 > end:
        return CUT, end, stop, 0
    flags, protocol = u16(data, at), u16(data, at + 2)
    at += 4
    if flags & 0x8000 or flags & 0x4000:  # checksum and reserved word
        at += 4
    if flags & 0x2000:  # key
        at += 4
    if flags & 0x1000:  # sequence number
        at += 4
    if flags & 0x0007 == 1 and flags & 0x0080:  # acknowledgment number, of PPTP
        at += 4
    if protocol == ERSPAN_II and flags & 0x1000:
        return after_ethertype(data, at + 8 + 12, end, stop)
    if protocol == ERSPAN_II:  # type I has no header of its own
        return after_ethertype(data, at + 12, end, stop)
    if protocol == ERSPAN_III:
        if at + 12 > end:
            return CUT, end, stop, 0
        return after_ethertype(data, at + 12 + (8 if u8(data, at + 11) & 1 else 0) + 12, end, stop)
    ethertype, at, stop, scope = _by_protocol(data, protocol, at, end, stop)
    return ethertype, at, stop, (scope + _ends(data, header)) & SCOPE_MASK


@kernel
def _by_protocol(
    data: Buffer, protocol: int, at: int, end: int, stop: int
) -> tuple[int, int, int, int]:
    """Return what an EtherType of GRE or Geneve announces."""
    if protocol == ETHERTYPE_BRIDGED:
        return after_ethertype(data, at + 12, end, stop)
    if protocol == ETHERTYPE_PPP:
        return after_ppp(data, at, end, stop)
    return protocol, at, stop, 0


@kernel
def _in_udp(
    data: Buffer, source: int, target: int, at: int, end: int, stop: int
) -> tuple[int, int, int, int]:
    """Return what a UDP datagram holds, if its port is one of a tunnel and its header agrees."""
    if target in VXLAN_PORTS and u8(data, at) & 0x7F == 0x08 and u8(data, at + 7) == 0:
        network = mix(OF_VXLAN, u32(data, at + 4) >> 8)
        ethertype, at, stop, scope = after_ethertype(data, at + 8 + 12, end, stop)
        return ethertype, at, stop, (scope + network) & SCOPE_MASK
    if target == GENEVE_PORT and u8(data, at) >> 6 == 0:
        network = mix(OF_GENEVE, u32(data, at + 4) >> 8)
        inside = at + 8 + (u8(data, at) & 0x3F) * 4
        ethertype, at, stop, scope = _by_protocol(data, u16(data, at + 2), inside, end, stop)
        return ethertype, at, stop, (scope + network) & SCOPE_MASK
    if target == GTP_U_PORT or source == GTP_U_PORT:
        return _gtp_u(data, at, end, stop)
    if target == TEREDO_PORT or source == TEREDO_PORT:
        return _teredo(data, at, end, stop)
    return NO_TUNNEL, at, stop, 0


@kernel
def _gtp_u(data: Buffer, at: int, end: int, stop: int) -> tuple[int, int, int, int]:
    """Skip the header of GTPv1-U and its extension headers; only G-PDUs (255) carry a packet."""
    if u8(data, at) >> 4 != 3 or u8(data, at + 1) != 255:
        return NO_TUNNEL, at, stop, 0
    following = 0
    flags = u8(data, at)
    at += 8
    if flags & 0x07:
        if at + 4 > end:
            return CUT, end, stop, 0
        following = u8(data, at + 3) if flags & 0x04 else 0
        at += 4
    while following:
        if at + 4 > end or u8(data, at) == 0:
            return CUT, end, stop, 0
        at += u8(data, at) * 4
        if at > end:
            return CUT, end, stop, 0
        following = u8(data, at - 1)
    return of_ip_version(data, at, end), at, stop, 0


@kernel
def _teredo(data: Buffer, at: int, end: int, stop: int) -> tuple[int, int, int, int]:
    """Skip Teredo's authentication and origin indications, which begin with a zero byte."""
    if u8(data, at) == 0 and u8(data, at + 1) == 1:
        at += 13 + u8(data, at + 2) + u8(data, at + 3)
    if at + 8 <= end and u8(data, at) == 0 and u8(data, at + 1) == 0:
        at += 8
    if at + 40 <= end and u8(data, at) >> 4 == 6:
        return ETHERTYPE_IPV6, at, stop, 0
    return NO_TUNNEL, at, stop, 0
