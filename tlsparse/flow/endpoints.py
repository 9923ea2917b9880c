"""Two endpoints, whichever of them sent a packet.

Both tables of this room, of connections and of datagrams, find their rows by a pair of endpoints: A, the one that sorts
lower, and B. The kernels here serve both; `rows` is a named tuple that has the columns
`a_high`, `a_low`, `a_port`, `b_high`, `b_low` and `b_port`: addresses as two signed 64-bit words, and ports.
"""

from __future__ import annotations

from typing import Any

from tlsparse.compiled import kernel

Ends = tuple[int, int, int, int, int, int]
"""High word, low word and port of A, then of B."""


@kernel
def ends_of(packets: Any, i: int) -> tuple[Ends, int]:
    """Return both endpoints of a packet, the lower first, and which of them sent it: 0 for A, 1 for B.

    `packets` are those of the network room, or packets that its errors quote.
    """
    a_high, a_low, a_port = packets.source_high[i], packets.source_low[i], packets.source_port[i]
    b_high, b_low, b_port = packets.target_high[i], packets.target_low[i], packets.target_port[i]
    if (
        b_high < a_high
        or (b_high == a_high and b_low < a_low)
        or (b_high == a_high and b_low == a_low and b_port < a_port)
    ):
        return (b_high, b_low, b_port, a_high, a_low, a_port), 1
    return (a_high, a_low, a_port, b_high, b_low, b_port), 0


@kernel
def ends_at(rows: Any, slot: int) -> Ends:
    """Return the endpoints in a row of a table."""
    return (
        rows.a_high[slot],
        rows.a_low[slot],
        rows.a_port[slot],
        rows.b_high[slot],
        rows.b_low[slot],
        rows.b_port[slot],
    )


@kernel
def put_ends(rows: Any, slot: int, ends: Ends) -> None:
    """Write endpoints into a row of a table."""
    rows.a_high[slot], rows.a_low[slot], rows.a_port[slot] = ends[0], ends[1], ends[2]
    rows.b_high[slot], rows.b_low[slot], rows.b_port[slot] = ends[3], ends[4], ends[5]


@kernel
def spread(ends: Ends) -> int:
    """Hash two endpoints. Every product stays below 2^63, so that compiled and interpreted code agree."""
    a_high, a_low, a_port, b_high, b_low, b_port = ends
    value = ((a_high >> 32) ^ a_high ^ (a_low >> 32) ^ a_low) & 0xFFFFFFFF
    value = (value * 0x45D9F3B + a_port) & 0xFFFFFFFF
    value ^= value >> 16
    value ^= ((b_high >> 32) ^ b_high ^ (b_low >> 32) ^ b_low) & 0xFFFFFFFF
    value = (value * 0x45D9F3B + b_port) & 0xFFFFFFFF
    value ^= value >> 16
    value = (value * 0x45D9F3B) & 0xFFFFFFFF
    return value ^ (value >> 16)
