"""Captures rewritten from others: other formats, other link headers, and what recorders do wrong.

A rewrite takes the packets of captures made by `scenarios` and returns the bytes of a new file;
it needs no network and no root. As there, one function is one capture, its docstring the story,
and its decorator the truth about it. Chance has a fixed seed: the same source gives the same file.

Formats are those of the pcap and pcapng Internet-Drafts (draft-ietf-opsawg-pcap, -pcapng).
"""

from __future__ import annotations

import gzip
import random
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from network import checksum

ETHERNET, NULL, RAW, LOOP = 1, 0, 101, 108  # link types, as `tcpdump -L` and tcpdump.org know them
ETHERNET_LENGTH, IP_LENGTH = 14, 20  # no capture rewritten here has VLAN tags or IP options


@dataclass(frozen=True)
class Packet:
    """One packet and when it was seen, in nanoseconds since 1970."""

    time_ns: int
    data: bytes

    @property
    def ip(self) -> bytes:
        """The packet without its Ethernet header."""
        return self.data[ETHERNET_LENGTH:]

    @property
    def sender(self) -> bytes:
        """IPv4 source address."""
        return self.ip[12:16]

    @property
    def _payload_start(self) -> int:
        start = ETHERNET_LENGTH + IP_LENGTH
        return start + (self.data[start + 12] >> 4) * 4

    @property
    def payload(self) -> bytes:
        """What TCP carries."""
        return self.data[self._payload_start : ETHERNET_LENGTH + self.ip_length]

    @property
    def ip_length(self) -> int:
        """Total length that the IPv4 header says."""
        return int.from_bytes(self.ip[2:4], "big")

    @property
    def sequence(self) -> int:
        """TCP sequence number."""
        return int.from_bytes(self.ip[24:28], "big")

    @property
    def acknowledgment(self) -> int:
        """TCP acknowledgment number."""
        return int.from_bytes(self.ip[28:32], "big")

    def with_tcp(
        self,
        *,
        sequence: int | None = None,
        acknowledgment: int | None = None,
        payload: bytes | None = None,
    ) -> Packet:
        """The same packet with other numbers or other payload, and checksums to match."""
        sequence = self.sequence if sequence is None else sequence
        acknowledgment = self.acknowledgment if acknowledgment is None else acknowledgment
        payload = self.payload if payload is None else payload
        old = self.data[ETHERNET_LENGTH + IP_LENGTH : self._payload_start]
        numbers = struct.pack(">II", sequence % 2**32, acknowledgment % 2**32)
        tcp = old[:4] + numbers + old[12:16] + b"\0\0" + old[18:] + payload
        pseudo_header = self.ip[12:20] + struct.pack(">HH", 6, len(tcp))
        tcp = tcp[:16] + checksum(pseudo_header + tcp) + tcp[18:]
        ip = self.ip[:2] + struct.pack(">H", IP_LENGTH + len(tcp)) + self.ip[4:10] + b"\0\0"
        ip += self.ip[12:20]
        ip = ip[:10] + checksum(ip) + ip[12:]
        return replace(self, data=self.data[:ETHERNET_LENGTH] + ip + tcp)


Packets = list[Packet]


@dataclass(frozen=True)
class Rewrite:
    """One capture to derive."""

    file: str
    story: str
    outcomes: str
    findings: str
    sources: tuple[str, ...]
    build: Callable[..., bytes]

    def row(self, captures: Path) -> dict[str, str]:
        """Write the capture; return its row of the manifest (without the hash)."""
        sources = [
            (captures / source).read_bytes()
            if source.endswith(".keylog")
            else read_pcap(captures / f"{source}.pcap")
            for source in self.sources
        ]
        (captures / self.file).write_bytes(self.build(*sources))
        return {
            "file": self.file,
            "story": self.story,
            "outcomes": self.outcomes,
            "findings": self.findings,
            "origin": f"{', '.join(self.sources)}; derive.{self.build.__name__}",
        }


REWRITES: dict[str, Rewrite] = {}


def rewrite(
    *sources: str, outcomes: str, findings: str = "", suffix: str = ".pcap"
) -> Callable[[Callable[..., bytes]], Callable[..., bytes]]:
    """Register a function as the capture of the same name, made from `sources`.

    The function is given the packets of each source, or the text of one called ``NAME.keylog``.
    """

    def register(build: Callable[..., bytes]) -> Callable[..., bytes]:
        story = " ".join((build.__doc__ or "").split("\n\n")[0].split())
        name = build.__name__
        REWRITES[name] = Rewrite(name + suffix, story, outcomes, findings, sources, build)
        return build

    return register


def read_pcap(path: Path) -> Packets:
    """The packets of a little-endian pcap file with microseconds, as tcpdump writes it."""
    data = path.read_bytes()
    if data[:4] != b"\xd4\xc3\xb2\xa1":
        raise RuntimeError(f"{path} is not what tcpdump writes")
    packets, offset = [], 24
    while offset < len(data):
        seconds, microseconds, length, _ = struct.unpack_from("<IIII", data, offset)
        time_ns = (seconds * 1_000_000 + microseconds) * 1000
        packets.append(Packet(time_ns, data[offset + 16 : offset + 16 + length]))
        offset += 16 + length
    return packets


def pcap(
    packets: Iterable[Packet],
    *,
    link_type: int = ETHERNET,
    byte_order: str = "<",
    nanoseconds: bool = False,
) -> bytes:
    """A pcap file."""
    magic, unit_ns = (0xA1B23C4D, 1) if nanoseconds else (0xA1B2C3D4, 1000)
    out = [struct.pack(byte_order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link_type)]
    for packet in packets:
        seconds, rest_ns = divmod(packet.time_ns, 10**9)
        length = len(packet.data)
        out.append(struct.pack(byte_order + "IIII", seconds, rest_ns // unit_ns, length, length))
        out.append(packet.data)
    return b"".join(out)


# Link headers -----------------------------------------------------------------------------------


@rewrite("tls12_ecdhe", outcomes="completed")
def bsd_null(packets: Packets) -> bytes:
    """A TLS 1.2 connection on the loopback of macOS or a BSD: four bytes of family, host order."""
    family = struct.pack("<I", 2)
    return pcap([replace(p, data=family + p.ip) for p in packets], link_type=NULL)


@rewrite("tls12_ecdhe", outcomes="completed")
def openbsd_loop(packets: Packets) -> bytes:
    """A TLS 1.2 connection on the loopback of OpenBSD: four bytes of family, network order."""
    family = struct.pack(">I", 2)
    return pcap([replace(p, data=family + p.ip) for p in packets], link_type=LOOP)


# Holes and disorder -----------------------------------------------------------------------------


@rewrite("tls12_ecdhe", outcomes="completed")
def begins_in_the_middle(packets: Packets) -> bytes:
    """Recording begins after the ClientHello of a TLS 1.2 handshake, which was fine."""
    return pcap(packets[_nth_with_payload(packets, 1) + 1 :])


@rewrite("tls12_ecdhe", outcomes="cut")
def ends_in_the_middle(packets: Packets) -> bytes:
    """Recording ends after the server's first flight of a TLS 1.2 handshake, which was fine."""
    return pcap(packets[: _nth_with_payload(packets, 2) + 1])


@rewrite("large_certificate", outcomes="completed")
def missing_packet(packets: Packets) -> bytes:
    """The recorder lost a packet in the middle of the server's certificate; all was fine."""
    lost = _nth_with_payload(packets, 3)
    return pcap(packets[:lost] + packets[lost + 1 :])


@rewrite("small_segments", outcomes="completed")
def disordered(packets: Packets) -> bytes:
    """The segments of each flight come in any order, some twice, some in two overlapping halves."""
    chance = random.Random(9846)
    order = []
    flight, last_sender = 0, b""
    for number, packet in enumerate(packets):
        if packet.payload and packet.sender != last_sender:
            flight, last_sender = flight + 1, packet.sender
        for piece in _pieces(packet, chance):
            jitter = chance.uniform(0, 4) if packet.payload else 0
            order.append((flight, number + jitter, piece))
    order.sort(key=lambda entry: entry[:2])
    times = sorted(piece.time_ns for *_, piece in order)
    return pcap(
        replace(piece, time_ns=time_ns) for time_ns, (*_, piece) in zip(times, order, strict=True)
    )


@rewrite("small_segments", outcomes="completed")
def sequence_wrap(packets: Packets) -> bytes:
    """The sequence numbers of both sides pass zero in the middle of their first flights."""
    client, server = packets[0], packets[1]
    shift = {
        client.sender: 2**32 - 100 - client.sequence,
        server.sender: 2**32 - 500 - server.sequence,
    }
    peer = {client.sender: server.sender, server.sender: client.sender}
    return pcap(
        p.with_tcp(
            sequence=p.sequence + shift[p.sender],
            acknowledgment=p.acknowledgment and p.acknowledgment + shift[peer[p.sender]],
        )
        for p in packets
    )


def _nth_with_payload(packets: Packets, number: int) -> int:
    """The index of the n-th packet that carries data, counted from 1."""
    return [index for index, packet in enumerate(packets) if packet.payload][number - 1]


def _pieces(packet: Packet, chance: random.Random) -> list[Packet]:
    """A packet as it is, twice, or in two halves that overlap by ten bytes."""
    payload, half = packet.payload, len(packet.payload) // 2
    fate = chance.random()
    if not payload or fate < 0.4:
        return [packet]
    if fate < 0.6 or half < 10:
        return [packet, packet]
    tail = packet.with_tcp(sequence=packet.sequence + half - 10, payload=payload[half - 10 :])
    return [packet.with_tcp(payload=payload[:half]), tail]


# File formats -----------------------------------------------------------------------------------


@rewrite("tls12_ecdhe", outcomes="completed")
def truncated_file(packets: Packets) -> bytes:
    """The file ends in the middle of its last packet, as on a full disk; the handshake is whole."""
    return pcap(packets)[:-20]


@rewrite("tls12_ecdhe", outcomes="completed")
def big_endian(packets: Packets) -> bytes:
    """A pcap file in the byte order of a big-endian machine."""
    return pcap(packets, byte_order=">")


@rewrite("tls12_ecdhe", outcomes="completed")
def nanoseconds(packets: Packets) -> bytes:
    """A pcap file with nanoseconds."""
    return pcap(_between_microseconds(packets), nanoseconds=True)


@rewrite("tls12_ecdhe", outcomes="completed")
def big_endian_nanoseconds(packets: Packets) -> bytes:
    """A pcap file with nanoseconds, in the byte order of a big-endian machine."""
    return pcap(_between_microseconds(packets), byte_order=">", nanoseconds=True)


@rewrite("tls13", outcomes="completed", suffix=".pcap.gz")
def compressed(packets: Packets) -> bytes:
    """A pcap file compressed with gzip."""
    return gzip.compress(pcap(packets), mtime=0)


def _between_microseconds(packets: Packets) -> Packets:
    """The same packets at times that need nanoseconds to say."""
    return [replace(p, time_ns=p.time_ns + 7 * i % 1000) for i, p in enumerate(packets)]


# pcapng -----------------------------------------------------------------------------------------

SECTION, INTERFACE, SIMPLE, ENHANCED, SECRETS = 0x0A0D0D0A, 1, 3, 6, 10
IF_NAME, IF_TSRESOL, IF_TSOFFSET = 2, 9, 14


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A pcapng block."""
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def option(code: int, value: bytes, order: str = "<") -> bytes:
    """An option of a pcapng block; code 0 ends them."""
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order: str = "<") -> bytes:
    """The block that begins a section, of a length that it does not say."""
    return block(SECTION, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(
    name: str,
    *,
    link_type: int = ETHERNET,
    resolution: int | None = None,
    offset_seconds: int = 0,
    order: str = "<",
) -> bytes:
    """The block that describes an interface; `resolution` is the byte of if_tsresol."""
    options = option(IF_NAME, name.encode(), order)
    if resolution is not None:
        options += option(IF_TSRESOL, bytes([resolution]), order)
    if offset_seconds:
        options += option(IF_TSOFFSET, struct.pack(order + "q", offset_seconds), order)
    options += option(0, b"", order)
    return block(INTERFACE, struct.pack(order + "HHI", link_type, 0, 262144) + options, order)


def enhanced(packet: Packet, *, on: int, ticks: int, order: str = "<") -> bytes:
    """A packet seen on interface number `on`, at a time counted in its own unit."""
    length = len(packet.data)
    header = struct.pack(order + "IIIII", on, ticks >> 32, ticks & 0xFFFFFFFF, length, length)
    return block(ENHANCED, header + packet.data, order)


@rewrite("tls12_ecdhe", outcomes="completed", suffix=".pcapng")
def two_interfaces(packets: Packets) -> bytes:
    """Each direction was recorded on an interface of its own: one counts microseconds, the other
    nanoseconds from an offset, without link headers."""
    client = packets[0].sender
    offset = packets[0].time_ns // 10**9
    out = [
        section(),
        interface("transmit"),
        interface("receive", link_type=RAW, resolution=9, offset_seconds=offset),
    ]
    for p in packets:
        if p.sender == client:
            out.append(enhanced(p, on=0, ticks=p.time_ns // 1000))
        else:
            bare = replace(p, data=p.ip)
            out.append(enhanced(bare, on=1, ticks=p.time_ns - offset * 10**9))
    return b"".join(out)


@rewrite("tls12_ecdhe", "expired_tls12", outcomes="completed alerted",
         findings="certificate.expired", suffix=".pcapng")  # fmt: skip
def two_sections(first: Packets, second: Packets) -> bytes:
    """Two recordings one after the other in one file: little-endian with microseconds, then
    big-endian with a clock that counts in parts of a power of two; an unknown block between."""
    out = [section(), interface("first")]
    out += [enhanced(p, on=0, ticks=p.time_ns // 1000) for p in first]
    out.append(block(0x0000_0ABC, b"an unknown block is skipped"))
    out += [section(">"), interface("second", resolution=0x80 | 20, order=">")]
    for p in second:
        out.append(enhanced(p, on=0, ticks=p.time_ns * 2**20 // 10**9, order=">"))
    return b"".join(out)


@rewrite("tls12_ecdhe", outcomes="completed", suffix=".pcapng")
def simple_packets(packets: Packets) -> bytes:
    """A pcapng file of simple packet blocks, which have no time."""
    out = [section(), interface("only")]
    out += [block(SIMPLE, struct.pack("<I", len(p.data)) + p.data) for p in packets]
    return b"".join(out)


@rewrite("tls13", "tls13.keylog", outcomes="completed", suffix=".pcapng")
def with_secrets(packets: Packets, keylog: bytes) -> bytes:
    """A pcapng file that brings the secrets of its TLS 1.3 connection along."""
    tls_key_log = 0x544C534B
    out = [section(), interface("only")]
    out.append(block(SECRETS, struct.pack("<II", tls_key_log, len(keylog)) + keylog))
    out += [enhanced(p, on=0, ticks=p.time_ns // 1000) for p in packets]
    return b"".join(out)
