"""The order of events, and the opposite of a side."""

from __future__ import annotations

from tlsparse.handshake.event import OTHER, Event


def event(packet: int, start: int) -> Event:
    return Event("message", "finished", "client", packet, time_ns=0, start=start)


def test_events_are_ordered_by_packet_then_by_place_in_the_stream():
    first, second, third = event(1, 900), event(2, 5), event(2, 40)

    assert [first, second, third] == sorted((third, second, first), key=lambda e: e.order)


def test_the_other_side_of_the_other_side_is_the_side():
    assert ["client", "server"] == [OTHER[OTHER[side]] for side in ("client", "server")]
