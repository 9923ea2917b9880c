"""The options of a TCP header.

Only few packets are asked for theirs, so this is no kernel.

Source: RFC 9293 section 3.2; RFC 7323 section 3.2 (timestamps).
"""

from __future__ import annotations

from collections.abc import Iterator

END, PADDING, MAXIMUM_SEGMENT_SIZE, TIMESTAMPS = 0, 1, 2, 8


def read_options(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kind and value of each option, up to the first that contradicts itself or is cut."""
    at = 0
    while at < len(data) and data[at] != END:
        if data[at] == PADDING:
            at += 1
            continue
        length = data[at + 1] if at + 1 < len(data) else 0
        if length < 2 or at + length > len(data):
            return
        yield data[at], data[at + 2 : at + length]
        at += length
