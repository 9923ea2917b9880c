"""Packets in, flows out.

The table holds one slot for each open conversation, in columns that the kernels of `tracking` work on, and beside them
the wanted segments. A conversation that has ended leaves the table as a `Flow` and gives its slot back; so memory
follows the conversations that are open, not the length of the capture.
"""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.columns import Column, column
from tlsparse.compiled import invoke
from tlsparse.flow.flow import Endpoint, Flow, Milestone, Note, address_text
from tlsparse.flow.streams import Segment, Stream, assemble
from tlsparse.flow.tracking import (
    ACK,
    COUNTED,
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
    track,
    unwrap,
)
from tlsparse.net.packets import Packets
from tlsparse.pcap.block import NO_TIME, Block

LINGER_NS = 30_000_000_000
"""How long after its last packet a closed connection stays open for stragglers."""

FIRST_SLOTS = 256

UNKNOWN = (
    *("opener", "syn_ns", "syn_ack_ns", "ack_ns"),
    *("initial", "highest", "hole_start", "hole_end", "header", "passed", "acknowledged"),
)
"""Columns whose value is -1 while nothing is known."""


class FlowTable:
    """All open conversations of a capture."""

    def __init__(self) -> None:
        self._conversations = Conversations(*self._columns(Conversations._fields, FIRST_SLOTS))
        self._directions = Directions(*self._columns(Directions._fields, 2 * FIRST_SLOTS))
        self._notes = Notes(*(column(2 * NOTED * FIRST_SLOTS) for _ in Notes._fields))
        self._index = column(4 * FIRST_SLOTS)
        self._free = column(FIRST_SLOTS)
        self._counters = column(4)
        self._counters[UNUSED] = FIRST_SLOTS
        self._segments: dict[int, list[Segment]] = {}  # by direction
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
                self._free,
                wanted,
                self._counters,
            )
            self._keep(block, packets, wanted)
            if self._counters[UNUSED] + self._counters[FREE] == 0:
                self._grow()
        if block.count:
            self._now_ns = max(self._now_ns, block.time_ns[block.count - 1])
        yield from self._retire()

    def finish(self) -> Iterator[Flow]:
        """Yield every conversation that is still open, when the capture is at its end."""
        for slot, packets in enumerate(self._conversations.packets):
            if packets:
                yield self._take(slot)

    def _keep(self, block: Block, packets: Packets, wanted: Wanted) -> None:
        """Copy the wanted bytes out of the block, whose buffer will be used again."""
        data = memoryview(block.data)
        for row in range(self._counters[WANTED]):
            i = wanted.position[row]
            at = packets.payload[i] + wanted.start[row]
            segment = Segment(
                block.first_packet + i,
                block.time_ns[i],
                packets.flags[i],
                wanted.sequence[row],
                packets.length[i],
                packets.captured[i],
                wanted.start[row],
                bytes(data[at : at + wanted.size[row]]),
                wanted.passed[row],
            )
            self._segments.setdefault(wanted.direction[row], []).append(segment)
        self._counters[WANTED] = 0
        data.release()

    def _retire(self) -> Iterator[Flow]:
        """Yield the conversations that are over, and give their slots back."""
        used = len(self._conversations.attached) - self._counters[UNUSED]
        ended = column(used)
        before_ns = max(NO_TIME + 1, self._now_ns - LINGER_NS)  # without times nothing lingers
        count = invoke(find_ended, self._conversations, used, before_ns, ended)
        over = ended[:count]
        for slot in over:
            flow = self._take(slot)
            self._reset(slot)
            self._free[self._counters[FREE]] = slot
            self._counters[FREE] += 1
            yield flow
        if over:
            self._index = self._indexed(len(self._index))

    def _take(self, slot: int) -> Flow:
        """Make the flow of a slot."""
        conversations, directions = self._conversations, self._directions
        pair = (2 * slot, 2 * slot + 1)
        initial = [directions.initial[d] for d in pair]
        segments = [self._segments.pop(d, []) for d in pair]
        streams = [
            assemble(segments[side], initial[side] if initial[side] >= 0 else None)
            for side in (0, 1)
        ]
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
            milestones=sorted(
                (
                    milestone
                    for side in (0, 1)
                    for segment in segments[side]
                    for milestone in _milestones(segment, side)
                ),
                key=lambda milestone: milestone.packet,
            ),
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
        )

    def _rtt_ns(self, slot: int) -> int | None:
        begun = self._conversations.syn_ns[slot]
        answered = self._conversations.syn_ack_ns[slot]
        acknowledged = self._conversations.ack_ns[slot]
        return acknowledged - begun if 0 <= begun <= answered <= acknowledged else None

    def _noted(self, direction: int) -> list[Note]:
        oldest = self._directions.records[direction] + 1
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

    @staticmethod
    def _columns(names: tuple[str, ...], size: int) -> list[Column]:
        return [column(size, -1 if name in UNKNOWN else 0) for name in names]

    def _reset(self, slot: int) -> None:
        """Make a slot as new."""
        for name, values in self._conversations._asdict().items():
            values[slot] = -1 if name in UNKNOWN else 0
        for name, values in self._directions._asdict().items():
            values[2 * slot] = values[2 * slot + 1] = -1 if name in UNKNOWN else 0
        for values in self._notes:
            for row in range(2 * slot * NOTED, (2 * slot + 2) * NOTED):
                values[row] = 0

    def _grow(self) -> None:
        """Double the number of slots."""
        slots = len(self._conversations.attached)
        for name, values in self._conversations._asdict().items():
            values.extend(column(slots, -1 if name in UNKNOWN else 0))
        for name, values in self._directions._asdict().items():
            values.extend(column(2 * slots, -1 if name in UNKNOWN else 0))
        for values in self._notes:
            values.extend(column(2 * slots * NOTED))
        self._free.extend(column(slots))
        self._counters[UNUSED] += slots
        self._index = self._indexed(8 * slots)

    def _indexed(self, size: int) -> Column:
        """Make the hash index of all attached slots anew."""
        index = column(size)
        invoke(fill_index, self._conversations, index)
        return index

    @property
    def conversations(self) -> int:
        """How many conversations there were so far."""
        return self._counters[COUNTED]


def _milestones(segment: Segment, side: int) -> Iterator[Milestone]:
    """Yield what the flags of a packet say; several may be set."""
    if segment.flags & SYN:
        name = "syn_ack" if segment.flags & ACK else "syn"
        yield Milestone(segment.packet, segment.time_ns, side, name)
    if segment.flags & FIN:
        yield Milestone(segment.packet, segment.time_ns, side, "fin")
    if segment.flags & RST:
        yield Milestone(segment.packet, segment.time_ns, side, "rst")
