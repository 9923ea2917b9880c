from __future__ import annotations

import random

import pytest

from tlsparse.compiled import compile_kernels, interpret_kernels
from tlsparse.flow.datagrams import (
    DTLS,
    IDLE_NS,
    NOTHING,
    QUIC,
    QUIET_LIMIT,
    DatagramTable,
    likeness,
)
from tlsparse.flow.flow import Endpoint
from tlsparse.net.packets import locate_packets
from tlsparse.pcap.source import read_blocks

LONG = """
    c3 00 00 00 01              # long header, Initial of QUIC version 1
    08 00 01 02 03 04 05 06 07  # destination_connection_id
    00 00                       # source_connection_id and token: empty
    44 00                       # length
"""
NEGOTIATION = """
    80 00 00 00 00              # long header, version 0
    00 08 00 01 02 03 04 05 06 07
    00 00 00 01                 # supported_version
"""
SHORT = bytes((0x40,)) + bytes(30)
UNIFIED = bytes((0x2F,)) + bytes(30)
HELLO = "16 fe ff  00 00  00 00 00 00 00 00  00 02  01 00   # a record of DTLS 1.0"


def table_of(capture, table=None):
    """Run a capture through a table; return it and what it handed on as (packet, side)."""
    table = table or DatagramTable()
    seen = []
    for block in read_blocks(capture, None):
        packets = locate_packets(block)
        seen += [(d.packet, d.side) for d in table.add(block, packets)]
    return table, seen


@pytest.mark.parametrize(
    "text, expected",
    [
        (HELLO, DTLS),
        (LONG, QUIC),
        (LONG.replace("00 00 00 01 ", "6b 33 43 cf "), QUIC),
        (NEGOTIATION, QUIC),
        (LONG.replace("c3", "83"), NOTHING),  # the fixed bit is 0
        (LONG.replace("00 00 00 01 ", "00 00 00 09 "), NOTHING),  # an unknown version
        (LONG.replace("08 00 01", "15 00 01"), NOTHING),  # an id of 21 bytes
        (LONG.replace("00 00 00 01 ", "1a 2a 3a 4a "), NOTHING),  # reserved, but too short
        (NEGOTIATION + "00", NOTHING),  # not whole versions
        (HELLO.replace("fe ff", "03 03"), NOTHING),
        (HELLO.replace("00 02", "00 03"), NOTHING),  # longer than the datagram
        ("16 fe ff 00", NOTHING),
        ("80 00", NOTHING),
        ("00 01 00 00 21 12 a4 42", NOTHING),  # STUN
    ],
)
def test_first_bytes_tell_what_a_datagram_looks_like(wire, text, expected):
    data = wire(text)

    assert expected == likeness(data, 0, len(data), len(data))


def test_what_follows_between_known_endpoints_is_handed_on(wire, udp_capture):
    stun = wire("00 01 00 00 21 12 a4 42")
    datagrams = [(1, SHORT), (0, wire(LONG)), (1, SHORT), (0, SHORT), (1, bytes((0x90,)) + stun)]

    _, seen = table_of(udp_capture(datagrams))

    assert [(2, 0), (3, 1), (4, 0)] == seen


def test_unified_headers_follow_dtls_and_short_headers_do_not(wire, udp_capture):
    _, seen = table_of(udp_capture([(0, wire(HELLO)), (1, UNIFIED), (1, SHORT)]))

    assert [(1, 0), (2, 1)] == seen


def test_of_application_data_only_the_first_is_handed_on_and_the_rest_counted(wire, udp_capture):
    data = [(0, SHORT)] * (QUIET_LIMIT + 10)
    table, seen = table_of(udp_capture([(0, wire(LONG)), *data]))

    (pair,) = table.finish()

    assert (1 + QUIET_LIMIT, 10) == (len(seen), pair.passed)
    assert Endpoint("192.0.2.1", 50000) == pair.endpoints[0]


def test_telling_datagram_opens_the_way_for_more_data(wire, udp_capture):
    data = [(0, SHORT)] * (QUIET_LIMIT + 10)

    _, seen = table_of(udp_capture([(0, wire(LONG)), *data, (0, wire(LONG)), *data]))

    assert 2 * (1 + QUIET_LIMIT) == len(seen)


def test_forgotten_endpoints_give_their_slot_back(wire, udp_capture):
    table = DatagramTable()
    for block in read_blocks(udp_capture([(0, wire(LONG)), (0, SHORT), (0, SHORT)]), None):
        packets = locate_packets(block)
        count = 0
        for datagram in table.add(block, packets):
            count += 1
            table.forget(datagram.slot)

    assert (1, []) == (count, list(table.finish()))


def test_endpoints_that_were_quiet_for_long_leave_the_table(wire, udp_capture):
    late = IDLE_NS // 1_000_000 + 1000
    capture = udp_capture([(0, wire(LONG), 0), (0, bytes((0x90, 0)), late)])
    table, _ = table_of(capture)

    (pair,) = table.retire()

    assert late * 1_000_000 == pair.seen_until_ns - pair.last_ns
    assert [] == list(table.finish())


def test_table_grows_with_the_endpoints(wire, udp_capture):
    table = DatagramTable()
    for port in range(1000, 1300):
        table, seen = table_of(udp_capture([(0, wire(LONG))], ports=(port, 443)), table)
        assert 1 == len(seen)

    assert 300 == len({pair.endpoints for pair in table.finish()})


@pytest.mark.slow
def test_compiled_kernels_choose_the_same(wire, udp_capture):
    pytest.importorskip("numba")
    dice = random.Random(4)
    heads = [wire(HELLO), wire(LONG), wire(NEGOTIATION), SHORT, UNIFIED, b"\x16", b"\0"]
    datagrams = [
        (dice.randrange(2), dice.choice(heads) + dice.randbytes(dice.randrange(40)))
        for _ in range(500)
    ]
    capture = udp_capture(datagrams)
    interpreted = table_of(capture)[1]
    try:
        compile_kernels()
        assert interpreted == table_of(capture)[1]
    finally:
        interpret_kernels()
