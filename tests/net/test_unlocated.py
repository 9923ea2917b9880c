"""Packets whose headers cannot be read are counted by reason, and nothing else is."""

from __future__ import annotations

import struct

from tlsparse.net.fragments import Fragments
from tlsparse.net.packets import locate_packets
from tlsparse.net.unlocated import Unlocated
from tlsparse.pcap.source import read_blocks

ETHERNET = bytes(12)
ARP = ETHERNET + bytes.fromhex("08 06") + bytes(28)
ICMP = ETHERNET + bytes.fromhex("08 00  45 00 00 1c 00 00 00 00 40 01 00 00") + bytes(8) + bytes(8)
CONTRADICTION = ETHERNET + bytes.fromhex("08 00  41 00 00 1c") + bytes(30)  # a header of 4 bytes
CUT = ETHERNET + bytes.fromhex("08 00  45 00 00 28 00 00 00 00 40 06 00 00") + bytes(8) + bytes(4)


def count(*packets: bytes) -> list[tuple[int, str]]:
    capture = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for packet in packets:
        capture += struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet
    unlocated = Unlocated()
    for block in read_blocks(capture, lambda *problem: None):
        unlocated.add(block, locate_packets(block))
    return list(unlocated.problems())


def test_what_is_no_ip_or_another_protocol_is_no_problem():
    assert [] == count(ARP, ICMP)


def test_each_reason_is_said_once_with_its_first_packet_and_how_many_there_are():
    assert [
        (2, "an IP or transport header that contradicts itself"),
        (3, "a packet that ends inside a header; 2 packets in all"),
    ] == count(ARP, CONTRADICTION, CUT, ICMP, CUT)


def test_fragments_that_were_given_up_are_counted_too():
    fragments, unlocated = Fragments(), Unlocated()
    fragments.first_given_up, fragments.given_up = 7, 2
    unlocated.add_fragments(fragments)

    assert [(7, "an IP fragment without the others of its packet; 2 packets in all")] == list(
        unlocated.problems()
    )
