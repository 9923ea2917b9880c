"""Two endpoints, whichever of them sent a packet.

Both tables of this room, of connections and of datagrams, find their rows by a pair of endpoints: A, the one that sorts
lower, and B. The kernels here serve both; `rows` is a named tuple that has the columns
`a_high`, `a_low`, `a_port`, `b_high`, `b_low` and `b_port`: addresses as two signed 64-bit words, and ports.

Who writes a capture may choose every address in it, and with a hash that he knows he could let them all fall together,
so that each search goes through the whole table. So each table has a random key of its own. What is found does not
depend on it, only where.

Source: M. Dietzfelbinger, "Universal hashing and k-wise independent random variables via integer arithmetic without
primes", STACS 1996.
"""

from __future__ import annotations

import os
from typing import Any

from tlsparse.columns import Column, column
from tlsparse.compiled import kernel
from tlsparse.net.words import IPV4_MAPPED

Ends = tuple[int, int, int, int, int, int]
"""High word, low word and port of A, then of B."""

KEY_WORDS = 19
"""Numbers in a key: one, and one for each 16 bits of two addresses and two ports."""

KEY_BITS = 44
"""Bits of each. A product with 16 bits stays below 2^60 and the sum of eight below 2^63, so compiled and interpreted
code agree."""

HASH_BITS = KEY_BITS - 15
"""Bits of a hash: of the sum the higher ones, which are as good as drawn by lot."""


def new_key() -> Column:
    """Draw the key of a table."""
    key = column(KEY_WORDS)
    for place in range(KEY_WORDS):
        key[place] = int.from_bytes(os.urandom(8), "big") >> 64 - KEY_BITS
    return key


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
def spread(ends: Ends, key: Column) -> int:
    """Hash two endpoints, with the key of their table."""
    a_high, a_low, a_port, b_high, b_low, b_port = ends
    value = key[0] + a_port * key[1] + b_port * key[2]
    value += halves(a_low, key[3], key[4]) + halves(b_low, key[5], key[6])
    if a_high or b_high or a_low >> 32 != IPV4_MAPPED >> 32 or b_low >> 32 != IPV4_MAPPED >> 32:
        value &= (1 << KEY_BITS) - 1
        value += halves(a_low >> 32, key[7], key[8]) + halves(b_low >> 32, key[9], key[10])
        value &= (1 << KEY_BITS) - 1
        value += halves(a_high, key[11], key[12]) + halves(b_high, key[13], key[14])
        value &= (1 << KEY_BITS) - 1
        value += halves(a_high >> 32, key[15], key[16]) + halves(b_high >> 32, key[17], key[18])
    return (value & ((1 << KEY_BITS) - 1)) >> (KEY_BITS - HASH_BITS)


@kernel
def halves(word: int, first: int, second: int) -> int:
    """Return the part that the lower 32 bits of a word have in a hash."""
    return (word & 0xFFFF) * first + (word >> 16 & 0xFFFF) * second


@kernel
def leave_index(rows: Any, slot: int, index: Column, key: Column) -> None:
    """Take a row out of the index of its table.

    What stands behind it moves up, as far as it may, so that a search still finds it, and in the same order.

    Source: D. E. Knuth, The Art of Computer Programming, volume 3, section 6.4, algorithm R.
    """
    mask = len(index) - 1
    place = spread(ends_at(rows, slot), key) & mask
    while index[place] != slot + 1:
        if index[place] == 0:
            return  # it is not there: another has taken its place
        place = (place + 1) & mask
    hole = place
    while True:
        place = (place + 1) & mask
        if index[place] == 0:
            index[hole] = 0
            return
        home = spread(ends_at(rows, index[place] - 1), key) & mask
        if (place - home) & mask >= (place - hole) & mask:
            index[hole] = index[place]
            hole = place
