"""From the link layer to the network layer: which protocol follows, and where.

Every link type leads to an EtherType and an offset. What is not IP is not ours and keeps its EtherType; what cannot
be read gives `CUT` (the packet ends inside the header) or `UNKNOWN` (a link type that is not known here).

Source: the LINKTYPE registry of the Tcpdump Group; IEEE 802.1Q, 802.1ad and 802.2; RFC 1042; RFC 1662.
"""

from __future__ import annotations

from tlsparse.columns import Buffer
from tlsparse.compiled import kernel
from tlsparse.net.words import u8, u16

NULL, ETHERNET, PPP, CHDLC, LOOP = 0, 1, 9, 104, 108
RAW, RAW_BSD, RAW_OPENBSD, IPV4, IPV6 = 101, 12, 14, 228, 229
LINUX_SLL, LINUX_SLL2 = 113, 276

ETHERTYPE_IPV4 = 0x0800
ETHERTYPE_IPV6 = 0x86DD
ETHERTYPE_BRIDGED = 0x6558
"""Transparent Ethernet bridging: another Ethernet header follows."""

CUT = -1
UNKNOWN = -2


@kernel
def find_network(data: Buffer, at: int, end: int, stop: int, link: int) -> tuple[int, int, int]:
    """Return the EtherType of what the link layer carries, where that begins, and where it may end at most.

    `end` is where the captured bytes end, `stop` where the packet ended on the wire.
    """
    if link == ETHERNET:
        return after_ethertype(data, at + 12, end, stop)
    if link == LINUX_SLL:
        return after_ethertype(data, at + 14, end, stop)
    if link == LINUX_SLL2:
        if at + 20 > end:
            return CUT, end, stop
        return _after_tags(data, u16(data, at), at + 20, end, stop)
    if link in (NULL, LOOP):
        if at + 4 > end:
            return CUT, end, stop
        return _of_address_family(data, at), at + 4, stop
    if link in (RAW, RAW_BSD, RAW_OPENBSD, IPV4, IPV6):
        return of_ip_version(data, at, end), at, stop
    if link == PPP:
        return after_ppp(data, at, end, stop)
    if link == CHDLC:
        return after_ethertype(data, at + 2, end, stop)
    return UNKNOWN, at, stop


@kernel
def after_ethertype(data: Buffer, at: int, end: int, stop: int) -> tuple[int, int, int]:
    """Read the EtherType at `at` and what follows it: tags, PPPoE, MPLS, LLC, or the network layer."""
    if at + 2 > end:
        return CUT, end, stop
    return _after_tags(data, u16(data, at), at + 2, end, stop)


@kernel
def _after_tags(data: Buffer, ethertype: int, at: int, end: int, stop: int) -> tuple[int, int, int]:
    """Skip any number of VLAN tags, and what else may stand between the link and the network layer."""
    while True:
        if ethertype in (0x8100, 0x88A8, 0x9100, 0x9200, 0x9300):
            if at + 4 > end:
                return CUT, end, stop
            ethertype = u16(data, at + 2)
            at += 4
        elif ethertype in (0x8847, 0x8848):
            ethertype, at = _after_labels(data, at, end)
        elif ethertype == ETHERTYPE_BRIDGED:
            if at + 14 > end:
                return CUT, end, stop
            ethertype = u16(data, at + 12)
            at += 14
        else:
            break
    if ethertype == 0x8864:  # PPPoE session (RFC 2516 section 4): six bytes, then PPP's protocol
        if at + 6 > end:
            return CUT, end, stop
        return after_ppp(data, at + 6, end, min(stop, at + 6 + u16(data, at + 4)))
    if 0 <= ethertype < 0x0600 and at + 8 <= end and u16(data, at) == 0xAAAA:
        return u16(data, at + 6), at + 8, stop
    return ethertype, at, stop


@kernel
def _after_labels(data: Buffer, at: int, end: int) -> tuple[int, int]:
    """Skip MPLS labels; below the last is IP, or Ethernet with a control word (RFC 3032, 4385 and 4448)."""
    last = 0
    while not last:
        if at + 4 > end:
            return CUT, end
        last = u8(data, at + 2) & 1
        at += 4
    if at + 4 <= end and u8(data, at) >> 4 == 0:
        return ETHERTYPE_BRIDGED, at + 4
    return of_ip_version(data, at, end), at


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
def after_ppp(data: Buffer, at: int, end: int, stop: int) -> tuple[int, int, int]:
    """Skip PPP's address and control fields, which may be left out, and its protocol."""
    if at + 4 > end:
        return CUT, end, stop
    if u8(data, at) == 0xFF and u8(data, at + 1) == 0x03:
        at += 2
    protocol = u16(data, at)
    if protocol == 0x0021:
        return ETHERTYPE_IPV4, at + 2, stop
    if protocol == 0x0057:
        return ETHERTYPE_IPV6, at + 2, stop
    return 0, at + 2, stop
