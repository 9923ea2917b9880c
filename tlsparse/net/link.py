"""From the link layer to the network layer: which protocol follows, and where.

Every link type leads to an EtherType and an offset. What is not IP is not ours and keeps its EtherType; what cannot
be read gives `CUT` (the packet ends inside the header) or `UNKNOWN` (a link type that is not known here).

Beside them stands a *scope*: a number for the network that the packet is in, so that the same addresses in two networks
are kept apart. Only what both directions of a conversation have in common makes a scope: VLANs and PPPoE sessions here,
more in `tunnels`; MPLS labels differ by direction. It is a sum of hashes, and 0 where nothing was said.

Source: the LINKTYPE registry of the Tcpdump Group; IEEE 802.1Q, 802.1ad and 802.2; RFC 1042; RFC 1662.
"""

from __future__ import annotations

from tlsparse.columns import Buffer
from tlsparse.compiled import kernel
from tlsparse.net.wifi import AVS, IEEE802_11, MISSED, NO_DATA, PPI, PRISM, RADIOTAP, find_llc
from tlsparse.net.words import mix, u8, u16

NULL, ETHERNET, PPP, CHDLC, LOOP = 0, 1, 9, 104, 108
RAW, RAW_BSD, RAW_OPENBSD, IPV4, IPV6 = 101, 12, 14, 228, 229
LINUX_SLL, LINUX_SLL2 = 113, 276

ETHERTYPE_IPV4 = 0x0800
ETHERTYPE_IPV6 = 0x86DD
ETHERTYPE_BRIDGED = 0x6558
"""Transparent Ethernet bridging: another Ethernet header follows."""

CUT = -1
UNKNOWN = -2

OF_VLAN, OF_PPPOE = 1 << 28, 2 << 28
"""Seeds of the hashes that make a scope; the numbers hashed have 24 bits at most."""

SCOPE_MASK = 0xFFFFFFFF


@kernel
def find_network(
    data: Buffer, at: int, end: int, stop: int, link: int
) -> tuple[int, int, int, int]:
    """Return the EtherType of what the link layer carries, where that begins and where it may end at most, its scope.

    `end` is where the captured bytes end, `stop` where the packet ended on the wire.
    """
    if link == ETHERNET:
        return after_ethertype(data, at + 12, end, stop)
    if link == LINUX_SLL:
        return after_ethertype(data, at + 14, end, stop)
    if link == LINUX_SLL2:
        if at + 20 > end:
            return CUT, end, stop, 0
        return _after_tags(data, u16(data, at), at + 20, end, stop)
    if link in (NULL, LOOP):
        if at + 4 > end:
            return CUT, end, stop, 0
        return _of_address_family(data, at), at + 4, stop, 0
    if link in (RAW, RAW_BSD, RAW_OPENBSD, IPV4, IPV6):
        return of_ip_version(data, at, end), at, stop, 0
    if link == PPP:
        return after_ppp(data, at, end, stop)
    if link == CHDLC:
        return after_ethertype(data, at + 2, end, stop)
    if link in (IEEE802_11, PRISM, RADIOTAP, AVS, PPI):
        return _after_radio(data, at, end, stop, link)
    return UNKNOWN, at, stop, 0


@kernel
def after_ethertype(data: Buffer, at: int, end: int, stop: int) -> tuple[int, int, int, int]:
    """Read the EtherType at `at` and what follows it: tags, PPPoE, MPLS, LLC, or the network layer."""
    if at + 2 > end:
        return CUT, end, stop, 0
    return _after_tags(data, u16(data, at), at + 2, end, stop)


@kernel
def _after_radio(
    data: Buffer, at: int, end: int, stop: int, link: int
) -> tuple[int, int, int, int]:
    """Read what an 802.11 frame carries: always LLC."""
    at = find_llc(data, at, end, link)
    if at == NO_DATA:
        return 0, end, stop, 0
    if at == MISSED:
        return UNKNOWN, end, stop, 0
    if at < 0:
        return CUT, end, stop, 0
    return _after_tags(data, 0, at, end, stop)


@kernel
def _after_tags(
    data: Buffer, ethertype: int, at: int, end: int, stop: int
) -> tuple[int, int, int, int]:
    """Skip any number of VLAN tags, and what else may stand between the link and the network layer.

    An EtherType below 0x0600 is a length, and LLC follows.
    """
    tags = 0  # the last two VLAN identifiers; 0 is that of a tag that only has a priority
    while True:
        if ethertype in (0x8100, 0x88A8, 0x9100, 0x9200, 0x9300):
            if at + 4 > end:
                return CUT, end, stop, 0
            vlan = u16(data, at) & 0xFFF
            if vlan:
                tags = (tags << 12 | vlan) & 0xFFFFFF
            ethertype = u16(data, at + 2)
            at += 4
        elif ethertype in (0x8847, 0x8848):
            ethertype, at = _after_labels(data, at, end)
        elif ethertype == ETHERTYPE_BRIDGED:
            if at + 14 > end:
                return CUT, end, stop, 0
            ethertype = u16(data, at + 12)
            at += 14
        elif 0 <= ethertype < 0x0600 and at + 8 <= end and u16(data, at) == 0xAAAA:
            ethertype = u16(data, at + 6)  # SNAP (RFC 1042)
            at += 8
        else:
            break
    scope = mix(OF_VLAN, tags) if tags else 0
    if ethertype == 0x8864:  # PPPoE session (RFC 2516 section 4): six bytes, then PPP's protocol
        if at + 6 > end:
            return CUT, end, stop, 0
        scope = (scope + mix(OF_PPPOE, u16(data, at + 2))) & SCOPE_MASK
        stop = min(stop, at + 6 + u16(data, at + 4))
        ethertype, at, stop, _ = after_ppp(data, at + 6, end, stop)
    return ethertype, at, stop, scope


@kernel
def _after_labels(data: Buffer, at: int, end: int) -> tuple[int, int]:
    """Skip MPLS labels; below the last is IP, or Ethernet (RFC 3032, 4385 and 4448)."""
    last = 0
    while not last:
        if at + 4 > end:
            return CUT, end
        last = u8(data, at + 2) & 1
        at += 4
    ethertype = of_ip_version(data, at, end)
    if ethertype != 0:
        return ethertype, at
    return ETHERTYPE_BRIDGED, at + 4 if _has_control_word(data, at, end) else at


@kernel
def _has_control_word(data: Buffer, at: int, end: int) -> bool:
    """Tell whether Ethernet begins after a control word: its first four bits are zero, but so may an address begin."""
    if u8(data, at) >> 4 != 0:
        return False
    if at + 18 <= end and u16(data, at + 16) in (0x0800, 0x86DD, 0x8100, 0x88A8):
        return True
    return at + 14 > end or u16(data, at + 12) not in (0x0800, 0x86DD, 0x8100, 0x88A8)


@kernel
def _of_address_family(data: Buffer, at: int) -> int:
    """Read BSD's address family, which is in the byte order of the capturing host, or network order."""
    family = u8(data, at) | u8(data, at + 3)
    if family == 2:
        return ETHERTYPE_IPV4
    if family in (10, 24, 28, 30):  # AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, Darwin
        return ETHERTYPE_IPV6
    return 0


@kernel
def of_ip_version(data: Buffer, at: int, end: int) -> int:
    """Return the EtherType that the first four bits of a packet without a link layer announce."""
    if at >= end:
        return CUT
    version = u8(data, at) >> 4
    if version == 4:
        return ETHERTYPE_IPV4
    if version == 6:
        return ETHERTYPE_IPV6
    return 0


@kernel
def after_ppp(data: Buffer, at: int, end: int, stop: int) -> tuple[int, int, int, int]:
    """Skip PPP's address and control fields, which may be left out, and its protocol.

    The protocol may be compressed to one byte, which is odd then (RFC 1661 section 6.5).
    """
    if at + 4 > end:
        return CUT, end, stop, 0
    if u8(data, at) == 0xFF and u8(data, at + 1) == 0x03:
        at += 2
    protocol = u8(data, at)
    at += 1
    if not protocol & 1:
        protocol = protocol * 0x100 + u8(data, at)
        at += 1
    if protocol == 0x0021:
        return ETHERTYPE_IPV4, at, stop, 0
    if protocol == 0x0057:
        return ETHERTYPE_IPV6, at, stop, 0
    return 0, at, stop, 0
