"""What ICMP says of a handshake over UDP, in captures of real hosts."""

from __future__ import annotations

import pytest

import tlsparse
from tlsparse.flow.datagrams import DatagramTable
from tlsparse.flow.flow import Milestone, PathError
from tlsparse.handshake.datagrams import DatagramReader
from tlsparse.net.packets import locate_packets
from tlsparse.pcap.source import read_blocks


@pytest.mark.parametrize("name, tries", [("dtls_refused", 1), ("quic_refused", 5)])
def test_a_closed_port_refuses_a_handshake_over_udp(captures, name, tries):
    capture = tlsparse.read(captures / f"{name}.pcap")

    events = capture.events
    assert ["refused"] == list(capture.handshakes["outcome"])
    errors = events[events["name"] == "icmp_port_unreachable"]
    assert tries == len(errors)
    assert {"server"} == set(errors["sender"])
    assert {"from 192.0.2.80"} == set(errors["detail"])


def test_of_two_associations_each_has_the_errors_that_came_in_its_time(captures):
    """Two handshakes follow one another between the same ports."""
    reader, table = DatagramReader(), DatagramTable()
    for block in read_blocks(str(captures / "dtls_refused.pcap"), lambda *problem: None):
        for datagram in table.add(block, locate_packets(block)):
            reader.add(datagram)
            again = datagram._replace(
                packet=datagram.packet + 10,
                time_ns=datagram.time_ns + 100_000_000_000,
                data=datagram.data[:25] + bytes(32) + datagram.data[57:],  # another random
            )
            reader.add(again)
    (pair,) = table.finish()
    said = PathError("192.0.2.80", 0, 100)
    late = Milestone(12, pair.last_ns + 200_000_000_000, 1, "icmp_port_unreachable", said)

    handshakes = reader.end(pair._replace(errors=(*pair.errors, late)))

    told = [[e.packet for e in h.events if e.error] for h in handshakes]
    assert [[2], [12]] == told
