"""A builder of TCP conversations, packet by packet, and a run of the flow table over them.

Packets are raw IPv4 in a classic pcap, so that the tests see what a capture would give. Nothing here is taken from the
package under test.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address
from typing import NamedTuple

import pytest

from tlsparse.flow.flow import Flow
from tlsparse.flow.table import FlowTable
from tlsparse.net.packets import locate_packets
from tlsparse.pcap.source import read_blocks

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

SECOND = 1_000_000_000
BEGIN = 1_700_000_000 * SECOND
MILLISECOND = 1_000_000


class Frame(NamedTuple):
    """A packet, with its bytes from the IP header on."""

    data: bytes
    time_ns: int | None = None  # a millisecond after the one before, by default
    snap: int | None = None  # bytes captured of the payload; all, by default


class Talk:
    """A conversation; each side's bytes are numbered from 0, the first after its SYN."""

    def __init__(
        self,
        client: str = "192.0.2.1",  # sorts below the server, so it is endpoint A
        server: str = "192.0.2.2",
        ports: tuple[int, int] = (50000, 443),
        initial: tuple[int, int] = (1_000, 5_000),
    ) -> None:
        self.addresses = IPv4Address(client).packed, IPv4Address(server).packed
        self.ports = ports
        self.initial = initial

    def packet(
        self,
        side: int,
        at: int,
        payload: bytes = b"",
        flags: int = ACK,
        *,
        acknowledged: int = 0,
        time_ns: int | None = None,
        snap: int | None = None,
        ttl: int = 64,
        identification: int = 0,
        options: bytes = b"",
    ) -> Frame:
        """Send from side 0 (client) or 1; a SYN is at -1."""
        sequence = (self.initial[side] + 1 + at) & 0xFFFFFFFF
        number = (self.initial[1 - side] + 1 + acknowledged) & 0xFFFFFFFF if flags & ACK else 0
        tcp = struct.pack(
            ">HHIIBBHHH",
            self.ports[side],
            self.ports[1 - side],
            sequence,
            number,
            5 + len(options) // 4 << 4,
            flags,
            65535,
            0,
            0,
        )
        tcp += options
        ip = struct.pack(
            ">BBHHHBBH4s4s",
            0x45,
            0,
            20 + len(tcp) + len(payload),
            identification,
            0,
            ttl,
            6,
            0,
            self.addresses[side],
            self.addresses[1 - side],
        )
        return Frame(ip + tcp + payload, time_ns, snap)

    def client(self, at: int, payload: bytes = b"", flags: int = ACK, **more: int) -> Frame:
        return self.packet(0, at, payload, flags, **more)

    def server(self, at: int, payload: bytes = b"", flags: int = ACK, **more: int) -> Frame:
        return self.packet(1, at, payload, flags, **more)

    def open(self) -> list[Frame]:
        return [self.client(-1, flags=SYN), self.server(-1, flags=SYN | ACK), self.client(0)]

    def send(self, side: int, payload: bytes, size: int = 1400, at: int = 0) -> list[Frame]:
        """Send bytes in segments of one size."""
        return [
            self.packet(side, at + i, payload[i : i + size]) for i in range(0, len(payload), size)
        ]


def icmp_error(
    frame: Frame, head: bytes = b"\x03\x01" + bytes(6), router: str = "192.0.2.254"
) -> Frame:
    """Write what a router says of a packet: by default that it knows no such host."""
    icmp = head + frame.data[:28]
    back = frame.data[12:16]
    ip = struct.pack(
        ">BBHHHBBH4s4s",
        *(0x45, 0, 20 + len(icmp), 0, 0, 64, 1, 0),
        IPv4Address(router).packed,
        back,
    )
    return Frame(ip + icmp)


def pcap(frames: Iterable[Frame]) -> bytes:
    """Write a pcap with nanoseconds and raw IP."""
    parts = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 0, 101)]
    clock = BEGIN
    for data, time_ns, snap in frames:
        clock = clock + MILLISECOND if time_ns is None else time_ns
        kept = data if snap is None else data[: 40 + snap]
        parts.append(struct.pack("<IIII", *divmod(clock, SECOND), len(kept), len(data)) + kept)
    return b"".join(parts)


class Run(NamedTuple):
    flows: list[Flow]  # in the order of their numbers
    early: list[int]  # numbers of those that left the table before the end of the capture
    table: FlowTable


@pytest.fixture(scope="session")
def talk() -> type[Talk]:
    return Talk


@pytest.fixture(scope="session", name="icmp_error")
def icmp_error_fixture() -> Callable[..., Frame]:
    return icmp_error


@pytest.fixture(scope="session")
def run() -> Callable[..., Run]:
    """Run frames through a flow table, in blocks of at most `chunk_bytes`."""

    def run_frames(frames: Iterable[Frame], chunk_bytes: int = 32 << 20) -> Run:
        table = FlowTable()
        flows = []
        capture = pcap(frames)
        for block in read_blocks(capture, _no_problem, chunk_bytes=chunk_bytes):
            flows += table.add(block, locate_packets(block))
        early = [flow.number for flow in flows]
        flows += table.finish()
        return Run(sorted(flows, key=lambda flow: flow.number), early, table)

    return run_frames


def _no_problem(packet: int | None, layer: str, text: str) -> None:
    raise AssertionError(f"packet {packet}: {layer}: {text}")


def record(kind: int, body: bytes, minor: int = 3) -> bytes:
    """Write a TLS record."""
    return bytes((kind, 3, minor)) + len(body).to_bytes(2, "big") + body


@pytest.fixture(scope="session", name="record")
def record_fixture() -> Callable[..., bytes]:
    return record


@pytest.fixture(scope="session")
def bulk() -> Callable[[int], bytes]:
    """Return records of application data, of 16 KB each; no byte of their bodies resembles a header."""

    def records(count: int) -> bytes:
        return record(23, bytes([0xD5]) * 16384) * count

    return records


@pytest.fixture(scope="session")
def handshake() -> bytes:
    """What a TLS 1.2 server might say before its application data: three handshake records, a ChangeCipherSpec.

    Each body is a pattern of its own, so that a byte in the wrong place shows.
    """
    return (
        record(22, b"\x02\x00\x00\x56" + bytes(range(86)))
        + record(22, b"\x0b\x00\x0a\x00" + bytes(i * 7 % 251 for i in range(2560)))
        + record(22, b"\x0e\x00\x00\x00")
        + record(20, b"\x01")
        + record(22, bytes(i * 11 % 253 for i in range(40)))
    )
