"""Names for the two things that kernels work on: a byte buffer and a column of integers."""

from __future__ import annotations

from array import array
from typing import TypeAlias

Buffer: TypeAlias = "bytes | bytearray | memoryview"
"""Bytes, indexed by position and giving integers from 0 to 255."""

Column: TypeAlias = "array[int]"
"""Signed 64-bit integers (type code ``q``), one for each packet, flow or direction."""


def column(size: int, value: int = 0) -> Column:
    """Make a column of `size` entries that all hold `value`."""
    return array("q", [value]) * size
