"""A builder of captures, byte by byte, and a reader that keeps every packet it is shown."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tlsparse.pcap.source import read_blocks

EPOCH = 1_700_000_000


class Packet(NamedTuple):
    """A row of a block, with its bytes in place of their offset."""

    number: int
    time_ns: int
    data: bytes
    length: int
    link: int
    interface: int


class Reading(NamedTuple):
    packets: list[Packet]
    problems: list[tuple[int | None, str, str]]
    secrets: list[bytes]

    @property
    def problem(self) -> str:
        """The text of the only problem; empty if there is none."""
        assert len(self.problems) <= 1
        return self.problems[0][2] if self.problems else ""


class Pcap:
    """Builds a classic pcap."""

    def __init__(self, order: str = "<", magic: int = 0xA1B2C3D4, link: int = 1, snaplen: int = 0):
        self.order = order
        self.extra = b"\xee" * 8 if magic == 0xA1B2CD34 else b""
        self.header = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link)

    def packet(
        self,
        data: bytes,
        seconds: int = EPOCH,
        fraction: int = 0,
        *,
        captured: int | None = None,
        length: int | None = None,
    ) -> bytes:
        captured = len(data) if captured is None else captured
        length = len(data) if length is None else length
        fields = struct.pack(self.order + "IIII", seconds, fraction, captured, length)
        return fields + self.extra + data


class Pcapng:
    """Builds the blocks of a pcapng."""

    def __init__(self, order: str = "<"):
        self.order = order

    def block(self, kind: int, body: bytes = b"", *, end: int | None = None) -> bytes:
        body += bytes(-len(body) % 4)
        size = 12 + len(body)
        end = size if end is None else end
        return (
            struct.pack(self.order + "II", kind, size) + body + struct.pack(self.order + "I", end)
        )

    def section(self, major: int = 1, minor: int = 0) -> bytes:
        fields = struct.pack(self.order + "IHHq", 0x1A2B3C4D, major, minor, -1)
        return self.block(0x0A0D0D0A, fields)

    def option(self, code: int, value: bytes) -> bytes:
        return struct.pack(self.order + "HH", code, len(value)) + value + bytes(-len(value) % 4)

    def interface(
        self,
        link: int = 1,
        *,
        snaplen: int = 0,
        resolution: int | None = None,
        offset_seconds: int | None = None,
    ) -> bytes:
        options = self.option(2, b"eth0")
        if resolution is not None:
            options += self.option(9, bytes((resolution,)))
        if offset_seconds is not None:
            options += self.option(14, struct.pack(self.order + "q", offset_seconds))
        fields = struct.pack(self.order + "HHI", link, 0, snaplen)
        return self.block(1, fields + options + self.option(0, b""))

    def packet(
        self,
        data: bytes,
        ticks: int = EPOCH * 10**6,
        *,
        interface: int = 0,
        captured: int | None = None,
        length: int | None = None,
        end: int | None = None,
    ) -> bytes:
        captured = len(data) if captured is None else captured
        length = len(data) if length is None else length
        high, low = divmod(ticks, 1 << 32)
        fields = struct.pack(self.order + "IIIII", interface, high, low, captured, length)
        return self.block(6, fields + data, end=end)

    def obsolete_packet(self, data: bytes, ticks: int, *, interface: int, drops: int) -> bytes:
        high, low = divmod(ticks, 1 << 32)
        fields = struct.pack(
            self.order + "HHIIII", interface, drops, high, low, len(data), len(data)
        )
        return self.block(2, fields + data)

    def simple_packet(self, data: bytes, length: int | None = None) -> bytes:
        length = len(data) if length is None else length
        return self.block(3, struct.pack(self.order + "I", length) + data)

    def secrets(self, text: bytes, kind: int = 0x544C534B, length: int | None = None) -> bytes:
        length = len(text) if length is None else length
        return self.block(10, struct.pack(self.order + "II", kind, length) + text)


@pytest.fixture(scope="session")
def pcap() -> type[Pcap]:
    return Pcap


@pytest.fixture(scope="session")
def pcapng() -> type[Pcapng]:
    return Pcapng


@pytest.fixture(scope="session")
def read() -> Callable[..., Reading]:
    """Read a whole capture; every packet's bytes are copied while its block is valid."""

    def read_all(source: Any, **options: Any) -> Reading:
        reading = Reading([], [], [])

        def problem(packet: int | None, layer: str, text: str) -> None:
            reading.problems.append((packet, layer, text))

        for block in read_blocks(source, problem, secrets=reading.secrets, **options):
            for i in range(block.count):
                begin, size = block.offset[i], block.captured[i]
                data = bytes(memoryview(block.data)[begin : begin + size])
                assert len(data) == size
                reading.packets.append(
                    Packet(
                        block.first_packet + i,
                        block.time_ns[i],
                        data,
                        block.length[i],
                        block.link[i],
                        block.interface[i],
                    )
                )
        return reading

    return read_all


@pytest.fixture(scope="session", params=["pcap", "pcapng"])
def pieces(request: pytest.FixtureRequest) -> list[bytes]:
    """A capture in pieces: what precedes the packets, then each packet, of very unlike sizes."""
    sizes = [60, 0, 255, 1, 2, 3, 4, 130, 17]
    if request.param == "pcap":
        classic = Pcap()
        return [classic.header, *(classic.packet(bytes((n,)) * n) for n in sizes)]
    blocks = Pcapng(">")
    return [
        blocks.section(),
        blocks.interface(resolution=9),
        *(blocks.packet(bytes((n,)) * n, n) for n in sizes),
    ]
