"""Packets that the capture shows more than once.

A mirror port may send each packet twice, on its way in and on its way out; a capture of all interfaces shows a packet
on each that it crosses, with and without a VLAN tag, or one hop older. Such a copy is no retransmission, and says
nothing new: `Copies` marks it, and the flow room passes it over.

A copy has the addresses, ports, numbers, flags and length of the original, and its IP identification, which a
retransmission does not have: there the sender counts on. Where there is none (IPv6, and zero by RFC 6864) only time
tells: nobody sends the same data again within a millisecond (a bare acknowledgment or reset, many do). Copies in two
different VLANs or tunnels are believed only if a router stands between them, which shows in the time to live; else two
networks use the same addresses.

What was seen is kept in a table of one size, where a packet takes the place of another whose hash falls together with
its own: so a copy may be missed in heavy traffic, and nothing else can go wrong.
"""

from __future__ import annotations

from typing import NamedTuple

from tlsparse.columns import Column, column
from tlsparse.compiled import invoke, kernel
from tlsparse.net.packets import TCP, Packets
from tlsparse.net.words import mix
from tlsparse.pcap.block import NO_TIME, Block

FIN, SYN = 1, 2

COPY = 262
"""In place of a protocol number: a TCP packet that was captured before."""

WITHIN_NS = 5_000_000
"""How much later a copy may come. What waits longer in a switch than this is lost there."""

WITHIN_UNNUMBERED_NS = 1_000_000
"""The same for packets without an identification."""

PLACES = 1 << 14
"""Packets remembered, a power of two: some 5 ms of a link of 10 Gbit/s."""


class _Seen(NamedTuple):
    """The packets remembered, by the hash of what copies have in common."""

    signature: Column
    time_ns: Column
    scope: Column
    ttl: Column


class Copies:
    """The packets of the last few milliseconds, as far as they are needed to know their copies."""

    def __init__(self) -> None:
        self._seen = _Seen(*(column(PLACES) for _ in _Seen._fields))

    def mark(self, block: Block, packets: Packets) -> None:
        """Put `COPY` in the place of the protocol of each TCP packet that is a copy."""
        invoke(mark_copies, block.count, block.time_ns, packets, self._seen)


@kernel
def mark_copies(count: int, time_ns: Column, packets: Packets, seen: _Seen) -> None:
    """Do what `Copies.mark` says (a kernel)."""
    for i in range(count):
        if packets.protocol[i] != TCP or time_ns[i] == NO_TIME:
            continue
        digest = _digest(packets, i)
        signature = (digest << 31) | (packets.sequence[i] & 0x7FFFFFFF)
        place = (digest ^ packets.sequence[i]) & (len(seen.signature) - 1)
        if seen.signature[place] == signature and _is_copy(time_ns[i], packets, i, seen, place):
            packets.protocol[i] = COPY
            continue
        seen.signature[place] = signature
        seen.time_ns[place] = time_ns[i]
        seen.scope[place] = packets.scope[i]
        seen.ttl[place] = packets.ttl[i]


@kernel
def _digest(packets: Packets, i: int) -> int:
    """Hash what copies have in common, except for the sequence number, to 32 bits."""
    value = mix(packets.source_port[i] << 16 | packets.target_port[i], packets.source_low[i])
    value = mix(value, packets.source_low[i] >> 32 ^ packets.source_high[i])
    value = mix(value, packets.source_high[i] >> 32 ^ packets.target_high[i])
    value = mix(value, packets.target_high[i] >> 32 ^ packets.target_low[i])
    value = mix(value, packets.target_low[i] >> 32 ^ packets.acknowledgment[i])
    value = mix(value, packets.flags[i] << 24 ^ packets.length[i])
    return mix(value, packets.window[i] << 16 ^ packets.identification[i])


@kernel
def _is_copy(now_ns: int, packets: Packets, i: int, seen: _Seen, place: int) -> bool:
    """Tell whether a packet is a copy of the one remembered, which has the same signature."""
    within = WITHIN_NS if packets.identification[i] > 0 else WITHIN_UNNUMBERED_NS
    if not -within <= now_ns - seen.time_ns[place] <= within:
        return False
    if packets.scope[i] == seen.scope[place]:
        return packets.identification[i] > 0 or _is_said_once(packets, i)
    if packets.scope[i] == 0 or seen.scope[place] == 0:
        return True
    return bool(packets.ttl[i] != seen.ttl[place])


@kernel
def _is_said_once(packets: Packets, i: int) -> bool:
    """Tell whether nobody sends a packet twice in a row: acknowledgments and resets alone are so sent."""
    return bool(packets.length[i] > 0 or packets.flags[i] & (SYN | FIN))
