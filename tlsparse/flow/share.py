"""A share of the conversations, for one of several processes that read the same capture.

All packets between two endpoints are in the same share, whatever connections they belong to and whoever sent them.
"""

from __future__ import annotations

from typing import NamedTuple

from tlsparse.compiled import invoke, kernel
from tlsparse.net.packets import TCP, UDP, Packets
from tlsparse.net.words import mix

OTHERS = 263
"""In place of a protocol number: a packet of another share."""


class Share(NamedTuple):
    """Which of how many."""

    number: int  # from 0
    of: int


WHOLE = Share(0, 1)


def leave_to_others(packets: Packets, count: int, share: Share) -> None:
    """Put `OTHERS` in the place of the protocol of each packet that is not in a share."""
    if share.of > 1:
        invoke(mark_others, packets, count, share.number, share.of)


@kernel
def mark_others(packets: Packets, count: int, number: int, of: int) -> None:
    """Do what `leave_to_others` says (a kernel)."""
    for i in range(count):
        if packets.protocol[i] == TCP or packets.protocol[i] == UDP:
            value = packets.source_low[i] ^ packets.target_low[i]
            value = mix(value, packets.source_port[i] ^ packets.target_port[i])
            if value % of != number:
                packets.protocol[i] = OTHERS
