"""What the headers of packets say of who made them.

Every host has its habits: the time to live that it begins with, how it numbers its packets, which options it uses. A
packet in its name that has other ones was made elsewhere.
"""

from __future__ import annotations

from typing import NamedTuple

from tlsparse.net.options import MAXIMUM_SEGMENT_SIZE, TIMESTAMPS, read_options


class Header(NamedTuple):
    """What the headers of a packet say of who made it."""

    ttl: int  # time to live, or hop limit
    identification: int  # of the IPv4 header; -1 for IPv6, which has none
    sequence: int  # as on the wire
    acknowledgment: int | None  # None without the flag ACK
    window: int
    options: bytes  # of TCP, as far as they were captured

    @property
    def maximum_segment_size(self) -> int | None:
        """The largest segment that a SYN asks for (RFC 9293 section 3.7.1); None where it does not say."""
        sizes = (v for kind, v in read_options(self.options) if kind == MAXIMUM_SEGMENT_SIZE)
        return next((int.from_bytes(value) for value in sizes if len(value) == 2), None)

    @property
    def has_timestamps(self) -> bool:
        """Whether it bears a time; in a SYN and its answer, whether all later packets will (RFC 7323 section 3.2)."""
        return any(kind == TIMESTAMPS for kind, _ in read_options(self.options))


class Habit(NamedTuple):
    """What the headers of one side's packets have in common, those with FIN or RST left aside."""

    packets: int = 0  # of all kinds
    least_ttl: int = 0  # 0 where none was seen
    greatest_ttl: int = 0
    identification: int = 0  # of the last; 0 where there is none
    counts: bool = False  # whether it was counted on by a little from packet to packet
