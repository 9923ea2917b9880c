"""Packets in, flows out.

The table holds one slot for each open conversation, in columns that the kernels of `tracking` work on, and beside them
the wanted segments. A conversation that has ended leaves the table as a `Flow` and gives its slot back; so memory
follows the conversations that are open, not the length of the capture. Of these there is a limit, too: beyond
`WORDLESS_LIMIT`, `OPEN_LIMIT` or `BYTES_LIMIT` those that were quiet for longest are over. The limits are looked at
after each block, which has 65 536 packets at most, and a slot takes some 750 bytes.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from operator import attrgetter

from tlsparse.columns import Column, column
from tlsparse.compiled import invoke
from tlsparse.flow.endpoints import new_key
from tlsparse.flow.errors import connection_errors
from tlsparse.flow.flow import Endpoint, Flow, Milestone, Note, address_text
from tlsparse.flow.header import FIXED_BYTES, Habit, Header
from tlsparse.flow.streams import Segment, Stream, assemble
from tlsparse.flow.tracking import (
    ACK,
    COUNTED,
    EARLY_RECORDS,
    FIN,
    FREE,
    NOTED,
    RST,
    SYN,
    UNUSED,
    WANTED,
    Conversations,
    Directions,
    Notes,
    Wanted,
    fill_index,
    find_ended,
    find_open,
    find_used,
    release,
    track,
    unwrap,
)
from tlsparse.net.packets import Packets
from tlsparse.pcap.block import NO_TIME, Block

LINGER_NS = 30_000_000_000
"""How long after its last packet a closed connection stays open for stragglers."""

QUIET_NS = 10_000_000_000
"""How long a conversation of which there is nothing to say must have been quiet to be forgotten when room is needed."""

UNANSWERED_NS = 150_000_000_000
"""How long after its last SYN a connection is still waited for. Linux sends seven, up to 64 seconds apart, and gives up
after 127 (tcp(7), tcp_syn_retries); others stop sooner."""

WORDLESS_LIMIT = 1 << 15
"""Open conversations in which nobody has said anything. A busy server has a few hundred, and a queue for some thousands
(listen(2)); more are a flood."""

OPEN_LIMIT = (1 << 20) - (1 << 16)
"""Open conversations in all. With those of one more block it is a million, which take 750 MB."""

BYTES_LIMIT = 1 << 30
"""Bytes that are kept of all open conversations, `ROW_BYTES` for each segment included."""

ROW_BYTES = 300
"""What a segment takes beside its bytes."""

NEVER = (1 << 63) - 1

BY_PACKET = attrgetter("packet")

FIRST_SLOTS = 1024


class FlowTable:
    """All open conversations of a capture.

    Parameters
    ----------
    ports
        Those on which TLS is usual. A conversation on another one, the beginning of which was not captured and which
        never speaks TLS, leaves no trace.
    """

    def __init__(self, ports: Iterable[int] = range(1 << 16)) -> None:
        self._usual = column(1 << 16)
        for port in ports:
            self._usual[port] = 1
        self._conversations = Conversations(*(column(FIRST_SLOTS) for _ in Conversations._fields))
        self._directions = Directions(*(column(2 * FIRST_SLOTS) for _ in Directions._fields))
        self._notes = Notes(*(column(2 * NOTED * FIRST_SLOTS) for _ in Notes._fields))
        self._index = column(4 * FIRST_SLOTS)
        self._key = new_key()
        self._free = column(FIRST_SLOTS)
        self._counters = column(4)
        self._counters[UNUSED] = FIRST_SLOTS
        self._segments: dict[int, list[Segment]] = {}  # by direction
        self._bytes = 0  # in them
        self._errors: dict[int, list[Milestone]] = {}  # of ICMP, by slot
        self._now_ns = NO_TIME

    def add(self, block: Block, packets: Packets) -> Iterator[Flow]:
        """Take the TCP packets of a block; yield the conversations that are over."""
        wanted = Wanted(*(column(min(block.count, 1 << 16)) for _ in Wanted._fields))
        done = 0
        while done < block.count:
            done = invoke(
                track,
                block.data,
                block.first_packet,
                done,
                block.count,
                block.time_ns,
                packets,
                self._conversations,
                self._directions,
                self._notes,
                self._index,
                self._key,
                self._free,
                wanted,
                self._counters,
                self._usual,
            )
            self._keep(block, packets, wanted)
            self._now_ns = max(self._now_ns, block.time_ns[done - 1])
            if self._counters[UNUSED] + self._counters[FREE] == 0:
                self._make_room()
        self._note_errors(block, packets)
        yield from self._retire()

    def finish(self) -> Iterator[Flow]:
        """Yield every conversation that is still open, when the capture is at its end."""
        for slot in self._find_open(telling=True, before_ns=NEVER):
            yield self._take(slot)

    def _keep(self, block: Block, packets: Packets, wanted: Wanted) -> None:
        """Copy the wanted bytes out of the block, whose buffer will be used again."""
        data = memoryview(block.data)
        rows = self._counters[WANTED]
        for i, direction, sequence, passed, start, size in zip(
            *(values[:rows] for values in wanted), strict=True
        ):
            at = packets.payload[i] + start
            flags = packets.flags[i]
            segment = Segment(
                block.first_packet + i,
                block.time_ns[i],
                flags,
                sequence,
                packets.length[i],
                packets.captured[i],
                start,
                bytes(data[at : at + size]),
                passed,
                _header(data, packets, i) if flags & (SYN | RST) else None,
            )
            if direction in self._segments:
                self._segments[direction].append(segment)
            else:
                self._segments[direction] = [segment]
            self._bytes += ROW_BYTES + size
        self._counters[WANTED] = 0
        data.release()

    def _note_errors(self, block: Block, packets: Packets) -> None:
        """Keep the errors of ICMP that speak of a conversation in the table."""
        for slot, error in connection_errors(
            block, packets, self._conversations, self._directions, self._index, self._key
        ):
            self._errors.setdefault(slot, []).append(error)

    def _retire(self) -> Iterator[Flow]:
        """Yield the conversations that are over, and give their slots back."""
        used = len(self._conversations.attached) - self._counters[UNUSED]
        ended = column(used)
        before_ns = max(NO_TIME + 1, self._now_ns - LINGER_NS)  # without times nothing lingers
        unanswered_ns = max(NO_TIME + 1, self._now_ns - UNANSWERED_NS)
        count = invoke(
            find_ended,
            self._conversations,
            self._directions,
            used,
            before_ns,
            unanswered_ns,
            ended,
        )
        yield from self._end(ended[:count])
        yield from self._end(self._too_many(WORDLESS_LIMIT, wordless=True))
        yield from self._end(self._too_many(OPEN_LIMIT, wordless=False))
        if self._bytes > BYTES_LIMIT:
            yield from self._end(self._too_many(self._open - 1, wordless=False))

    def _end(self, slots: Column) -> Iterator[Flow]:
        """Yield conversations that are over one by one, since there may be many; give their slots back."""
        for slot in slots:
            yield self._take(slot)
        self._release(slots)

    def _too_many(self, limit: int, *, wordless: bool) -> Column:
        """Return the slots in use that were quiet for longest, so many that half of `limit` are left; mostly none."""
        if self._open <= limit:
            return column(0)
        used = len(self._conversations.attached) - self._counters[UNUSED]
        slots, last_ns = column(used), column(used)
        count = invoke(
            find_used, self._conversations, self._directions, used, wordless, slots, last_ns
        )
        if count <= limit:
            return column(0)
        oldest_first = sorted(range(count), key=last_ns.__getitem__)
        return array("q", (slots[place] for place in oldest_first[: count - limit // 2]))

    def _take(self, slot: int) -> Flow:
        """Make the flow of a slot, and let go of what was kept for it."""
        flow = self._flow(slot, [self._let_go(2 * slot), self._let_go(2 * slot + 1)])
        self._errors.pop(slot, None)
        return flow

    def _let_go(self, direction: int) -> list[Segment]:
        """Take out what was kept of a direction."""
        segments = self._segments.pop(direction, [])
        self._bytes -= ROW_BYTES * len(segments) + sum([len(s.data) for s in segments])
        return segments

    def _flow(self, slot: int, segments: list[list[Segment]]) -> Flow:
        """Make the flow of a slot from what was kept of its two directions."""
        conversations, directions = self._conversations, self._directions
        pair = (2 * slot, 2 * slot + 1)
        initial = [directions.initial[d] for d in pair]
        streams = [
            assemble(segments[side], initial[side] if initial[side] >= 0 else None)
            for side in (0, 1)
        ]
        for side, stream in enumerate(streams):
            if stream.starts and initial[side] >= 0:  # what passed by last has no segment
                stream.end = max(stream.end, directions.highest[pair[side]] - initial[side] - 1)
        milestones = list(self._errors.get(slot, ()))
        for side in (0, 1):
            for segment in segments[side]:
                if segment.flags & (SYN | FIN | RST):
                    milestones += _milestones(segment, side)
        opener = conversations.opener[slot]
        return Flow(
            transport="tcp",
            number=conversations.number[slot],
            endpoints=(
                Endpoint(
                    address_text(conversations.a_high[slot], conversations.a_low[slot]),
                    conversations.a_port[slot],
                ),
                Endpoint(
                    address_text(conversations.b_high[slot], conversations.b_low[slot]),
                    conversations.b_port[slot],
                ),
            ),
            first_packet=conversations.first_packet[slot],
            start_ns=conversations.first_ns[slot],
            end_ns=conversations.last_ns[slot],
            packets=conversations.packets[slot],
            opener=opener if opener >= 0 else None,
            rtt_ns=self._rtt_ns(slot),
            streams=(streams[0], streams[1]),
            milestones=sorted(milestones, key=BY_PACKET),
            notes=(self._noted(pair[0]), self._noted(pair[1])),
            records=(directions.records[pair[0]], directions.records[pair[1]]),
            retransmissions=(
                directions.retransmissions[pair[0]],
                directions.retransmissions[pair[1]],
            ),
            acknowledged=(
                self._acknowledged(pair[0], initial[1], streams[1], segments[1]),
                self._acknowledged(pair[1], initial[0], streams[0], segments[0]),
            ),
            seen_until_ns=max(self._now_ns, conversations.last_ns[slot]),
            habits=(self._habit(pair[0]), self._habit(pair[1])),
        )

    def _habit(self, direction: int) -> Habit:
        """Tell what the headers of a direction's packets have in common."""
        directions = self._directions
        ttl, steps = directions.ttl[direction], directions.steps[direction]
        packets, last = directions.packets[direction], directions.identification[direction]
        return Habit(packets, ttl & 0xFF, ttl >> 8, last, steps > 0)

    def _rtt_ns(self, slot: int) -> int | None:
        begun = self._conversations.syn_ns[slot]
        answered = self._conversations.syn_ack_ns[slot]
        acknowledged = self._conversations.ack_ns[slot]
        return acknowledged - begun if 0 <= begun <= answered <= acknowledged else None

    def _noted(self, direction: int) -> list[Note]:
        oldest = self._directions.records[direction] + 1
        if oldest <= EARLY_RECORDS:
            return []
        rows = (direction * NOTED + n % NOTED for n in range(oldest, oldest + NOTED))
        notes = (Note(*(values[row] for values in self._notes)) for row in rows)
        return [note for note in notes if note.packet]

    def _acknowledged(
        self, direction: int, initial: int, stream: Stream, segments: list[Segment]
    ) -> int | None:
        """Return how many bytes of the other side's stream this side has acknowledged."""
        number = self._directions.acknowledged[direction]
        if number < 0:
            return None
        if initial >= 0:
            return max(0, unwrap(number, self._directions.highest[direction ^ 1]) - initial - 1)
        if not segments:
            return None
        last = max(segments, key=lambda segment: segment.packet)
        behind = (last.sequence + last.length - number) & 0xFFFFFFFF
        return max(0, stream.end - behind) if behind < 0x80000000 else stream.end

    # --- Room ---------------------------------------------------------------------------------------------------------

    def _find_open(self, *, telling: bool, before_ns: int) -> Column:
        found = column(len(self._conversations.attached) - self._counters[UNUSED])
        count = invoke(
            find_open,
            self._conversations,
            self._directions,
            self._usual,
            telling,
            before_ns,
            found,
        )
        return found[:count]

    def _release(self, slots: Column) -> None:
        if slots:
            if self._errors:
                for slot in slots:
                    self._errors.pop(slot, None)
            invoke(
                release,
                slots,
                self._conversations,
                self._index,
                self._key,
                self._free,
                self._counters,
            )

    def _make_room(self) -> None:
        """Forget conversations of which there is nothing to say; if there are few of them, double the table."""
        mute = self._find_open(telling=False, before_ns=self._now_ns - QUIET_NS)
        self._release(mute)
        if 4 * len(mute) < len(self._conversations.attached):
            self._grow()

    def _grow(self) -> None:
        """Double the number of slots."""
        slots = len(self._conversations.attached)
        for columns, rows in (
            (self._conversations, 1),
            (self._directions, 2),
            (self._notes, 2 * NOTED),
        ):
            for values in columns:
                values.extend(column(slots * rows))
        self._free.extend(column(slots))
        self._counters[UNUSED] += slots
        self._index = self._indexed(8 * slots)

    def _indexed(self, size: int) -> Column:
        """Make the hash index of all attached slots anew."""
        index = column(size)
        invoke(fill_index, self._conversations, index, self._key)
        return index

    @property
    def _open(self) -> int:
        """How many slots are in use."""
        return len(self._conversations.attached) - self._counters[UNUSED] - self._counters[FREE]

    @property
    def conversations(self) -> int:
        """How many conversations there were so far."""
        return self._counters[COUNTED]


def _header(data: memoryview, packets: Packets, i: int) -> Header:
    """Keep what the headers of a packet say of who made it."""
    length, payload = packets.header[i], packets.payload[i]
    if length > 0:
        tcp = bytes(data[payload - length : payload])
    else:  # what follows the fixed part is not, or not all, there
        tcp = bytes(data[payload + length : payload + length + FIXED_BYTES])
    return Header(packets.ttl[i], packets.identification[i], tcp)


def _milestones(segment: Segment, side: int) -> Iterator[Milestone]:
    """Yield what the flags of a packet say; several may be set."""
    packet, time_ns, header = segment.packet, segment.time_ns, segment.header
    if segment.flags & SYN:
        name = "syn_ack" if segment.flags & ACK else "syn"
        yield Milestone(packet, time_ns, side, name, header)
    if segment.flags & FIN:
        yield Milestone(packet, time_ns, side, "fin")
    if segment.flags & RST:
        yield Milestone(packet, time_ns, side, "rst", header)
