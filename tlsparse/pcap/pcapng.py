"""pcapng: sections of blocks, each block with its length before and after.

A section header sets the byte order and forgets the interfaces of the section before. An interface
description gives the link type and how to read the time of every packet captured there. Packets
come in three kinds of block. A kernel runs over packets and over what may be skipped; it returns to
Python for the rare blocks which change how the next ones are read. Numbers are Wireshark's: it also
numbers a few kinds of block that hold no packet (system journal, sysdig events, custom blocks), so
those become rows of link type `NOT_A_PACKET`.

Source: draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import cycle
from typing import NamedTuple

from tlsparse.columns import Buffer, Column, column
from tlsparse.compiled import invoke, kernel
from tlsparse.pcap.block import (
    NO_TIME,
    NOT_A_PACKET,
    TIME_LIMIT,
    Block,
    Columns,
    Damage,
    new_columns,
    size_in_words,
)
from tlsparse.pcap.integers import u16, u32, word
from tlsparse.pcap.window import Window

SECTION_HEADER = 0x0A0D0D0A
INTERFACE_DESCRIPTION = 1
OBSOLETE_PACKET = 2
SIMPLE_PACKET = 3
ENHANCED_PACKET = 6
SYSTEMD_JOURNAL = 9
DECRYPTION_SECRETS = 10
SYSDIG_EVENT = 0x204
SYSDIG_EVENT_2 = 0x216
SYSDIG_EVENT_2_LARGE = 0x221
CUSTOM = 0x0BAD
CUSTOM_NOT_TO_COPY = 0x40000BAD

MAGIC = SECTION_HEADER.to_bytes(4, "big")
"""The first four bytes of a file; the type of a section header reads the same in both byte
orders."""
BYTE_ORDER_MAGIC = 0x1A2B3C4D

LARGEST_BLOCK = 128 << 20
MOST_INTERFACES = 1 << 16
MOST_SECRETS_BYTES = 64 << 20
"""Limits that no honest capture reaches, so that no other one exhausts the memory."""

OPTION_END = 0
OPTION_TIME_RESOLUTION = 9
OPTION_TIME_OFFSET = 14
TLS_KEY_LOG = 0x544C534B

# What find_packets returns in place of a number of bytes.
COLUMNS_FULL = 0
NOT_FOR_KERNEL = -1
BAD_LENGTH = -2
UNEQUAL_LENGTHS = -3
UNKNOWN_INTERFACE = -4
LONGER_THAN_BLOCK = -5


class Interfaces(NamedTuple):
    """The interfaces of all sections so far, as columns for the kernel.

    A time of t ticks is ``t * multiplier // divisor // second_divisor + offset_ns`` nanoseconds
    since 1970. No factor exceeds 2**31, which is what lets a kernel compute it exactly in 64-bit
    integers.
    """

    link: Column
    snaplen: Column
    multiplier: Column
    divisor: Column
    second_divisor: Column
    offset_ns: Column


@kernel
def time_of_ticks(
    high: int, low: int, multiplier: int, divisor: int, second_divisor: int, offset_ns: int
) -> int:
    """Kernel: turn a 64-bit count of ticks, given as two halves, into nanoseconds since 1970.

    Everything is computed in two limbs, as on paper, for the product may have 94 bits.
    """
    low = low * multiplier
    high = high * multiplier + (low >> 32)
    low = low & 0xFFFFFFFF
    if divisor > 1:
        low = (high % divisor << 32 | low) // divisor
        high = high // divisor
    if second_divisor > 1:
        low = (high % second_divisor << 32 | low) // second_divisor
        high = high // second_divisor
    if high >= TIME_LIMIT >> 32:
        return NO_TIME
    time_ns = (high << 32 | low) + offset_ns
    if -TIME_LIMIT < time_ns < TIME_LIMIT:
        return time_ns
    return NO_TIME


@kernel
def find_packets(
    data: Buffer,
    start: int,
    end: int,
    big: bool,
    section: int,
    interfaces: Interfaces,
    columns: Columns,
) -> tuple[int, int, int]:
    """Kernel: note the packets that lie wholly between `start` and `end`; skip what may be skipped.

    Parameters
    ----------
    section
        Index of the first interface of the current section.

    Returns
    -------
    found, start, need
        How many packets were noted, where the next block begins, and how many bytes of it are
        needed, or else `COLUMNS_FULL`, `NOT_FOR_KERNEL` (it is whole, unless a section header), or
        what is wrong with it.
    """
    time_ns = columns.time_ns
    offset = columns.offset
    captured = columns.captured
    length = columns.length
    link = columns.link
    interface = columns.interface
    found = 0
    while found < len(time_ns):
        if end - start < 8:
            return found, start, 8
        kind = u32(data, start, big)
        if kind == SECTION_HEADER:
            # Even its length cannot be read before its byte order is known.
            return found, start, NOT_FOR_KERNEL
        size = u32(data, start + 4, big)
        if size < 12 or size > LARGEST_BLOCK or size & 3:
            return found, start, BAD_LENGTH
        if size > end - start:
            return found, start, size
        if u32(data, start + size - 4, big) != size:
            return found, start, UNEQUAL_LENGTHS

        if kind in (ENHANCED_PACKET, OBSOLETE_PACKET):
            if size < 32:
                return found, start, BAD_LENGTH
            # The obsolete block has a count of dropped packets beside a shorter index.
            where = (
                u32(data, start + 8, big) if kind == ENHANCED_PACKET else u16(data, start + 8, big)
            )
            where += section
            if where >= len(interfaces.link):
                return found, start, UNKNOWN_INTERFACE
            body = start + 28
            bytes_here = u32(data, start + 20, big)
            if bytes_here > size - 32:
                return found, start, LONGER_THAN_BLOCK
            time_ns[found] = time_of_ticks(
                u32(data, start + 12, big),
                u32(data, start + 16, big),
                interfaces.multiplier[where],
                interfaces.divisor[where],
                interfaces.second_divisor[where],
                interfaces.offset_ns[where],
            )
            length[found] = u32(data, start + 24, big)
            link[found] = interfaces.link[where]
        elif kind == SIMPLE_PACKET:
            if size < 16:
                return found, start, BAD_LENGTH
            where = section
            if where >= len(interfaces.link):
                return found, start, UNKNOWN_INTERFACE
            body = start + 12
            # It does not say how much was captured: all, up to the limit of the interface.
            bytes_here = u32(data, start + 8, big)
            length[found] = bytes_here
            if 0 < interfaces.snaplen[where] < bytes_here:
                bytes_here = interfaces.snaplen[where]
            if bytes_here > size - 16:
                return found, start, LONGER_THAN_BLOCK
            time_ns[found] = NO_TIME
            link[found] = interfaces.link[where]
        elif kind in (
            CUSTOM,
            CUSTOM_NOT_TO_COPY,
            SYSTEMD_JOURNAL,
            SYSDIG_EVENT,
            SYSDIG_EVENT_2,
            SYSDIG_EVENT_2_LARGE,
        ):
            where = 0
            body = start
            bytes_here = 0
            time_ns[found] = NO_TIME
            length[found] = 0
            link[found] = NOT_A_PACKET
        elif kind in (INTERFACE_DESCRIPTION, DECRYPTION_SECRETS):
            return found, start, NOT_FOR_KERNEL
        else:
            start += size
            continue

        interface[found] = where
        offset[found] = body
        captured[found] = bytes_here
        found += 1
        start += size
    return found, start, COLUMNS_FULL


def read_pcapng(window: Window, secrets: list[bytes] | None = None) -> Iterator[Block]:
    """Read the packets of a pcapng, whose first section header stands at the beginning of `window`.

    Parameters
    ----------
    secrets
        Takes the text of each TLS key log in the file, before the block that follows it.

    Raises
    ------
    Damage
        After the last block that could be read.
    """
    turns = cycle([new_columns() for _ in range(window.valid)])
    columns = next(turns)
    interfaces = Interfaces(*(column(0) for _ in Interfaces._fields))
    secrets_bytes = 0
    big = False
    section = 0
    packet = 1
    while True:
        found, window.start, need = invoke(
            find_packets, window.data, window.start, window.end, big, section, interfaces, columns
        )
        if found:
            window.hand_out()
            yield Block(window.data, found, packet, *columns)
            packet += found
            columns = next(turns)
        if need > 0:
            nothing = Block(window.data, 0, packet, *columns)
            if not (yield from window.awaited(need, nothing)):
                if len(window):
                    raise _cut_short(window, big, packet)
                return
        elif need == NOT_FOR_KERNEL:
            kind = word(window.data, window.start, big)
            if kind == SECTION_HEADER:
                big = _begin_section(window, packet)
                section = len(interfaces.link)
            elif kind == INTERFACE_DESCRIPTION:
                _add_interface(interfaces, _take_body(window, big), big)
            else:
                body = _take_body(window, big)
                secrets_bytes += len(body)
                if secrets_bytes > MOST_SECRETS_BYTES:
                    raise Damage(
                        f"there are more than {size_in_words(MOST_SECRETS_BYTES)} of secrets"
                    )
                key_log = _key_log(body, big)
                if secrets is not None and key_log:
                    secrets.append(key_log)
        elif need != COLUMNS_FULL:
            raise _damage(window, big, packet, need)


def _begin_section(window: Window, packet: int) -> bool:
    """Go past a section header; return whether the section is big-endian."""
    if len(window) < 28 and not window.more(28):
        raise _cut_short(window, False, packet)
    at = window.start
    big = word(window.data, at + 8, True) == BYTE_ORDER_MAGIC
    if not big and word(window.data, at + 8, False) != BYTE_ORDER_MAGIC:
        raise Damage(f"the section header {_place(packet)} has no byte order")
    size = word(window.data, at + 4, big)
    if size < 28 or size > LARGEST_BLOCK or size & 3:
        raise _damage(window, big, packet, BAD_LENGTH)
    if len(window) < size and not window.more(size):
        raise _cut_short(window, big, packet)
    at = window.start
    if word(window.data, at + size - 4, big) != size:
        raise _damage(window, big, packet, UNEQUAL_LENGTHS)
    major, minor = u16(window.data, at + 12, big), u16(window.data, at + 14, big)
    if major != 1:
        raise Damage(
            f"the section {_place(packet)} is of version {major}.{minor}, and only 1 is known"
        )
    window.start += size
    return big


def _take_body(window: Window, big: bool) -> bytes:
    """Go past the block at the start of the window; return what lies between its two lengths."""
    size = word(window.data, window.start + 4, big)
    block = window.peek(size)
    window.start += size
    return block[8:-4]


def _add_interface(interfaces: Interfaces, body: bytes, big: bool) -> None:
    """Add the interface that an Interface Description Block describes."""
    number = len(interfaces.link)
    if len(body) < 8:
        raise Damage(f"the description of interface {number} is too short")
    if number >= MOST_INTERFACES:
        raise Damage(f"there are more than {MOST_INTERFACES} interfaces")
    order = ">" if big else "<"
    link, snaplen = struct.unpack_from(order + "HxxI", body)
    resolution, offset_seconds = 6, 0
    for code, value in _options(body[8:], order, number):
        if code == OPTION_TIME_RESOLUTION and len(value) == 1:
            resolution = value[0]
        elif code == OPTION_TIME_OFFSET and len(value) == 8:
            (offset_seconds,) = struct.unpack(order + "q", value)

    multiplier, divisor, second_divisor = _scale(resolution)
    offset_ns = offset_seconds * 1_000_000_000
    if divisor == 0 or abs(offset_ns) > TIME_LIMIT:
        # No time can be known: the kernel finds all of them out of range.
        divisor, second_divisor, offset_ns = 1, 1, TIME_LIMIT
    row = (link, snaplen, multiplier, divisor, second_divisor, offset_ns)
    for values, value in zip(interfaces, row, strict=True):
        values.append(value)


def _options(data: bytes, order: str, number: int) -> Iterator[tuple[int, bytes]]:
    """Yield code and value of each option, as far as the end of options."""
    at = 0
    while at + 4 <= len(data):
        code, length = struct.unpack_from(order + "HH", data, at)
        if code == OPTION_END:
            return
        value = data[at + 4 : at + 4 + length]
        if len(value) < length:
            raise Damage(f"an option of interface {number} runs past the end of its block")
        yield code, value
        at += 4 + length + -length % 4


def _scale(resolution: int) -> tuple[int, int, int]:
    """Split ``if_tsresol`` into multiplier and divisors.

    The divisor is 0 for a tick below 10**-27 s or 2**-62 s, which nobody counts.
    """
    exponent = resolution & 0x7F
    if resolution & 0x80:
        first = min(exponent, 31)
        return 10**9, 1 << first if exponent <= 62 else 0, 1 << min(exponent - first, 31)
    if exponent <= 9:
        return 10 ** (9 - exponent), 1, 1
    first = min(exponent - 9, 9)
    return 1, 10**first if exponent <= 27 else 0, 10 ** min(exponent - 9 - first, 9)


def _key_log(body: bytes, big: bool) -> bytes:
    """Take the key log out of a Decryption Secrets Block; empty if it holds other secrets."""
    if len(body) < 8:
        raise Damage("a block of decryption secrets is too short")
    kind, length = struct.unpack_from(">II" if big else "<II", body)
    if length > len(body) - 8:
        raise Damage("decryption secrets run past the end of their block")
    return body[8 : 8 + length] if kind == TLS_KEY_LOG else b""


def _place(packet: int) -> str:
    """Say where a block stands that comes before packet `packet`."""
    return f"after packet {packet - 1}" if packet > 1 else "before the first packet"


def _cut_short(window: Window, big: bool, packet: int) -> Damage:
    """Say that the capture ends within the block at the start of the window."""
    if len(window) >= 4 and word(window.data, window.start, big) in (
        ENHANCED_PACKET,
        OBSOLETE_PACKET,
        SIMPLE_PACKET,
    ):
        return Damage(f"the capture was cut short in the middle of packet {packet}", packet)
    return Damage(f"the capture was cut short in the middle of a block {_place(packet)}")


def _damage(window: Window, big: bool, packet: int, reason: int) -> Damage:
    """Say what is wrong with the block at the start of the window."""
    kind = word(window.data, window.start, big)
    size = word(window.data, window.start + 4, big)
    if reason == UNKNOWN_INTERFACE:
        return Damage(f"packet {packet} is of an interface that is not described", packet)
    if reason == LONGER_THAN_BLOCK:
        return Damage(f"packet {packet} is longer than the block that holds it", packet)
    if reason == UNEQUAL_LENGTHS:
        return Damage(f"the block {_place(packet)} has two lengths that differ")
    return Damage(f"the block {_place(packet)} (type {kind:#x}) claims {size_in_words(size)}")
