"""A flow table that can be looked into while its conversations go on.

`FlowTable` hands on a conversation when it is over. Here `peek` makes a `Flow` of one that is not, as far as it has
come, and `dismiss` ends the interest in one: its packets still belong to it, but nothing of them is kept any more. What
is new since the last look is in `touched`; so who looks need not look at everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tlsparse.columns import Column
from tlsparse.flow.flow import Flow
from tlsparse.flow.table import FlowTable
from tlsparse.flow.tracking import PLAIN, WANTED, Wanted
from tlsparse.net.packets import Packets
from tlsparse.pcap.block import NO_TIME, Block

HANDSHAKE_RECORD = b"\x16\x03"
"""Content type and major version of a record that holds a handshake message."""

BOTH_SIDES = 3
"""From this value of `Conversations.ended` on, both sides have sent a FIN, or one a RST."""

RETIRE_NS = 500_000_000
RETIRE_PACKETS = 1 << 14
"""After so much time or so many packets the table looks for conversations that are over. A live source brings its
packets one by one, and each is a block."""


class WatchedTable(FlowTable):
    """All open conversations of a capture, each of which may be looked at."""

    def __init__(self, ports: Iterable[int] = range(1 << 16)) -> None:
        super().__init__(ports)
        self._touched: dict[int, bool] = {}
        self._dismissed: set[int] = set()
        self._retired_ns = NO_TIME
        self._since_retired = 0  # packets

    def touched(self) -> dict[int, bool]:
        """Return the slots of which something new was kept since the last call: whether a handshake record was."""
        touched, self._touched = self._touched, {}
        return touched

    def peek(self, slot: int, now_ns: int) -> Flow:
        """Make a flow of a conversation as far as it has come; the capture has got to `now_ns`."""
        flow = self._flow(slot, [self._segments.get(2 * slot + side, []) for side in (0, 1)])
        flow.seen_until_ns = max(now_ns, flow.end_ns)
        return flow

    def dismiss(self, slot: int) -> None:
        """Let go of what was kept of a conversation, and keep nothing more."""
        self._dismissed.add(slot)
        self._touched.pop(slot, None)
        self._errors.pop(slot, None)
        self._let_go(2 * slot)
        self._let_go(2 * slot + 1)

    # --- At a glance --------------------------------------------------------------------------------------------------

    def number(self, slot: int) -> int:
        """Return the number of the conversation in a slot, which tells it from others that were there."""
        return self._conversations.number[slot]

    def is_closed(self, slot: int) -> bool:
        """Tell whether both sides have said that they are through, or one has left."""
        return self._conversations.ended[slot] >= BOTH_SIDES

    def speaks_tls(self, slot: int) -> bool:
        """Tell whether a side has begun with TLS."""
        phases = self._directions.phase
        return phases[2 * slot] != PLAIN or phases[2 * slot + 1] != PLAIN

    def last_ns(self, slot: int) -> int:
        """Return when the last packet came."""
        return self._conversations.last_ns[slot]

    # --- What the table does besides ----------------------------------------------------------------------------------

    def add(self, block: Block, packets: Packets) -> Iterator[Flow]:
        """Take the TCP packets of a block; yield conversations that are over, though not after every block."""
        self._since_retired += block.count
        return super().add(block, packets)

    def _keep(self, block: Block, packets: Packets, wanted: Wanted) -> None:
        rows = self._counters[WANTED]
        super()._keep(block, packets, wanted)
        for row in range(rows):
            direction = wanted.direction[row]
            slot = direction >> 1
            if slot in self._dismissed:
                self._let_go(direction)
            elif not self._touched.get(slot, False):
                at = packets.payload[wanted.position[row]] + wanted.start[row]
                said = bytes(block.data[at : at + wanted.size[row]])
                self._touched[slot] = HANDSHAKE_RECORD in said

    def _note_errors(self, block: Block, packets: Packets) -> None:
        before = {slot: len(errors) for slot, errors in self._errors.items()}
        super()._note_errors(block, packets)
        for slot, errors in list(self._errors.items()):
            if slot in self._dismissed:
                del self._errors[slot]
            elif len(errors) > before.get(slot, 0):
                self._touched.setdefault(slot, False)

    def _retire(self) -> Iterator[Flow]:
        quiet_ns = abs(self._now_ns - self._retired_ns)
        if quiet_ns >= RETIRE_NS or self._since_retired >= RETIRE_PACKETS:
            self._retired_ns, self._since_retired = self._now_ns, 0
            yield from super()._retire()

    def _release(self, slots: Column) -> None:
        super()._release(slots)
        for slot in slots:
            self._dismissed.discard(slot)
            self._touched.pop(slot, None)
