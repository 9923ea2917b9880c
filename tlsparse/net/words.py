"""Big-endian words of a byte buffer, as kernels read them.

A kernel is plain Python over a byte buffer and integer columns: no objects, no exceptions, no slices. Callers have
checked that the bytes are there. Addresses are 128 bits kept as two signed 64-bit words, so that they fit the columns
and give the same numbers whether a kernel is interpreted or compiled.
"""

from __future__ import annotations

from tlsparse.columns import Buffer

IPV4_MAPPED = 0xFFFF << 32
"""Low word of an IPv4 address is this plus the address (RFC 4291 section 2.5.5.2); its high word is zero."""


def u16(data: Buffer, at: int) -> int:
    """Return the 16-bit word at `at`."""
    return data[at] << 8 | data[at + 1]


def u32(data: Buffer, at: int) -> int:
    """Return the 32-bit word at `at`."""
    return data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]


def i64(data: Buffer, at: int) -> int:
    """Return the 64-bit word at `at`, as a signed number."""
    high = data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]
    low = data[at + 4] << 24 | data[at + 5] << 16 | data[at + 6] << 8 | data[at + 7]
    return ((high ^ 0x80000000) - 0x80000000) * 0x100000000 + low
