"""Packets in, flows out: which conversation each packet belongs to, and when it leaves the table."""

from __future__ import annotations

import struct

import pytest

from tlsparse.flow.flow import Endpoint, Flow
from tlsparse.flow.streams import Run
from tlsparse.flow.table import FIRST_SLOTS, LINGER_NS, FlowTable
from tlsparse.net.packets import locate_packets
from tlsparse.pcap.source import read_blocks

FIN, SYN, RST, ACK = 1, 2, 4, 16
BEGIN = 1_700_000_000_000_000_000


def flows_of(source) -> list[Flow]:
    table = FlowTable()
    flows = []
    for block in read_blocks(source, lambda *problem: None):
        flows += table.add(block, locate_packets(block))
    flows += table.finish()
    return sorted(flows, key=lambda flow: flow.number)


# --- One conversation ------------------------------------------------------------------------------------------------


def test_both_directions_are_one_flow(talk, run):
    t = talk()
    frames = [*t.open(), t.client(0, b"hello"), t.server(0, b"welcome")]
    result = run(frames)

    assert 1 == len(result.flows)
    flow = result.flows[0]
    assert (Endpoint("192.0.2.1", 50000), Endpoint("192.0.2.2", 443)) == flow.endpoints
    assert ([Run(0, b"hello")], [Run(0, b"welcome")]) == (
        flow.streams[0].runs,
        flow.streams[1].runs,
    )
    assert ("tcp", 0, 1, 5) == (flow.transport, flow.number, flow.first_packet, flow.packets)
    assert 4_000_000 == flow.end_ns - flow.start_ns
    assert flow.seen_until_ns == flow.end_ns


def test_endpoint_a_sorts_lower_whoever_opens(talk, run):
    t = talk("198.51.100.9", "192.0.2.2")
    flow = run([*t.open(), t.client(0, b"hello")]).flows[0]

    assert Endpoint("192.0.2.2", 443) == flow.endpoints[0]
    assert 1 == flow.opener
    assert [Run(0, b"hello")] == flow.streams[1].runs
    assert [("syn", 1), ("syn_ack", 0)] == [(m.name, m.side) for m in flow.milestones]


def test_between_two_ports_of_one_address_the_lower_port_is_a(talk, run):
    t = talk("127.0.0.1", "127.0.0.1")
    flow = run([*t.open(), t.client(0, b"hello")]).flows[0]

    assert [443, 50000] == [endpoint.port for endpoint in flow.endpoints]
    assert [Run(0, b"hello")] == flow.streams[1].runs


def test_an_endpoint_may_talk_to_itself(talk, run):
    """A packet from an address and port to the same: an old attack, and no reason to fail."""
    t = talk("192.0.2.1", "192.0.2.1", ports=(443, 443))
    flow = run([t.client(-1, flags=SYN), t.client(0, b"hello")]).flows[0]

    assert flow.endpoints[0] == flow.endpoints[1]
    assert 2 == flow.packets


def test_what_the_other_side_has_acknowledged_is_counted_in_bytes(talk, run):
    t = talk()
    frames = [
        *t.open(),
        t.client(0, b"x" * 100),
        t.server(0, acknowledged=100),
        t.server(0, acknowledged=40),  # an older one, late
    ]

    assert (0, 100) == run(frames).flows[0].acknowledged


def test_without_a_syn_acknowledged_bytes_are_counted_from_the_first_seen(talk, run):
    t = talk()
    frames = [t.client(500, b"x" * 100), t.server(0, b"y", acknowledged=560), t.client(600, b"z")]
    flow = run(frames).flows[0]

    assert 60 == flow.acknowledged[1]


def test_an_acknowledgment_of_what_was_never_sent_is_not_gigabytes(talk, run):
    t = talk()
    frames = [
        t.client(-1, flags=SYN),
        t.server(-1, flags=RST | ACK),
        t.server(-1, acknowledged=-10),
    ]

    assert 0 == run(frames).flows[0].acknowledged[1]


def test_more_than_four_gigabytes_may_be_acknowledged(talk, run):
    t = talk()
    frames, place = t.open(), 0
    for _ in range(5):
        frames += [t.server(place, b"x" * 10), t.client(0, acknowledged=place + 10)]
        place += 1_000_000_000

    assert 4_000_000_010 == run(frames).flows[0].acknowledged[0]


def test_nothing_acknowledged_is_none(talk, run):
    assert (None, None) == run([talk().client(-1, flags=SYN)]).flows[0].acknowledged


# --- Ports used again ------------------------------------------------------------------------------------------------


def test_a_port_used_again_makes_a_second_flow(talk, run):
    one, two = talk(), talk(initial=(777_000, 888_000))
    frames = [
        *one.open(),
        one.client(0, b"first"),
        one.client(5, flags=FIN | ACK),
        one.server(0, flags=FIN | ACK, acknowledged=6),
        *two.open(),
        two.client(0, b"second"),
    ]
    result = run(frames)

    assert [[Run(0, b"first")], [Run(0, b"second")]] == [f.streams[0].runs for f in result.flows]
    assert [1, 7] == [flow.first_packet for flow in result.flows]
    assert [0, 1] == [flow.number for flow in result.flows]
    assert 2 == result.table.conversations


def test_a_syn_sent_again_is_the_same_flow(talk, run):
    t = talk()
    frames = [t.client(-1, flags=SYN), t.client(-1, flags=SYN), *t.open()]
    result = run(frames)

    assert 1 == len(result.flows)
    assert ["syn"] * 3 + ["syn_ack"] == [m.name for m in result.flows[0].milestones]


def test_a_syn_after_the_middle_of_another_connection_is_a_new_flow(talk, run):
    one, two = talk(), talk(initial=(777_000, 888_000))
    result = run(
        [one.client(100, b"old"), one.server(100, b"old"), *two.open(), two.client(0, b"new")]
    )

    assert [[Run(0, b"old")], [Run(0, b"new")]] == [flow.streams[0].runs for flow in result.flows]


def test_a_syn_captured_after_its_answer_is_the_same_flow(talk, run):
    """Two interfaces, or two queues of one, may swap packets that were microseconds apart."""
    t = talk()
    frames = [t.server(-1, flags=SYN | ACK), t.client(-1, flags=SYN), t.client(0, b"hello")]
    result = run(frames)

    assert 1 == len(result.flows)
    assert [Run(0, b"hello")] == result.flows[0].streams[0].runs
    assert 0 == result.flows[0].opener


def test_of_one_side_alone_an_answer_with_another_number_is_a_new_flow(talk, run):
    one, two = talk(), talk(initial=(777_000, 888_000))
    frames = [
        one.server(-1, flags=SYN | ACK),
        one.server(0, b"first"),
        one.server(5, flags=FIN | ACK),
        two.server(-1, flags=SYN | ACK),
        two.server(0, b"second"),
    ]

    assert [[Run(0, b"first")], [Run(0, b"second")]] == [
        flow.streams[1].runs for flow in run(frames).flows
    ]


def test_an_answer_with_another_number_before_any_data_is_the_same_flow(talk, run):
    """As of a server that answers each SYN with a cookie (RFC 4987 section 3.6); the last one counts."""
    one, two = talk(), talk(initial=(1_000, 888_000))
    frames = [
        one.client(-1, flags=SYN),
        one.server(-1, flags=SYN | ACK),
        one.client(-1, flags=SYN),
        two.server(-1, flags=SYN | ACK),
        two.client(0),
        two.server(0, b"hello"),
    ]
    flows = run(frames).flows

    assert 1 == len(flows)
    assert [Run(0, b"hello")] == flows[0].streams[1].runs


def test_many_connections_on_the_same_ports_within_one_block_are_all_found(talk, run):
    """A slot that is left is not free before the end of the block, so the table must grow."""
    count = 3 * FIRST_SLOTS
    frames = []
    for n in range(count):
        t = talk(initial=(n * 1000, n * 2000))
        frames += [t.client(-1, flags=SYN), t.client(0, b"number %d" % n)]
    flows = run(frames).flows

    assert [[Run(0, b"number %d" % n)] for n in range(count)] == [f.streams[0].runs for f in flows]


# --- Many conversations ----------------------------------------------------------------------------------------------


def many(talk, count: int) -> list:
    return [talk(f"10.0.{n >> 8}.{n & 255}", ports=(1024 + n % 7, 443)) for n in range(count)]


@pytest.mark.parametrize("chunk_bytes", [2048, 1 << 20])
def test_the_table_grows_and_loses_no_conversation(talk, run, chunk_bytes):
    talks = many(talk, 2000)
    frames = [t.client(-1, flags=SYN) for t in talks]
    frames += [t.client(0, b"I am %d" % n) for n, t in enumerate(talks)]
    frames += [t.server(0, b"you are %d" % n) for n, t in enumerate(talks)]
    result = run(frames, chunk_bytes=chunk_bytes)

    assert 2000 == len(result.flows)
    assert list(range(2000)) == [flow.number for flow in result.flows]
    for n, flow in enumerate(result.flows):
        assert f"10.0.{n >> 8}.{n & 255}" == flow.endpoints[0].ip
        assert [Run(0, b"I am %d" % n)] == flow.streams[0].runs
        assert b"you are %d" % n == flow.streams[1].runs[0].data
        assert 3 == flow.packets


def closed(t, when: int) -> list:
    """A conversation that opens and closes within a few milliseconds."""
    return [
        *(frame._replace(time_ns=when) for frame in t.open()),
        t.client(0, b"hello", time_ns=when),
        t.client(5, flags=FIN | ACK, time_ns=when),
        t.server(0, flags=FIN | ACK, acknowledged=6, time_ns=when),
    ]


def test_a_closed_conversation_leaves_the_table_after_a_while(talk, run):
    one, two = many(talk, 2)
    later = BEGIN + LINGER_NS + 1
    frames = [*closed(one, BEGIN), two.client(-1, flags=SYN, time_ns=later)]
    result = run(frames)

    assert [0] == result.early
    assert later == result.flows[0].seen_until_ns


def test_a_closed_conversation_waits_for_stragglers(talk, run):
    one, two = many(talk, 2)
    middle = BEGIN + LINGER_NS // 2
    frames = [
        *closed(one, BEGIN),
        two.client(-1, flags=SYN, time_ns=middle),
        one.client(6, acknowledged=1, time_ns=middle),
    ]
    result = run(frames, chunk_bytes=128)

    assert [] == result.early
    assert 2 == len(result.flows)
    assert 7 == result.flows[0].packets


def test_a_reset_conversation_leaves_the_table_too(talk, run):
    one, two = many(talk, 2)
    frames = [
        one.client(-1, flags=SYN, time_ns=BEGIN),
        one.server(0, flags=RST | ACK, time_ns=BEGIN),
        two.client(-1, flags=SYN, time_ns=BEGIN + LINGER_NS + 1),
    ]

    assert [0] == run(frames).early


def test_an_open_conversation_stays_however_long_it_is_silent(talk, run):
    one, two = many(talk, 2)
    frames = [
        *one.open(),
        two.client(-1, flags=SYN, time_ns=BEGIN + 1000 * LINGER_NS),
        one.client(0, b"hello", time_ns=BEGIN + 1001 * LINGER_NS),
    ]
    result = run(frames, chunk_bytes=128)

    assert [] == result.early
    assert 2 == len(result.flows)
    assert [Run(0, b"hello")] == result.flows[0].streams[0].runs


def test_slots_are_used_again_and_as_new(talk, run):
    """As many conversations as the table has slots, four times over, one after another."""
    frames = []
    talks = many(talk, 4 * FIRST_SLOTS)
    for n, t in enumerate(talks):
        frames += closed(t, BEGIN + n * LINGER_NS)
    result = run(frames, chunk_bytes=4096)

    assert len(talks) == len(result.flows)
    assert len(result.early) > 3 * FIRST_SLOTS
    assert FIRST_SLOTS == len(result.table._conversations.attached)
    for flow in result.flows:
        assert [Run(0, b"hello")] == flow.streams[0].runs
        assert 6 == flow.packets
        assert ["syn", "syn_ack", "fin", "fin"] == [m.name for m in flow.milestones]
        assert (0, (0, 0), (0, 0)) == (flow.opener, flow.records, flow.retransmissions)
        assert (0, 6) == flow.acknowledged


def test_no_bytes_stay_behind_when_a_conversation_leaves(talk, run):
    talks = many(talk, 50)
    frames = [frame for n, t in enumerate(talks) for frame in closed(t, BEGIN + n * 2 * LINGER_NS)]
    table = run(frames, chunk_bytes=512).table

    assert {} == table._segments


# --- Time ------------------------------------------------------------------------------------------------------------


def simple_packets(frames) -> bytes:
    """A pcapng whose packets have no time: simple packet blocks of raw IP."""

    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        size = struct.pack("<I", 12 + len(body))
        return struct.pack("<I", kind) + size + body + size

    return (
        block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
        + block(1, struct.pack("<HHI", 101, 0, 0))
        + b"".join(block(3, struct.pack("<I", len(f.data)) + f.data) for f in frames)
    )


def test_a_capture_without_times_has_no_round_trip_and_no_silence(talk):
    t = talk()
    flow = flows_of(simple_packets([*t.open(), t.client(0, b"hello")]))[0]

    assert [Run(0, b"hello")] == flow.streams[0].runs
    assert flow.rtt_ns is None
    assert 0 == flow.seen_until_ns - flow.end_ns


def test_a_closed_conversation_of_a_capture_without_times_leaves_the_table(talk):
    """Nobody can say how long ago it was; keeping it would keep them all."""
    table = FlowTable()
    source = simple_packets(closed(talk(), 0))
    early = [
        flow
        for block in read_blocks(source, lambda *problem: None)
        for flow in table.add(block, locate_packets(block))
    ]

    assert [6] == [flow.packets for flow in early]


def test_the_end_of_a_flow_is_its_latest_packet_in_whatever_order(talk, run):
    t = talk()
    frames = [t.client(0, b"a", time_ns=BEGIN + 50), t.client(1, b"b", time_ns=BEGIN + 20)]
    flow = run(frames).flows[0]

    assert BEGIN + 50 == flow.end_ns


# --- Captures --------------------------------------------------------------------------------------------------------


def test_port_reuse_has_one_flow_for_each_connection(captures):
    flows = flows_of(captures / "port_reuse.pcap")
    syns = [sum(m.name == "syn_ack" for m in flow.milestones) for flow in flows]

    assert len(flows) > 1
    assert [1] * len(flows) == syns
    assert 1 == len({flow.endpoints for flow in flows})


def test_disorder_does_not_change_the_bytes(captures):
    for stream in (s for flow in flows_of(captures / "disordered.pcap") for s in flow.streams):
        assert [] == stream.gaps
        assert (0, b"\x16\x03") == (stream.runs[0].start, stream.runs[0].data[:2])


def test_a_sequence_number_that_wraps_leaves_no_gap(captures):
    flows = flows_of(captures / "sequence_wrap.pcap")

    assert [] == [gap for flow in flows for stream in flow.streams for gap in stream.gaps]
    assert all(stream.runs[0].start == 0 for flow in flows for stream in flow.streams)


def test_a_missing_packet_is_a_gap(captures):
    flows = flows_of(captures / "missing_packet.pcap")

    assert 1 == sum(not gap.cut for flow in flows for stream in flow.streams for gap in stream.gaps)


def test_a_capture_cut_at_96_bytes_has_gaps_of_that_kind_only(captures):
    gaps = [
        gap
        for flow in flows_of(captures / "cut_at_96_bytes.pcap")
        for stream in flow.streams
        for gap in stream.gaps
    ]

    assert gaps
    assert all(gap.cut for gap in gaps)


def test_a_stream_ends_where_its_last_bytes_passed_by(talk, run):
    """Of application data nothing is kept, and the FIN has no bytes; yet where it ends is known."""
    t = talk()
    data = 20 * (b"\x17\x03\x03\x07\xd0" + bytes(2000))
    flow = run(
        [
            *t.open(),
            *t.send(1, data),
            t.server(len(data), flags=ACK | FIN),
        ]
    ).flows[0]

    assert len(data) == flow.streams[1].end
