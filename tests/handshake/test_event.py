"""The order of events, and the opposite of a side."""

from __future__ import annotations

import pytest

import tlsparse
from tlsparse.handshake.event import OTHER, Event


def event(packet: int, start: int) -> Event:
    return Event("message", "finished", "client", packet, time_ns=0, start=start)


def test_events_are_ordered_by_packet_then_by_place_in_the_stream():
    first, second, third = event(1, 900), event(2, 5), event(2, 40)

    assert [first, second, third] == sorted((third, second, first), key=lambda e: e.order)


def test_the_other_side_of_the_other_side_is_the_side():
    assert ["client", "server"] == [OTHER[OTHER[side]] for side in ("client", "server")]


@pytest.mark.parametrize(
    "event, detail",
    [
        (Event("transport", "starttls", "client", 1, 0, body="STARTTLS"), "STARTTLS"),
        (Event("message", "encrypted", "client", 1, 0, meaning="finished"), "finished"),
        (Event("transport", "fin", "client", 1, 0), None),
        (Event("message", "encrypted_extensions", "server", 1, 0, body=object()), None),
    ],
)
def test_the_detail_is_what_an_event_brought(event, detail):
    assert detail == event.detail


def test_the_details_of_the_hellos_are_the_name_and_the_choice(captures):
    (handshake,) = [h for _, h in tlsparse.read(captures / "tls12_ecdhe.pcap").contents.each()]
    details = {event.name: event.detail for event in handshake.events}

    assert "server.test" == details["client_hello"]
    assert f"TLS 1.2, {handshake.cipher_suite}" == details["server_hello"]
