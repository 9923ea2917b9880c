"""Who comes and leaves without a word in a rhythm.

A load balancer looks whether its servers are up: it connects, perhaps completes a handshake, and is gone, every few
seconds. Whoever tries in vain slows down, or gives up.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from tlsparse.handshake.handshake import Handshake, Rhythm

BEATS = 5
"""Times that somebody comes and leaves before it is a rhythm: who tries again gives up or slows down sooner."""

SLOWEST_NS, FASTEST_NS = 60_000_000_000, 500_000_000
"""Intervals at which load balancers check their servers."""

EVEN = 0.05
"""By how much each of these intervals may differ from the one in their middle."""


def rhythm_of(starts_ns: Sequence[int]) -> Rhythm | None:
    """Return the rhythm of handshakes that began at these times, in order; None if they have none."""
    if len(starts_ns) < BEATS:
        return None
    intervals = [later - earlier for earlier, later in pairwise(starts_ns)]
    middle = int(median(intervals))
    even = all(abs(interval - middle) <= EVEN * middle for interval in intervals)
    return Rhythm(len(starts_ns), middle) if even and FASTEST_NS <= middle <= SLOWEST_NS else None


def is_left_wordless(handshake: Handshake) -> bool:
    """Tell whether a client went, by FIN or reset, before its hello, or as soon as the handshake was through."""
    close = handshake.ending.decisive
    if close is None or close.name not in ("fin", "rst") or close.sender != "client":
        return False
    if handshake.outcome == "rejected":
        return True
    return handshake.outcome in ("closed", "reset") and not any(
        event.kind != "transport" for event in handshake.events
    )
