"""Classic pcap: a file header of 24 bytes, then for each packet a record header and its bytes.

The magic number at the beginning tells the byte order, the unit of the fraction of a second, and
the length of a record header. There is no mark by which to find the next record once a header is
wrong, so reading ends at the first record that cannot be: one longer than any packet, or one that
runs past the end.

Source: draft-ietf-opsawg-pcap.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import NamedTuple

from tlsparse.columns import Buffer, Column
from tlsparse.compiled import invoke, kernel
from tlsparse.pcap.block import Block, Damage, new_columns, size_in_words
from tlsparse.pcap.integers import u32, word
from tlsparse.pcap.window import Window

FILE_HEADER_BYTES = 24
LARGEST_PACKET = 256 << 10
"""More than any network carries: what libpcap and Wireshark take for the longest packet, too."""
LARGEST_SNAPLEN = 128 << 20
"""A file that announces packets longer than `LARGEST_PACKET` is believed up to here."""

DAMAGED = -1


class Variant(NamedTuple):
    """What a magic number tells about the rest of the file."""

    big: bool
    fraction_ns: int
    header_bytes: int


VARIANTS = {
    number.to_bytes(4, order): Variant(order == "big", fraction_ns, header_bytes)
    for order in ("little", "big")
    for number, fraction_ns, header_bytes in (
        (0xA1B2C3D4, 1000, 16),
        (0xA1B23C4D, 1, 16),
        # Kuznetsov's variant of 1998 adds interface index, protocol and packet type to each header.
        (0xA1B2CD34, 1000, 24),
    )
}
"""From the first four bytes of a file to its variant."""


@kernel
def find_packets(
    data: Buffer,
    start: int,
    end: int,
    big: bool,
    fraction_ns: int,
    header_bytes: int,
    largest: int,
    time_ns: Column,
    offset: Column,
    captured: Column,
    length: Column,
) -> tuple[int, int, int]:
    """Kernel: note the packets that lie wholly between `start` and `end`.

    Returns
    -------
    found, start, need
        How many packets were noted, where the next one begins, and how many bytes it has: 0 if the
        columns are full, `DAMAGED` if it claims more than `largest`.
    """
    found = 0
    while found < len(time_ns):
        body = start + header_bytes
        if body > end:
            return found, start, header_bytes
        size = u32(data, start + 8, big)
        if size > largest:
            return found, start, DAMAGED
        if size > end - body:
            return found, start, header_bytes + size
        seconds = u32(data, start, big)
        # A fraction of more than a second is nonsense, but it adds up as in other tools.
        time_ns[found] = seconds * 1_000_000_000 + u32(data, start + 4, big) * fraction_ns
        offset[found] = body
        captured[found] = size
        length[found] = u32(data, start + 12, big)
        found += 1
        start = body + size
    return found, start, 0


def read_pcap(window: Window) -> Iterator[Block]:
    """Read the packets of a classic pcap, whose magic number stands at the beginning of `window`.

    Raises
    ------
    Damage
        After the last block that could be read.
    """
    if not window.more(FILE_HEADER_BYTES):
        raise Damage("the capture was cut short in the middle of its file header")
    header = window.start
    big, fraction_ns, header_bytes = VARIANTS[window.peek(4)]
    snaplen = word(window.data, header + 16, big)
    # Above the link type the field may say how long frame check sequences are. IP knows its own
    # length.
    link = word(window.data, header + 20, big) & 0x03FFFFFF
    turns = cycle([new_columns(link) for _ in range(window.valid)])
    columns = next(turns)
    largest = max(LARGEST_PACKET, snaplen if snaplen <= LARGEST_SNAPLEN else 0)
    window.start += FILE_HEADER_BYTES

    packet = 1
    while True:
        found, window.start, need = invoke(
            find_packets,
            window.data,
            window.start,
            window.end,
            big,
            fraction_ns,
            header_bytes,
            largest,
            columns.time_ns,
            columns.offset,
            columns.captured,
            columns.length,
        )
        if found:
            window.hand_out()
            yield Block(window.data, found, packet, *columns)
            packet += found
            columns = next(turns)
        if need == DAMAGED:
            size = size_in_words(word(window.data, window.start + 8, big))
            raise Damage(
                f"packet {packet} claims {size} and cannot be read, nor what follows", packet
            )
        nothing = Block(window.data, 0, packet, *columns)
        if need and not (yield from window.awaited(need, nothing)):
            if len(window):
                raise Damage(f"the capture was cut short in the middle of packet {packet}", packet)
            return
