"""A conversation between two endpoints, as the rooms above see it.

Endpoint A is the one with the lower address and port, nothing more: who is the client shows in what is said, and is
decided by the handshake room.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from tlsparse.flow.header import Habit, Header
from tlsparse.flow.streams import Stream
from tlsparse.net.words import IPV4_MAPPED


class Endpoint(NamedTuple):
    """An address and a port; behind a proxy there may be a name in place of the address."""

    ip: str
    port: int

    def __str__(self) -> str:
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"


class PathError(NamedTuple):
    """What a router or a host said of a packet that it did not pass on, by ICMP."""

    router: str  # address of who said it
    mtu: int  # of the link that the packet was too large for; 0 where that is not said
    length: int  # bytes of the packet, its IP header included

    def __str__(self) -> str:
        return f"from {self.router}, MTU {self.mtu}" if self.mtu else f"from {self.router}"


class Milestone(NamedTuple):
    """Something that TCP did, syn, syn_ack, fin or rst; or an error of ICMP, by its name in `tlsparse.net.icmp`.

    An error comes back to who sent the packet that it speaks of, and counts for the other side.
    """

    packet: int
    time_ns: int
    side: int  # 0 for endpoint A, 1 for B
    name: str
    body: Header | PathError | None = None


class Note(NamedTuple):
    """A record of application data that passed by."""

    packet: int
    time_ns: int
    length: int
    version: int


@dataclass(slots=True)
class Flow:
    """One TCP connection, from its first packet to its end or that of the capture."""

    transport: str
    number: int  # its id in the tables; before that, the order of its first packet among all that were seen
    endpoints: tuple[Endpoint, Endpoint]  # A, B
    first_packet: int
    start_ns: int
    end_ns: int
    packets: int
    opener: int | None  # 0 or 1: who sent the SYN
    rtt_ns: int | None  # from the SYN to the acknowledgment of its answer
    streams: tuple[Stream, Stream]  # what A sent, what B sent
    milestones: list[Milestone]
    notes: tuple[list[Note], list[Note]]  # last records of application data of A, of B
    records: tuple[int, int]  # records of application data of A, of B
    retransmissions: tuple[int, int]
    acknowledged: tuple[
        int | None, int | None
    ]  # bytes that A (B) has acknowledged of B's (A's) stream
    seen_until_ns: int  # the capture goes on at least to this time
    habits: tuple[Habit, Habit] = (Habit(), Habit())  # of A's packets, of B's


@lru_cache(maxsize=65536)
def address_text(high: int, low: int) -> str:
    """Write an address, kept as two signed 64-bit words (see `tlsparse.net.words`), as text."""
    if high == 0 and low >> 32 == IPV4_MAPPED >> 32:
        return str(IPv4Address(low & 0xFFFFFFFF))
    mask = (1 << 64) - 1
    return str(IPv6Address((high & mask) << 64 | low & mask))
