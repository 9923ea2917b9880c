"""What could not be read of a packet's headers: how often, and where first.

`locate` counts such packets as it meets them. A block without any, as nearly all are, costs nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.columns import Column, column
from tlsparse.compiled import invoke, kernel
from tlsparse.net.fragments import Fragments
from tlsparse.net.ip import FRAGMENT, NOT_IP
from tlsparse.net.packets import HEADER_CUT, UNKNOWN_LINK, Packets
from tlsparse.pcap.block import NOT_A_PACKET, Block

REASONS = {
    NOT_IP: "an IP or transport header that contradicts itself",
    FRAGMENT: "an IP fragment without the others of its packet",
    HEADER_CUT: "a packet that ends inside a header",
    UNKNOWN_LINK: "a link type that is not known",
}
"""In words, what stands in place of a protocol."""


class Unlocated:
    """The packets of a capture whose headers could not be read, counted by reason."""

    def __init__(self) -> None:
        self._first = column(1 + max(REASONS))  # packet number, by reason
        self._count = column(1 + max(REASONS))

    def add(self, block: Block, packets: Packets) -> None:
        """Count those of a block."""
        if packets.unlocated[0]:
            invoke(
                count_unlocated,
                block.first_packet,
                block.count,
                block.link,
                packets,
                self._first,
                self._count,
            )

    def add_fragments(self, fragments: Fragments) -> None:
        """Count the fragments of packets that never became whole."""
        self._first[FRAGMENT] = fragments.first_given_up
        self._count[FRAGMENT] = fragments.given_up

    def problems(self) -> Iterator[tuple[int, str]]:
        """Yield for each reason the first packet, and a sentence that counts the others."""
        for reason, text in REASONS.items():
            count = self._count[reason]
            if count:
                more = f"; {count} packets in all" if count > 1 else ""
                yield self._first[reason], text + more


@kernel
def count_unlocated(
    first_packet: int, count: int, link: Column, packets: Packets, first: Column, counts: Column
) -> None:
    """Count the packets of a block by the reason that stands in place of their protocol (a kernel)."""
    for i in range(count):
        reason = packets.protocol[i]
        if reason in (NOT_IP, HEADER_CUT, UNKNOWN_LINK) and link[i] != NOT_A_PACKET:
            if counts[reason] == 0:
                first[reason] = first_packet + i
            counts[reason] += 1
