"""Who gave up, and after how long: people and programs wait for round numbers of seconds."""

from __future__ import annotations

from tlsparse.diagnosis.finding import Text, phrase_of
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake

ROUND_SECONDS = (2, 3, 5, 10, 15, 20, 30, 45, 60, 75, 90, 100, 120, 180, 240, 300, 600)
"""Time-outs that are configured in practice."""

CLOSE_NS = 120_000_000
"""By how much a time-out is missed: a timer is late, and the capture is some way from who waited."""


def round_seconds(waited_ns: int) -> int | None:
    """Return the round number of seconds that somebody waited; None if it is none."""
    for seconds in ROUND_SECONDS:
        if abs(waited_ns - seconds * 1_000_000_000) <= CLOSE_NS + seconds * 5_000_000:
            return seconds
    return None


def given_up(handshake: Handshake, last: Event) -> Text | None:
    """Say who gave up after a last word, how long after it, and which time-out that was; None if nobody did."""
    left = handshake.ending.decisive
    if left is None or left.name not in ("fin", "rst") or left.time_ns < last.time_ns:
        return None
    waited_ns = left.time_ns - last.time_ns
    seconds = round_seconds(waited_ns) or round_seconds(left.time_ns - handshake.flow.start_ns)
    values = {"who": phrase_of(left.sender), "packet": left.packet, "waited": waited_ns / 1e9}
    if seconds is None:
        return Text("The {who} gave up {waited:.1f} s later (packet {packet}).", **values)
    return Text(
        "The {who} gave up {waited:.1f} s later (packet {packet}): by the round number, a time-out of {seconds} s.",
        seconds=seconds,
        **values,
    )
