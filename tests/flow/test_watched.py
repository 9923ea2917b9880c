"""A table that can be looked into: what is seen of a conversation that goes on, and what is let go."""

from __future__ import annotations

import pytest

from tlsparse.flow.streams import Run
from tlsparse.flow.watched import WatchedTable
from tlsparse.net.packets import locate_packets
from tlsparse.pcap.source import read_blocks

FIN, RST, ACK = 1, 4, 16
NOW = 1_700_000_100_000_000_000


@pytest.fixture
def feed(run):
    """Run frames through a watched table, as one block."""
    pcap = run.__globals__["pcap"]

    def take(table, frames):
        flows = []
        for block in read_blocks(pcap(frames), lambda *problem: None):
            flows += table.add(block, locate_packets(block))
        return flows

    return take


def test_a_look_shows_what_has_come_and_changes_nothing(talk, feed):
    t, table = talk(), WatchedTable()
    feed(table, [*t.open(), t.client(0, b"hello")])
    looks = [table.peek(0, NOW) for _ in range(2)]

    for flow in looks:
        assert [Run(0, b"hello")] == flow.streams[0].runs
        assert 4 == flow.packets
        assert NOW == flow.seen_until_ns
    feed(table, [t.server(0, b"welcome")])
    assert [Run(0, b"welcome")] == table.peek(0, NOW).streams[1].runs
    assert [Run(0, b"hello")] == next(table.finish()).streams[0].runs


def test_what_is_new_is_named_once(talk, feed, handshake):
    t, table = talk(), WatchedTable()
    feed(table, [*t.open(), t.client(0, b"hello")])

    assert {0: False} == table.touched()
    assert {} == table.touched()
    feed(table, [t.server(0, handshake[:1400])])
    assert {0: True} == table.touched()


def test_a_handshake_record_behind_application_data_is_noticed(talk, feed, record):
    t, table = talk(), WatchedTable()
    feed(table, t.open())
    table.touched()
    feed(table, [t.client(0, record(23, b"x" * 40) + record(22, b"y" * 40))])

    assert {0: True} == table.touched()


def test_of_a_dismissed_conversation_nothing_is_kept_but_its_packets_are_its_own(talk, feed):
    t, table = talk(), WatchedTable()
    feed(table, [*t.open(), t.client(0, b"hello")])
    table.dismiss(0)
    feed(table, [t.client(5, b"again"), t.client(10, flags=FIN | ACK)])

    assert 1 == table.conversations
    assert {} == table.touched()
    flow = next(table.finish())
    assert ([], []) == (flow.milestones, flow.streams[0].runs)
    assert 6 == flow.packets


def test_a_slot_that_is_used_again_is_watched_again(talk, feed):
    """A reset connection lingers for 30 seconds."""
    t, table = talk(), WatchedTable()
    feed(table, [*t.open(), t.client(0, flags=RST)])
    table.dismiss(0)
    other = talk(ports=(50001, 443))
    late = other.client(-1, flags=2, time_ns=NOW)
    feed(table, [late])
    third = talk(ports=(50002, 443))
    feed(table, [third.client(-1, flags=2, time_ns=NOW + 1)])

    assert {0, 1} == {*table.touched()}
    assert 2 == table.number(0)


def test_at_a_glance(talk, feed, record):
    t, table = talk(), WatchedTable()
    feed(table, t.open())
    assert (False, False) == (table.is_closed(0), table.speaks_tls(0))
    feed(table, [t.client(0, record(22, b"\x01" + bytes(40)))])
    assert table.speaks_tls(0)
    feed(table, [t.client(46, flags=FIN | ACK)])
    assert not table.is_closed(0)
    feed(table, [t.server(0, flags=FIN | ACK)])
    assert table.is_closed(0)
