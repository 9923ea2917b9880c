"""Integers in bytes, as kernels read them.

A kernel is a plain function over byte buffers and integer columns: no objects, no slices, no
exceptions, so that a compiler of numerical Python takes the very same source. That is why these two
are spelled out byte by byte. They trust their caller to have checked that the bytes are there.
"""

from __future__ import annotations

from tlsparse.columns import Buffer
from tlsparse.compiled import kernel


@kernel
def u16(data: Buffer, at: int, big: bool) -> int:
    """Read an unsigned 16-bit integer, most significant byte first if `big`."""
    if big:
        return data[at] * 0x100 + data[at + 1]
    return data[at + 1] * 0x100 + data[at]


@kernel
def u32(data: Buffer, at: int, big: bool) -> int:
    """Read an unsigned 32-bit integer, most significant byte first if `big`."""
    if big:
        return u16(data, at, big) * 0x10000 + u16(data, at + 2, big)
    return u16(data, at + 2, big) * 0x10000 + u16(data, at, big)


def word(data: Buffer, at: int, big: bool) -> int:
    """Read the same as `u32`, for code that is no kernel."""
    return int.from_bytes(data[at : at + 4], "big" if big else "little")
