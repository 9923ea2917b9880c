"""From the header of a radio to LLC: IEEE 802.11 frames, with what a capturing radio puts in front of them.

Only data frames carry packets; of these a sniffer without the network's key can read those that are not encrypted. Of
an aggregate (A-MSDU) the first frame is read. A data frame that was cut into fragments on the air is passed over: what
is captured that way is almost always encrypted, too.

Source: IEEE 802.11-2020 sections 9.2 and 9.3.2 (data frames); radiotap.org; the PPI specification of CACE Technologies;
the headers of the Prism and AVS drivers, as libpcap documents them for their LINKTYPEs.
"""

from __future__ import annotations

from tlsparse.columns import Buffer
from tlsparse.compiled import kernel
from tlsparse.net.words import u8, u32

IEEE802_11, PRISM, RADIOTAP, AVS, PPI = 105, 119, 127, 163, 192

CUT = -1
"""In place of an offset: the frame ends inside a header."""

NO_DATA = -4
"""In place of an offset: a frame without data that could be read."""

MISSED = -5
"""In place of an offset: a header in front of the frame that contradicts itself, or announces no 802.11."""


@kernel
def find_llc(data: Buffer, at: int, end: int, link: int) -> int:
    """Return where the LLC header of an 802.11 frame begins, or why there is none."""
    padded = 0
    if link == RADIOTAP:
        padded = _is_padded(data, at, end)
    at = _after_radio(data, at, end, link)
    if at < 0:
        return at
    return _after_80211(data, at, end, padded)


@kernel
def _after_radio(data: Buffer, at: int, end: int, link: int) -> int:
    """Skip what the radio has put in front; each kind of header says its own length."""
    if link == IEEE802_11:
        return at
    if at + 8 > end:
        return CUT
    if link == RADIOTAP:
        size = _u16_little(data, at + 2)
    elif link == PPI:
        if _u16_little(data, at + 4) != IEEE802_11:
            return MISSED
        size = _u16_little(data, at + 2)
    elif u32(data, at) & 0xFFFFF000 == 0x80211000:  # the magic of AVS, at home on either link type
        size = u32(data, at + 4)
    else:
        size = _u16_little(data, at + 4)
    if size < 8:
        return MISSED
    return at + size if at + size <= end else CUT


@kernel
def _is_padded(data: Buffer, at: int, end: int) -> int:
    """Tell (1 or 0) whether radiotap's flags say that the 802.11 header is padded to four bytes.

    The flags stand behind the words that tell which fields are present, and the first field, a timer aligned to eight.
    """
    if at + 8 > end or not u8(data, at + 4) & 0x02:
        return 0
    field = at + 4
    while u8(data, field + 3) & 0x80:  # another word follows
        field += 4
        if field + 4 > end:
            return 0
    field += 4
    if u8(data, at + 4) & 0x01:
        field = at + (field - at + 7 & ~7) + 8
    return 1 if field < end and u8(data, field) & 0x20 else 0


@kernel
def _after_80211(data: Buffer, at: int, end: int, padded: int) -> int:
    """Skip the header of a data frame (section 9.3.2.1): three addresses or four, QoS, HT."""
    if at + 24 > end:
        return CUT
    control, flags = u8(data, at), u8(data, at + 1)
    if control & 0x0F != 0x08 or control & 0x40:  # version 0 and type 2; "null" has no data
        return NO_DATA
    if flags & 0x40 or flags & 0x04 or u8(data, at + 22) & 0x0F:  # protected; in fragments
        return NO_DATA
    size = 24
    if flags & 0x03 == 0x03:  # from one distribution system to another: a fourth address
        size += 6
    aggregate = 0
    if control & 0x80:
        if at + size + 2 > end:
            return CUT
        aggregate = u8(data, at + size) & 0x80
        size += 2
        if flags & 0x80:  # HT control
            size += 4
    if padded:
        size = size + 3 & ~3
    if aggregate:  # the first subframe: destination, source, length
        size += 14
    return at + size if at + size <= end else CUT


@kernel
def _u16_little(data: Buffer, at: int) -> int:
    """Return the little-endian word at `at`: all these headers are that way round, AVS excepted."""
    return u8(data, at) + u8(data, at + 1) * 0x100
