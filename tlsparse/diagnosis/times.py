"""Spans and moments as they stand in a sentence.

A span is written with the symbols of its units (ms, s, min, h, d), which are the same for one and for many and in every
language.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

SECOND_NS = 1_000_000_000

MICROSECOND = timedelta(microseconds=1)

DAY_S = 86400

UNITS = ((DAY_S, "d"), (3600, "h"), (60, "min"), (1, "s"))

DECIMALS_BELOW = 60
"""Seconds from which on their fractions say nothing."""


def duration(span_ns: int) -> str:
    """Write a span with its two largest units: ``640 ms``, ``12.4 s``, ``3 min 20 s``, ``10 d``.

    Days stand alone from the second on, since hours say nothing beside them.
    """
    span_ns = abs(span_ns)
    if span_ns < SECOND_NS:
        millis = span_ns / 1e6
        return f"{millis:.0f} ms" if millis >= 10 else f"{millis:.1f} ms"
    if span_ns < DECIMALS_BELOW * SECOND_NS:
        return f"{span_ns // 100_000_000 / 10:.1f} s"
    seconds = span_ns // SECOND_NS
    if seconds >= 2 * DAY_S:
        return f"{seconds // DAY_S} d"
    for (size, unit), (smaller, minor) in pairwise(UNITS):
        whole, rest = divmod(seconds, size)
        if whole:
            more = rest // smaller
            return f"{whole} {unit} {more} {minor}" if more else f"{whole} {unit}"
    return f"{seconds} s"


def span_ns(delta: timedelta) -> int:
    """Return a span in nanoseconds."""
    return delta // MICROSECOND * 1000


def moment(time_ns: int) -> str:
    """Write a time to the millisecond: ``2026-11-24 10:03:04.123``; it is UTC."""
    seconds, rest_ns = divmod(time_ns, SECOND_NS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{rest_ns // 1_000_000:03}"
