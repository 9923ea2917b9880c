"""Errors of ICMP find the conversation that they speak of, and no other."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address

import pytest

from tlsparse.flow.datagrams import DatagramTable
from tlsparse.flow.errors import ERRORS_LIMIT
from tlsparse.flow.flow import PathError
from tlsparse.flow.table import FIRST_SLOTS
from tlsparse.net.packets import locate_packets
from tlsparse.pcap.source import read_blocks

SYN, ACK = 2, 16
TOO_LARGE = b"\x03\x04" + bytes(4) + (1280).to_bytes(2)


def errors_of(flow):
    return [m for m in flow.milestones if isinstance(m.body, PathError)]


def test_an_error_about_a_syn_is_a_milestone_of_the_other_side(talk, run, icmp_error):
    t = talk()
    syn = t.client(-1, flags=SYN)

    (flow,) = run([syn, icmp_error(syn)]).flows

    (error,) = errors_of(flow)
    assert (2, 1, "icmp_host_unreachable") == (error.packet, error.side, error.name)
    assert PathError("192.0.2.254", 0, 40) == error.body
    assert 1 == flow.packets  # it is none of the conversation's own


def test_an_error_says_what_the_next_link_takes_and_how_large_the_packet_was(talk, run, icmp_error):
    t = talk()
    large = t.client(0, bytes(1400))

    (flow,) = run([*t.open(), large, icmp_error(large, TOO_LARGE)]).flows

    (error,) = errors_of(flow)
    assert PathError("192.0.2.254", 1280, 1440) == error.body
    assert "from 192.0.2.254, MTU 1280" == str(error.body)


def test_an_error_about_an_answer_is_a_milestone_of_the_client(talk, run, icmp_error):
    t = talk()
    answer = t.server(0, b"welcome")

    (flow,) = run([*t.open(), answer, icmp_error(answer)]).flows

    assert [0] == [error.side for error in errors_of(flow)]


def test_an_error_about_a_connection_that_is_not_in_the_table_makes_none(talk, run, icmp_error):
    assert [] == run([icmp_error(talk().client(-1, flags=SYN))]).flows


def test_an_error_with_a_sequence_number_far_from_what_was_sent_is_not_believed(
    talk, run, icmp_error
):
    """RFC 5927 section 4.1: who is not on the path has to guess it."""
    t = talk()
    forged = talk(initial=(2_000_000_000, 5_000)).client(-1, flags=SYN)

    (flow,) = run([*t.open(), icmp_error(forged)]).flows

    assert [] == errors_of(flow)


def test_of_ports_that_are_used_again_the_latest_connection_is_meant(talk, run, icmp_error):
    first, second = talk(), talk(initial=(900_000_000, 77))
    again = second.client(-1, flags=SYN)

    flows = run([*first.open(), *second.open(), icmp_error(again)]).flows

    assert [0, 1] == [len(errors_of(flow)) for flow in flows]


def test_a_flood_of_errors_leaves_a_few(talk, run, icmp_error):
    t = talk()
    syn = t.client(-1, flags=SYN)

    result = run([syn, *[icmp_error(syn)] * 5000], chunk_bytes=20_000)

    assert ERRORS_LIMIT == len(errors_of(result.flows[0]))


def test_a_flood_of_errors_about_nothing_leaves_nothing(talk, run, icmp_error):
    frames = [
        icmp_error(talk(ports=(port, 443)).client(-1, flags=SYN))
        for port in range(1, 4 * FIRST_SLOTS)
    ]
    result = run(frames)

    assert ([], 0) == (result.flows, result.table.conversations)


def test_a_slot_that_is_used_again_keeps_no_errors_of_the_one_before(talk, run, icmp_error):
    first = talk()
    syn = first.client(-1, flags=SYN)
    over = [first.server(-1, flags=SYN | ACK), first.client(0, flags=4)]
    later = 1_700_000_100 * 1_000_000_000
    second = talk(ports=(50001, 443))
    frames = [syn, icmp_error(syn), *over, second.client(-1, flags=SYN, time_ns=later)]
    frames += second.open()[1:]

    flows = run(frames, chunk_bytes=100).flows

    assert [1, 0] == [len(errors_of(flow)) for flow in flows]


# --- UDP -------------------------------------------------------------------------------------------------------------

LONG = """
    c3 00 00 00 01              # long header, Initial of QUIC version 1
    08 00 01 02 03 04 05 06 07  # destination_connection_id
    00 00                       # source_connection_id and token: empty
    44 00                       # length
"""


@pytest.fixture
def pairs(wire):
    """Run a QUIC datagram of 192.0.2.1, then errors about ones to these ports, through a table."""

    def run(*ports: int) -> list:
        payload = wire(LONG)
        packets = [_datagram(443, payload)]
        for port in ports:
            quote = _datagram(port, payload)[:28]
            packets.append(_ip(1, "192.0.2.2", "192.0.2.1", b"\x03\x03" + bytes(6) + quote))
        parts = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 0, 101)]
        for n, data in enumerate(packets):
            parts.append(struct.pack("<IIII", 1_700_000_000, n, len(data), len(data)) + data)
        table = DatagramTable()
        for block in read_blocks(b"".join(parts), None):
            list(table.add(block, locate_packets(block)))
        return list(table.finish())

    return run


def _ip(protocol: int, source: str, target: str, payload: bytes) -> bytes:
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0)
    return head + IPv4Address(source).packed + IPv4Address(target).packed + payload


def _datagram(port: int, payload: bytes) -> bytes:
    udp = struct.pack(">HHHH", 50000, port, 8 + len(payload), 0)
    return _ip(17, "192.0.2.1", "192.0.2.2", udp + payload)


def test_an_error_about_a_datagram_goes_to_its_pair_of_endpoints(pairs):
    (pair,) = pairs(443)

    (error,) = pair.errors
    assert (2, 1, "icmp_port_unreachable") == (error.packet, error.side, error.name)
    assert "192.0.2.2" == error.body.router


def test_an_error_about_other_endpoints_is_passed_over(pairs):
    (pair,) = pairs(53, 80)

    assert () == pair.errors


def test_of_many_errors_about_datagrams_a_few_are_kept(pairs):
    (pair,) = pairs(*[443] * 1000)

    assert ERRORS_LIMIT == len(pair.errors)
