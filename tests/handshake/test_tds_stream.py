"""Records come out of TDS packets, each byte with the packet of the capture that made it readable."""

from __future__ import annotations

from tlsparse.flow.streams import Segment, assemble
from tlsparse.handshake.tds_stream import is_tds, without_tds

RECORD = bytes.fromhex("16 03 03 00 04  01 00 00 00")  # a ClientHello of no bytes
DATA = bytes.fromhex("17 03 03 00 02  aa bb")
OFFER = bytes.fromhex("12 01 00 0f 00 00 00 00  01 00 06 00 01 ff 01")  # encryption: on


def tds(body: bytes) -> bytes:
    return b"\x12\x01" + (8 + len(body)).to_bytes(2, "big") + bytes(4) + body


def stream(*payloads: bytes):
    """A stream of which packet 1 holds the first payload, packet 2 the second, ..."""
    segments, at = [], 1
    for packet, data in enumerate(payloads, 1):
        segments.append(Segment(packet, packet * 1000, 16, at, len(data), len(data), 0, data))
        at += len(data)
    return assemble(segments, 0)


def test_bytes_keep_the_packet_in_which_they_came():
    inside, begin = without_tds(stream(OFFER, tds(RECORD[:5]), tds(RECORD[5:]), DATA))

    assert RECORD + DATA == inside.runs[0].data
    assert len(OFFER) == begin
    assert [2, 3, 4] == [inside.arrival(end)[0] for end in (5, 9, 16)]


def test_a_packet_of_tds_over_two_segments_has_two_arrivals():
    whole = tds(RECORD)
    inside, _ = without_tds(stream(OFFER, whole[:10], whole[10:]))

    assert [2, 3] == [inside.arrival(end)[0] for end in (2, 9)]


def test_what_follows_the_first_run_moves_along():
    """Only the heads of application data are kept, so there are several runs."""
    original = stream(OFFER, tds(RECORD), DATA, DATA)
    cut = original.runs[0].end - len(DATA)
    original.runs[:] = [
        original.runs[0]._replace(data=original.runs[0].data[:cut]),
        original.runs[0]._replace(start=cut, data=DATA),
    ]

    inside, _ = without_tds(original)

    assert [(0, RECORD + DATA), (len(RECORD + DATA), DATA)] == inside.runs
    assert len(RECORD + DATA + DATA) == inside.end
    assert 4 == inside.arrival(inside.end)[0]


def test_a_stream_without_tls_inside_of_tds_is_left_alone():
    assert without_tds(stream(RECORD)) is None
    assert without_tds(stream(OFFER)) is None
    assert without_tds(stream()) is None
    assert not is_tds(stream(RECORD))
    assert is_tds(stream(OFFER))
