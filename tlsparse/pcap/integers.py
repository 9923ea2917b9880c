"""Integers in bytes, as kernels read them.

A kernel is a plain function over byte buffers and integer columns: no objects, no slices, no
exceptions, so that a compiler of numerical Python takes the very same source. That is why these two
are spelled out byte by byte. They trust their caller to have checked that the bytes are there.
"""

from __future__ import annotations

from tlsparse.columns import Buffer


def u16(data: Buffer, at: int, big: bool) -> int:
    """Read an unsigned 16-bit integer, most significant byte first if `big`."""
    if big:
        return data[at] << 8 | data[at + 1]
    return data[at + 1] << 8 | data[at]


def u32(data: Buffer, at: int, big: bool) -> int:
    """Read an unsigned 32-bit integer, most significant byte first if `big`."""
    if big:
        return data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]
    return data[at + 3] << 24 | data[at + 2] << 16 | data[at + 1] << 8 | data[at]
