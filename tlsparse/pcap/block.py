"""The block: many packets as columns over one buffer.

Reading a capture is one loop that hands out blocks. The buffer and the columns are allocated once
and filled again for each block, so a block is valid only until the next one is asked for; who wants
to keep a packet copies its bytes. Columns are `array.array` of signed 64-bit integers, which plain
Python indexes and numpy views without a copy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from tlsparse.columns import Buffer, Column, column

NO_TIME = -(1 << 63)
"""The time of a packet that has none. numpy and pandas read this very integer as NaT."""

TIME_LIMIT = 1 << 62
"""Known times lie within so many nanoseconds of 1970 (1823 to 2116): any two can be subtracted."""

NOT_A_PACKET = -1
"""The link type of a row that Wireshark numbers but that holds no packet: a custom block, say."""

PACKETS_PER_BLOCK = 1 << 16
"""Six columns of this length take 3 MB, which a processor's cache can hold."""

Problem = Callable[[int | None, str, str], None]
"""Told what could not be read: the number of the packet (if it is one), the layer, a sentence."""


class Columns(NamedTuple):
    """The columns of a block while a kernel fills them; each of the same length."""

    time_ns: Column
    offset: Column
    captured: Column
    length: Column
    link: Column
    interface: Column


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive packets of a capture; valid until the next block is asked for.

    Only the first `count` values of each column belong to this block.

    Attributes
    ----------
    data
        The bytes that hold the packets, among others.
    count
        How many packets there are; at least one.
    first_packet
        The number that Wireshark gives to the first of them, counted from 1 over the capture. The
        others follow.
    time_ns
        When each was captured: nanoseconds since 1970 UTC, or `NO_TIME`. Two known times differ by
        less than 2**63.
    offset
        Where its captured bytes begin in `data`.
    captured
        How many bytes were captured.
    length
        How many bytes it had on the wire, as the capture says; not checked against `captured`.
    link
        Its LINKTYPE, or `NOT_A_PACKET`.
    interface
        Index of the interface it was captured on, counted over all sections of a pcapng; 0 in a
        classic pcap.
    """

    data: Buffer
    count: int
    first_packet: int
    time_ns: Column
    offset: Column
    captured: Column
    length: Column
    link: Column
    interface: Column


class Damage(Exception):
    """The capture cannot be read further; `source.read_blocks` makes a problem of it.

    Parameters
    ----------
    text
        What is wrong, without a full stop.
    packet
        The packet it concerns, if it concerns one.
    """

    def __init__(self, text: str, packet: int | None = None) -> None:
        super().__init__(text)
        self.packet = packet


def new_columns(link: int = 0) -> Columns:
    """Allocate the columns of a block; every link type is `link`, all else 0."""
    columns = Columns(*(column(PACKETS_PER_BLOCK) for _ in Columns._fields))
    return columns._replace(link=column(PACKETS_PER_BLOCK, link))


def size_in_words(size: int) -> str:
    """Say a number of bytes as people do: ``312 bytes``, ``3.9 GB``."""
    for unit, bytes_each in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= bytes_each:
            return f"{size / bytes_each:.1f} {unit}"
    return f"{size} bytes"
