"""UDP: which datagrams are worth a look?

A capture may hold a million datagrams of DNS, games and telephony, and a few dozen of DTLS or QUIC. The kernel `select`
looks at the first bytes of each, which tell nearly all of the rest apart, and hands on

- what looks like a record of DTLS or like a QUIC packet with a long header, which both tell their version;
- between two endpoints of which one was seen before: what may be a DTLS record with the unified header or a QUIC packet
  with a short header. That is application data, so of these only the first `QUIET_LIMIT` after each telling datagram.

Whatever else passes between known endpoints (STUN, RTP) is left alone. That a datagram looks like it proves little: who
takes the datagrams says so with `DatagramTable.forget` when it is something else after all.

The table has one slot for each pair of endpoints. One that was quiet for long leaves it as a `Pair`.

Source: RFC 6347 section 4.1, RFC 9147 section 4 (DTLS); RFC 8999 section 5 (QUIC); RFC 7983 (what shares the ports).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import NamedTuple

from tlsparse.columns import Buffer, Column, column
from tlsparse.compiled import invoke, kernel
from tlsparse.flow.endpoints import (
    ends_at,
    ends_of,
    leave_index,
    new_key,
    put_ends,
    spread,
)
from tlsparse.flow.errors import datagram_errors
from tlsparse.flow.flow import Endpoint, Milestone, address_text
from tlsparse.net.packets import UDP, Packets
from tlsparse.net.words import u8, u16, u32
from tlsparse.pcap.block import NO_TIME, Block

QUIET_LIMIT = 64
"""Datagrams of application data that are handed on after one that tells more. In DTLS 1.3 and QUIC they show that the
handshake is through."""

IDLE_NS = 300_000_000_000
"""After so much silence a conversation is over. DTLS waits up to a minute before it sends a flight again."""

PAIRS_LIMIT = 1 << 14
"""Pairs of endpoints between which DTLS or QUIC is spoken at a time. When a block of packets leaves more of them, those
that were quiet for longest are over."""

FIRST_SLOTS = 64

NOTHING, DTLS, QUIC = 0, 1, 2
"""What a datagram looks like, as bits."""

RESERVED_VERSION_BYTES = 1200
"""A client's first datagram has as many at least (RFC 9000 section 14.1)."""

LONGEST_ID = 20
"""Bytes in a connection id of QUIC, at most (RFC 9000 section 17.2)."""


class Pairs(NamedTuple):
    """One row for each slot of the table; side 0 is the endpoint that sorts lower."""

    kinds: Column  # what was seen of it, as bits; 0 for a slot that is free
    a_high: Column
    a_low: Column
    a_port: Column
    b_high: Column
    b_low: Column
    b_port: Column
    last_ns: Column  # of the last datagram of DTLS or QUIC, handed on or not
    passed: Column  # datagrams of application data that were not handed on
    quiet_a: Column  # datagrams of application data of A since its last that told more
    quiet_b: Column
    errors: Column  # errors of ICMP about its datagrams


class Chosen(NamedTuple):
    """What the kernel hands on: one row for a datagram."""

    position: Column  # of the packet in the block
    slot: Column
    side: Column


UNUSED, FREE, CHOSEN = 0, 1, 2
"""Places in the `counters` column: slots never used yet, slots given back, rows of `Chosen`."""


class Datagram(NamedTuple):
    """The payload of one UDP packet, as far as it was captured."""

    slot: int  # of its pair of endpoints, as long as that is in the table
    side: int  # 0 or 1: which endpoint sent it
    packet: int
    time_ns: int
    data: bytes


class Pair(NamedTuple):
    """Two endpoints whose conversation is over."""

    slot: int
    endpoints: tuple[Endpoint, Endpoint]
    last_ns: int
    passed: int  # datagrams that were not handed on
    seen_until_ns: int  # the capture goes on at least to this time
    errors: tuple[Milestone, ...] = ()  # of ICMP, about its datagrams


class DatagramTable:
    """All pairs of endpoints between which DTLS or QUIC may be spoken."""

    def __init__(self) -> None:
        self._pairs = Pairs(*(column(FIRST_SLOTS) for _ in Pairs._fields))
        self._index = column(4 * FIRST_SLOTS)
        self._key = new_key()
        self._free = column(FIRST_SLOTS)
        self._counters = column(3)
        self._counters[UNUSED] = FIRST_SLOTS
        self._forgotten: set[int] = set()
        self._errors: dict[int, list[Milestone]] = {}  # of ICMP, by slot
        self._now_ns = NO_TIME

    def add(self, block: Block, packets: Packets) -> Iterator[Datagram]:
        """Take the UDP packets of a block; yield those worth a look."""
        chosen = Chosen(*(column(min(block.count, 1 << 12)) for _ in Chosen._fields))
        done = 0
        while done < block.count:
            done = invoke(
                select,
                block.data,
                done,
                block.count,
                block.time_ns,
                packets,
                self._pairs,
                self._index,
                self._key,
                self._free,
                chosen,
                self._counters,
            )
            yield from self._read(block, packets, chosen)
            self._drop_forgotten()
            if self._counters[UNUSED] + self._counters[FREE] == 0:
                self._grow()
        for slot, error in datagram_errors(block, packets, self._pairs, self._index, self._key):
            self._errors.setdefault(slot, []).append(error)
        if block.count:
            self._now_ns = max(self._now_ns, block.time_ns[block.count - 1])

    def forget(self, slot: int) -> None:
        """Take a pair of endpoints out of the table: what looked like DTLS or QUIC was neither."""
        self._forgotten.add(slot)

    def peek(self, slot: int, now_ns: int) -> Pair:
        """Return a pair of endpoints as far as its conversation has come; the capture has got to `now_ns`."""
        return self._pair(slot)._replace(seen_until_ns=max(now_ns, self._pairs.last_ns[slot]))

    def retire(self) -> Iterator[Pair]:
        """Yield the pairs that were quiet for long, and of too many the quietest; give their slots back."""
        used = len(self._pairs.kinds) - self._counters[UNUSED]
        idle = column(used)
        before_ns = max(NO_TIME + 1, self._now_ns - IDLE_NS)  # without times nobody is idle
        count = invoke(find_idle, self._pairs, used, before_ns, idle)
        for slot in (*idle[:count], *self._too_many(count)):
            yield self._pair(slot)
            self.forget(slot)
        self._drop_forgotten()

    def _too_many(self, idle: int) -> list[int]:
        """Return the slots that were quiet for longest, the `idle` ones not counted; mostly none."""
        known = len(self._free) - self._counters[UNUSED] - self._counters[FREE]
        if known - idle <= PAIRS_LIMIT:
            return []
        kinds, last_ns = self._pairs.kinds, self._pairs.last_ns
        oldest_first = sorted(
            (slot for slot in range(len(kinds)) if kinds[slot]), key=last_ns.__getitem__
        )
        return oldest_first[idle : known - PAIRS_LIMIT // 2]

    def finish(self) -> Iterator[Pair]:
        """Yield every pair that is left, when the capture is at its end."""
        for slot, kinds in enumerate(self._pairs.kinds):
            if kinds:
                yield self._pair(slot)

    def _read(self, block: Block, packets: Packets, chosen: Chosen) -> Iterator[Datagram]:
        """Copy what was chosen out of the block, whose buffer will be used again."""
        data = memoryview(block.data)
        for row in range(self._counters[CHOSEN]):
            i, slot = chosen.position[row], chosen.slot[row]
            if slot not in self._forgotten:
                at = packets.payload[i]
                payload = bytes(data[at : at + packets.captured[i]])
                yield Datagram(
                    slot, chosen.side[row], block.first_packet + i, block.time_ns[i], payload
                )
        self._counters[CHOSEN] = 0
        data.release()

    def _pair(self, slot: int) -> Pair:
        pairs = self._pairs
        return Pair(
            slot,
            (
                Endpoint(address_text(pairs.a_high[slot], pairs.a_low[slot]), pairs.a_port[slot]),
                Endpoint(address_text(pairs.b_high[slot], pairs.b_low[slot]), pairs.b_port[slot]),
            ),
            pairs.last_ns[slot],
            pairs.passed[slot],
            max(self._now_ns, pairs.last_ns[slot]),
            tuple(self._errors.get(slot, ())),
        )

    # --- Room ---------------------------------------------------------------------------------------------------------

    def _drop_forgotten(self) -> None:
        """Give the slots of forgotten pairs back."""
        if self._forgotten:
            for slot in self._forgotten:
                self._errors.pop(slot, None)
            slots = array("q", sorted(self._forgotten))
            invoke(
                give_back, slots, self._pairs, self._index, self._key, self._free, self._counters
            )
            self._forgotten.clear()

    def _grow(self) -> None:
        """Double the number of slots."""
        slots = len(self._pairs.kinds)
        for values in self._pairs:
            values.extend(column(slots))
        self._free.extend(column(slots))
        self._counters[UNUSED] += slots
        self._index = self._indexed(8 * slots)

    def _indexed(self, size: int) -> Column:
        """Make the hash index of all pairs anew."""
        index = column(size)
        invoke(fill_pair_index, self._pairs, index, self._key)
        return index


@kernel
def select(
    data: Buffer,
    begin: int,
    count: int,
    time_ns: Column,
    packets: Packets,
    pairs: Pairs,
    index: Column,
    key: Column,
    free: Column,
    chosen: Chosen,
    counters: Column,
) -> int:
    """Choose the datagrams that are worth a look, from `begin` on (a kernel).

    Returns the position of the first packet not done: `count`, or less when a table is full.
    """
    for i in range(begin, count):
        if packets.protocol[i] != UDP or packets.captured[i] < 2:
            continue
        if counters[UNUSED] + counters[FREE] == 0 or counters[CHOSEN] == len(chosen.position):
            return i
        first = u8(data, packets.payload[i])
        looks = likeness(data, packets.payload[i], packets.captured[i], packets.length[i])
        if looks == NOTHING and counters[UNUSED] + counters[FREE] == len(free):
            continue  # nobody is known yet
        place = find_pair(packets, i, looks, pairs, index, key, free, counters)
        if place < 0:
            continue
        slot, side = place >> 1, place & 1
        pairs.kinds[slot] |= looks
        tells = looks == QUIC or (looks == DTLS and (first < 23 or first == 26))
        if looks == NOTHING and not may_be_data(first, pairs.kinds[slot]):
            continue
        pairs.last_ns[slot] = max(pairs.last_ns[slot], time_ns[i])
        quiet = pairs.quiet_b[slot] if side else pairs.quiet_a[slot]
        quiet = 0 if tells else quiet + 1
        if side:
            pairs.quiet_b[slot] = quiet
        else:
            pairs.quiet_a[slot] = quiet
        if quiet > QUIET_LIMIT:
            pairs.passed[slot] += 1
            continue
        row = counters[CHOSEN]
        chosen.position[row] = i
        chosen.slot[row] = slot
        chosen.side[row] = side
        counters[CHOSEN] = row + 1
    return count


@kernel
def likeness(data: Buffer, at: int, captured: int, length: int) -> int:
    """Tell what a datagram looks like by its first bytes: `DTLS`, `QUIC` or `NOTHING`."""
    first = u8(data, at)
    if 20 <= first <= 26:
        if captured < 13 or u8(data, at + 1) != 0xFE:
            return NOTHING
        minor = u8(data, at + 2)
        if (minor != 0xFF and minor != 0xFD) or (first != 25 and 13 + u16(data, at + 11) > length):
            return NOTHING
        return DTLS
    if first < 0x80 or captured < 7:
        return NOTHING
    version = u32(data, at + 1)
    if version == 0:
        return QUIC if is_version_negotiation(data, at, captured) else NOTHING
    if not first & 0x40 or u8(data, at + 5) > LONGEST_ID:
        return NOTHING
    if version == 1 or version == 0x6B3343CF or 0xFF00001D <= version <= 0xFF000022:
        return QUIC
    is_reserved = version & 0x0F0F0F0F == 0x0A0A0A0A and length >= RESERVED_VERSION_BYTES
    return QUIC if is_reserved else NOTHING


@kernel
def is_version_negotiation(data: Buffer, at: int, captured: int) -> bool:
    """Tell whether two connection ids and a list of versions fill a datagram (RFC 8999 section 6)."""
    first_id = u8(data, at + 5)
    if first_id > LONGEST_ID or 7 + first_id > captured:
        return False
    second_id = u8(data, at + 6 + first_id)
    rest = captured - 7 - first_id - second_id
    return second_id <= LONGEST_ID and rest > 0 and rest % 4 == 0


@kernel
def may_be_data(first: int, kinds: int) -> bool:
    """Tell whether a datagram of known endpoints may be a unified header (001), or a short header (01, mostly)."""
    if kinds & DTLS and first & 0xE0 == 0x20:
        return True
    return kinds & QUIC != 0 and first < 0x80 and (first >= 0x40 or kinds & DTLS == 0)


@kernel
def find_pair(
    packets: Packets,
    i: int,
    looks: int,
    pairs: Pairs,
    index: Column,
    key: Column,
    free: Column,
    counters: Column,
) -> int:
    """Return twice the slot of packet `i`'s endpoints, and 1 more if B sent it; -1 if they are not known.

    If the packet looks like something, they get a slot.
    """
    ends, side = ends_of(packets, i)
    mask = len(index) - 1
    place = spread(ends, key) & mask
    while index[place] != 0:
        slot = index[place] - 1
        if ends_at(pairs, slot) == ends:
            return 2 * slot + side
        place = (place + 1) & mask
    if looks == NOTHING:
        return -1
    if counters[FREE] > 0:
        counters[FREE] -= 1
        slot = free[counters[FREE]]
    else:
        slot = len(pairs.kinds) - counters[UNUSED]
        counters[UNUSED] -= 1
    index[place] = slot + 1
    pairs.kinds[slot] = NOTHING
    put_ends(pairs, slot, ends)
    pairs.last_ns[slot] = NO_TIME
    pairs.passed[slot] = 0
    pairs.quiet_a[slot] = 0
    pairs.quiet_b[slot] = 0
    pairs.errors[slot] = 0
    return 2 * slot + side


@kernel
def fill_pair_index(pairs: Pairs, index: Column, key: Column) -> None:
    """Enter all pairs into an index that is empty (a kernel)."""
    mask = len(index) - 1
    for slot in range(len(pairs.kinds)):
        if pairs.kinds[slot]:
            place = spread(ends_at(pairs, slot), key) & mask
            while index[place] != 0:
                place = (place + 1) & mask
            index[place] = slot + 1


@kernel
def give_back(
    slots: Column, pairs: Pairs, index: Column, key: Column, free: Column, counters: Column
) -> None:
    """Give the slots of forgotten pairs back (a kernel)."""
    for slot in slots:
        leave_index(pairs, slot, index, key)
        pairs.kinds[slot] = 0
        free[counters[FREE]] = slot
        counters[FREE] += 1


@kernel
def find_idle(pairs: Pairs, used: int, before_ns: int, idle: Column) -> int:
    """Note the slots that were quiet since `before_ns` (a kernel); return how many there are."""
    count = 0
    for slot in range(used):
        if pairs.kinds[slot] and pairs.last_ns[slot] < before_ns:
            idle[count] = slot
            count += 1
    return count
