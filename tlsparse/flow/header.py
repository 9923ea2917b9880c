"""What the headers of packets say of who made them.

Every host has its habits: the time to live that it begins with, how it numbers its packets, which options it uses. A
packet in its name that has other ones was made elsewhere.
"""

from __future__ import annotations

from typing import NamedTuple

from tlsparse.net.options import MAXIMUM_SEGMENT_SIZE, TIMESTAMPS, read_options

ACK = 16

FIXED_BYTES = 20
"""Bytes of a TCP header without options (RFC 9293 section 3.1)."""


class Header(NamedTuple):
    """The headers of a packet, as far as they show who made it. The fields of TCP are read when they are asked for."""

    ttl: int  # time to live, or hop limit
    identification: int  # of the IPv4 header; -1 for IPv6, which has none
    tcp: bytes  # the TCP header; without options that were not captured whole

    @property
    def sequence(self) -> int:
        """The sequence number, as on the wire."""
        return int.from_bytes(self.tcp[4:8])

    @property
    def acknowledgment(self) -> int | None:
        """The acknowledgment number; None without the flag ACK."""
        return int.from_bytes(self.tcp[8:12]) if self.tcp[13] & ACK else None

    @property
    def options(self) -> bytes:
        """The options of TCP, undecoded."""
        return self.tcp[FIXED_BYTES:]

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
