"""IP fragments, put back together.

A router that must send a packet through a narrower link cuts it (IPv4), or its sender does (IPv6); only the first
fragment has the transport header. `Fragments` keeps the pieces of each packet until all are there; then the row of the
fragment that came last, which so far named a fragment, becomes that of the whole packet, as if it had come in one piece
at that moment. That is Wireshark's account, too. What is inside a whole packet is found as ever, so fragments may come
in tunnels, hold tunnels, and be fragments again.

What a packet still lacks is kept as a list of holes (RFC 815). Fragments may overlap only if somebody wants to
deceive: the first to come counts in IPv4; in IPv6 all of the packet is void (RFC 5722). An exact repetition is none of
this. Memory is bounded: what waits too long, or would be too much, is given up, the oldest first.

Source: RFC 791 section 3.2, RFC 8200 section 4.5, RFC 815, RFC 5722.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from dataclasses import replace
from operator import add, itemgetter
from typing import NamedTuple

from tlsparse.columns import column
from tlsparse.net.ip import FRAGMENT
from tlsparse.net.link import IPV4, IPV6, SCOPE_MASK
from tlsparse.net.packets import DEEPEST, Packets, locate_packets
from tlsparse.net.words import IPV4_MAPPED
from tlsparse.pcap.block import Block

WAITING = 261
"""In place of a protocol number: a fragment that has been taken, and is accounted for with its packet."""

WAIT_NS = 60_000_000_000
"""How long the fragments of one packet may take, as in RFC 8200 section 4.5."""

REPEAT_NS = 100_000_000
"""How long fragments of a packet that is whole are taken for repetitions, not for the next packet of that number."""

OPEN_LIMIT = 4096
"""Packets that wait for fragments at any time."""

BYTES_LIMIT = 16 << 20
"""Bytes that these may have in all."""

LONGEST = {IPV4: 0xFFFF - 20, IPV6: 0xFFFF}
"""Bytes that a packet may carry, by version; more is the "ping of death"."""

ENDLESS = 1 << 17
"""Where the last hole ends while the last fragment is missing: past everything."""


class _Key(NamedTuple):
    """What the fragments of one packet have in common."""

    scope: int
    source_high: int
    source_low: int
    target_high: int
    target_low: int
    protocol: int  # 0 for IPv6, whose fragments may differ in it
    identification: int


class _Packet:
    """One packet, as far as its fragments are there."""

    def __init__(self, number: int, time_ns: int, link: int) -> None:
        self.number = number  # of its first fragment
        self.time_ns = time_ns
        self.link = link
        self.protocol = 0
        self.fragments = 0
        self.data = bytearray()
        self.readable = ENDLESS  # from here on bytes are missing that a snap length cut off
        self.holes = [(0, ENDLESS)]
        self.void = False

    def fill(self, start: int, data: bytes, length: int, last: bool) -> None:
        """Lay the bytes of a fragment into the holes; `length` counts those that were cut off, too."""
        end = start + length
        place = bisect_right(self.holes, start, key=itemgetter(1))
        if self.link == IPV6 and self._overlaps(place, start, end):
            repeats = self.data[start:end].startswith(data)
            self.void = self.void or not repeats or self._touches(place, end)
        if self.void:
            return
        while self._touches(place, end):
            begin, finish = self.holes.pop(place)
            low, high = max(start, begin), min(end, finish)
            self.data.extend(bytes(max(0, high - len(self.data))))
            self.data[low:high] = data[low - start : high - start].ljust(high - low, b"\0")
            if start + len(data) < high:
                self.readable = min(self.readable, max(low, start + len(data)))
            for hole in ((begin, low), (high, finish)):
                if hole[0] < hole[1]:
                    self.holes.insert(place, hole)
                    place += 1
        if last and self.holes and self.holes[-1] == (end, ENDLESS):
            self.holes.pop()

    def _overlaps(self, place: int, start: int, end: int) -> bool:
        """Tell whether some byte is there already: the bytes do not all lie in the hole at `place`."""
        if place == len(self.holes):
            return True
        begin, finish = self.holes[place]
        return start < begin or end > finish

    def _touches(self, place: int, end: int) -> bool:
        return place < len(self.holes) and self.holes[place][0] < end


class Fragments:
    """The fragments of a capture that wait for others.

    Attributes
    ----------
    first_given_up
        Number of the first packet that is a fragment for which others were missing; 0 if there is none.
    given_up
        How many such fragments there are.
    """

    def __init__(self) -> None:
        self.first_given_up = 0
        self.given_up = 0
        self._open: dict[_Key, _Packet] = {}  # oldest first
        self._whole: dict[_Key, int] = {}  # time (ns) at which a packet was whole; oldest first
        self._bytes = 0

    def put_together(self, block: Block, packets: Packets) -> Block:
        """Take the fragments of a block out of its rows, and put in the packets that they complete.

        Returns
        -------
        Block
            The one in whose buffer the payloads lie: the same one, unless a packet has become whole.
        """
        if not packets.fragments[0]:
            return block
        end = max(map(add, block.offset[: block.count], block.captured[: block.count]))
        whole = []
        size = end
        for i in range(block.count):
            if packets.protocol[i] != FRAGMENT:
                continue
            packets.protocol[i] = WAITING
            found = self._follow(block, packets, i)
            if found is None:
                continue
            data, row = found
            for values, value in zip(packets[:-3], row[:-3], strict=True):
                values[i] = value[0]
            packets.unlocated[0] += row.unlocated[0]
            packets.errors[0] += row.errors[0]
            packets.payload[i] += size
            size += len(data)
            whole.append(data)
        return _extended(block, end, whole) if whole else block

    def finish(self) -> None:
        """Give up what is still incomplete, because the capture is at its end."""
        while self._open:
            self._give_up(next(iter(self._open)))

    def _follow(self, block: Block, packets: Packets, i: int) -> tuple[bytes, Packets] | None:
        """Take one fragment; return the packet that it completes and its row, unless it was itself a fragment."""
        number, time_ns = block.first_packet + i, block.time_ns[i]
        for _ in range(DEEPEST):
            completed = self._take(block, packets, i)
            if completed is None:
                return None
            scope = packets.scope[i]
            block, i = _block_of_one(*completed, number, time_ns), 0
            packets = locate_packets(block)
            packets.scope[0] = (packets.scope[0] + scope) & SCOPE_MASK
            if packets.protocol[0] != FRAGMENT:
                return bytes(block.data), packets
        return None

    def _take(self, block: Block, packets: Packets, i: int) -> tuple[_Packet, bytes] | None:
        """Take one fragment; return the packet that it completes, and an IP header for it."""
        number, time_ns = block.first_packet + i, block.time_ns[i]
        link = IPV4 if _is_ipv4(packets, i) else IPV6
        start, length, last = packets.sequence[i], packets.length[i], not packets.flags[i]
        if start + length > LONGEST[link] or not (last or length % 8 == 0):
            self._count(number, 1)
            return None
        key = _Key(
            packets.scope[i],
            packets.source_high[i],
            packets.source_low[i],
            packets.target_high[i],
            packets.target_low[i],
            packets.window[i] if link == IPV4 else 0,
            packets.identification[i],
        )
        self._forget(time_ns)
        if time_ns - self._whole.get(key, time_ns - REPEAT_NS - 1) <= REPEAT_NS:
            return None
        packet = self._open.get(key)
        if packet is None:
            packet = self._open[key] = _Packet(number, time_ns, link)
        at = packets.payload[i]
        before = len(packet.data)
        packet.fill(start, bytes(block.data[at : at + packets.captured[i]]), length, last)
        self._bytes += len(packet.data) - before
        packet.fragments += 1
        if start == 0 or link == IPV4:
            packet.protocol = packets.window[i]
        if packet.holes:
            self._make_room()
            return None
        del self._open[key]
        self._bytes -= len(packet.data)
        self._whole.pop(key, None)
        self._whole[key] = time_ns
        return packet, _header(packets, i, packet)

    # --- Bounds ---------------------------------------------------------------------------------------------------

    def _forget(self, now_ns: int) -> None:
        """Give up the packets that have waited too long."""
        while self._open:
            key, packet = next(iter(self._open.items()))
            if now_ns - packet.time_ns <= WAIT_NS:
                break
            self._give_up(key)

    def _make_room(self) -> None:
        while len(self._open) > OPEN_LIMIT or self._bytes > BYTES_LIMIT:
            self._give_up(next(iter(self._open)))
        while len(self._whole) > OPEN_LIMIT:
            del self._whole[next(iter(self._whole))]

    def _give_up(self, key: _Key) -> None:
        packet = self._open.pop(key)
        self._bytes -= len(packet.data)
        self._count(packet.number, packet.fragments)

    def _count(self, number: int, fragments: int) -> None:
        self.first_given_up = min(self.first_given_up or number, number)
        self.given_up += fragments


def _is_ipv4(packets: Packets, i: int) -> bool:
    return packets.source_high[i] == 0 and packets.source_low[i] >> 32 == IPV4_MAPPED >> 32


def _header(packets: Packets, i: int, packet: _Packet) -> bytes:
    """Make the IP header that the packet would have had, without options and extension headers."""
    if packet.link == IPV4:
        return struct.pack(
            ">BBHHHBBHII",
            *(0x45, 0, 20 + len(packet.data)),
            *(packets.identification[i] & 0xFFFF, 0, packets.ttl[i], packet.protocol, 0),
            *(packets.source_low[i] & 0xFFFFFFFF, packets.target_low[i] & 0xFFFFFFFF),
        )
    return struct.pack(
        ">IHBBqqqq",
        *(6 << 28, len(packet.data), packet.protocol, packets.ttl[i]),
        *(packets.source_high[i], packets.source_low[i]),
        *(packets.target_high[i], packets.target_low[i]),
    )


def _block_of_one(packet: _Packet, header: bytes, number: int, time_ns: int) -> Block:
    length = len(header) + len(packet.data)
    return Block(
        data=header + packet.data,
        count=1,
        first_packet=number,
        time_ns=column(1, time_ns),
        offset=column(1, 0),
        captured=column(1, min(length, len(header) + packet.readable)),
        length=column(1, length),
        link=column(1, packet.link),
        interface=column(1, 0),
    )


def _extended(block: Block, end: int, whole: list[bytes]) -> Block:
    """Return the block with a buffer of its own, in which other packets follow its own at `end`."""
    data = bytearray(end)
    begin = min(block.offset[: block.count])
    data[begin:] = memoryview(block.data)[begin:end]
    for packet in whole:
        data += packet
    return replace(block, data=data)
