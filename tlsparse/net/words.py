"""Big-endian words of a byte buffer, as kernels read them.

A kernel is plain Python over a byte buffer and integer columns: no objects, no exceptions, no slices. Callers have
checked that the bytes are there. Addresses are 128 bits kept as two signed 64-bit words, so that they fit the columns
and give the same numbers whether a kernel is interpreted or compiled.
"""

from __future__ import annotations

from tlsparse.columns import Buffer
from tlsparse.compiled import kernel

IPV4_MAPPED = 0xFFFF << 32
"""Low word of an IPv4 address is this plus the address (RFC 4291 section 2.5.5.2); its high word is zero."""


@kernel
def u8(data: Buffer, at: int) -> int:
    """Return the byte at `at`.

    Adding zero widens it to a signed number: compiled code takes the sum of an unsigned and a signed one for a
    floating-point number.
    """
    return data[at] + 0


@kernel
def u16(data: Buffer, at: int) -> int:
    """Return the 16-bit word at `at`."""
    return data[at] * 0x100 + data[at + 1]


@kernel
def u32(data: Buffer, at: int) -> int:
    """Return the 32-bit word at `at`."""
    return u16(data, at) * 0x10000 + u16(data, at + 2)


@kernel
def i64(data: Buffer, at: int) -> int:
    """Return the 64-bit word at `at`, as a signed number."""
    return ((u32(data, at) ^ 0x80000000) - 0x80000000) * 0x100000000 + u32(data, at + 4)


@kernel
def mix(value: int, number: int) -> int:
    """Fold a number of 32 bits into a hash of 32 bits; no product reaches 2^63."""
    value = ((value ^ number) & 0xFFFFFFFF) * 0x45D9F3B & 0xFFFFFFFF
    return value ^ (value >> 16)
