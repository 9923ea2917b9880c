"""Large captures made out of small ones: real handshakes, many times over, no two of them alike.

The connections of some captures of this repository are played again and again, overlapping in time, each from another
client address and port and with other randoms in its hellos. After each handshake there may be application data, and
between all packets others that have nothing to do with TLS. Checksums are not made anew.

The same arguments give the same bytes.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

CAPTURES = Path(__file__).parent.parent / "captures"

TEMPLATES = (
    "tls13.pcap",
    "tls12_ecdhe.pcap",
    "tls12_ecdhe_rsa.pcap",
    "tls12_rsa.pcap",
    "resumed_ticket.pcap",
    "post_quantum.pcap",
    "mutual_tls12.pcap",
    "expired_tls12.pcap",
    "unknown_ca_tls12.pcap",
    "no_shared_cipher.pcap",
)
"""Handshakes of several versions, most of which complete."""

TOGETHER = 200
"""Connections that are open at a time."""

SECOND = 1_000_000_000
BEGIN = 1_700_000_000 * SECOND
ETHERNET_BYTES, IP_BYTES = 14, 20
TCP_AT = ETHERNET_BYTES + IP_BYTES
FIN, SYN, RST, ACK = 1, 2, 4, 16

HELLO_RETRY = bytes.fromhex("cf21ad74")
"""How the random of a HelloRetryRequest begins, which is always the same (RFC 8446 section 4.1.3)."""


class Packet(NamedTuple):
    """One packet, with its Ethernet header."""

    time_ns: int
    data: bytes


class Step(NamedTuple):
    """One packet of a template."""

    after_ns: int  # since the first
    from_client: bool
    data: bytes


Template = list[Step]


def write_capture(
    out: BinaryIO, connections: int, *, data_bytes: int = 0, background: float = 0.0, seed: int = 1
) -> int:
    """Write a pcap; return how many packets it has.

    Parameters
    ----------
    out
        Where to write.
    connections
        How many, each with one handshake.
    data_bytes
        Application data that the server sends after each.
    background
        Unrelated packets for each packet of a connection.
    seed
        Another one gives other randoms and another order.
    """
    chance = random.Random(seed)
    templates = read_templates()
    out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
    count = 0
    for first in range(0, connections, TOGETHER):
        now_ns = BEGIN + first // TOGETHER * 6 * SECOND
        batch: list[Packet] = []
        for number in range(first, min(first + TOGETHER, connections)):
            begin_ns = now_ns + chance.randrange(SECOND)
            batch += play(chance.choice(templates), number, begin_ns, data_bytes, chance)
        batch += noise(round(len(batch) * background), now_ns, chance)
        batch.sort(key=lambda packet: packet.time_ns)
        for time_ns, data in batch:
            head = struct.pack("<IIII", *divmod(time_ns, SECOND), len(data), len(data))
            out.write(head + data)
        count += len(batch)
    return count


# --- Templates --------------------------------------------------------------------------------------------------------


def read_templates() -> list[Template]:
    """Read the connections of all templates."""
    return [template for name in TEMPLATES for template in connections_of(CAPTURES / name)]


def connections_of(path: Path) -> list[Template]:
    """Read the TCP connections of a capture that begin with a SYN."""
    found: dict[frozenset[bytes], list[tuple[int, bytes, bytes]]] = {}
    for time_ns, data in packets_of(path):
        if data[12:15] == b"\x08\x00\x45" and data[23] == 6:
            source = data[26:30] + data[TCP_AT : TCP_AT + 2]
            target = data[30:34] + data[TCP_AT + 2 : TCP_AT + 4]
            found.setdefault(frozenset((source, target)), []).append((time_ns, source, data))
    templates = []
    for packets in found.values():
        begin_ns, client, opening = packets[0]
        if opening[TCP_AT + 13] & (SYN | ACK) == SYN:
            templates.append(
                [Step(time_ns - begin_ns, end == client, data) for time_ns, end, data in packets]
            )
    return templates


def packets_of(path: Path) -> Iterator[Packet]:
    """Read the packets of a pcap in little-endian order, as those of this repository are."""
    data = path.read_bytes()
    unit_ns = {b"\xd4\xc3\xb2\xa1": 1000, b"\x4d\x3c\xb2\xa1": 1}[data[:4]]
    at = 24
    while at + 16 <= len(data):
        seconds, fraction, captured, _ = struct.unpack_from("<IIII", data, at)
        yield Packet(seconds * SECOND + fraction * unit_ns, data[at + 16 : at + 16 + captured])
        at += 16 + captured


# --- Packets ----------------------------------------------------------------------------------------------------------


def play(
    template: Template, number: int, begin_ns: int, data_bytes: int, chance: random.Random
) -> Iterator[Packet]:
    """Play a connection from another client; application data comes before it closes."""
    address = struct.pack(">I", 0x0A000000 + number // 50_000 * 65_536 + number * 7919 % 65_536)
    port = struct.pack(">H", 1024 + number % 50_000)
    late_ns, sent = 0, 0
    for step in template:
        data = bytearray(step.data)
        flags = data[TCP_AT + 13]
        if data_bytes and flags & (FIN | RST):
            for packet in application_data(template, address, port, data_bytes, chance):
                late_ns += 10_000
                yield Packet(begin_ns + step.after_ns + late_ns, packet)
            sent, data_bytes = data_bytes_on_wire(data_bytes), 0
        at, other = (TCP_AT, 8) if step.from_client else (TCP_AT + 2, 4)
        data[26:30] = address if step.from_client else data[26:30]
        data[30:34] = data[30:34] if step.from_client else address
        data[at : at + 2] = port
        if sent and (other == 4 or flags & ACK):  # the server's numbers have gone on
            (value,) = struct.unpack_from(">I", data, TCP_AT + other)
            struct.pack_into(">I", data, TCP_AT + other, (value + sent) & 0xFFFFFFFF)
        freshen(data, chance)
        yield Packet(begin_ns + step.after_ns + late_ns, bytes(data))


def freshen(data: bytearray, chance: random.Random) -> None:
    """Give the hello that begins in a packet, if one does, another random."""
    at = TCP_AT + (data[TCP_AT + 12] >> 4) * 4
    is_hello = data[at : at + 2] == b"\x16\x03" and data[at + 5 : at + 6] in (b"\x01", b"\x02")
    if is_hello and len(data) >= at + 43 and data[at + 11 : at + 15] != HELLO_RETRY:
        data[at + 11 : at + 43] = chance.randbytes(32)


RECORD_BYTES, SEGMENT_BYTES = 16_384, 1400


def data_bytes_on_wire(data_bytes: int) -> int:
    """Return how many bytes so much application data is with its record headers."""
    return (data_bytes // RECORD_BYTES + 1) * (RECORD_BYTES + 5)


def application_data(
    template: Template, address: bytes, port: bytes, data_bytes: int, chance: random.Random
) -> Iterator[bytes]:
    """Records of 16 KB from the server in segments, of which every second one is acknowledged."""
    opening = template[0].data
    ether = opening[:14], opening[6:12] + opening[:6] + opening[12:14]
    server, server_port = opening[30:34], opening[TCP_AT + 2 : TCP_AT + 4]
    said = {True: 0, False: 0}  # next sequence numbers of client and server
    for step in template:
        flags = step.data[TCP_AT + 13]
        if flags & (FIN | RST):
            break
        (sequence,) = struct.unpack_from(">I", step.data, TCP_AT + 4)
        (length,) = struct.unpack_from(">H", step.data, 16)
        length -= IP_BYTES + (step.data[TCP_AT + 12] >> 4) * 4
        said[step.from_client] = (sequence + length + (flags >> 1 & 1)) & 0xFFFFFFFF
    record = b"\x17\x03\x03\x40\x00" + chance.randbytes(RECORD_BYTES)
    stream = record * (data_bytes // RECORD_BYTES + 1)
    for number, at in enumerate(range(0, len(stream), SEGMENT_BYTES)):
        piece = stream[at : at + SEGMENT_BYTES]
        sequence = (said[False] + at) & 0xFFFFFFFF
        head = ip_header(server, address, 6, 20 + len(piece), number)
        tcp = struct.pack(">IIBBHHH", sequence, said[True], 0x50, ACK, 65535, 0, 0)
        yield ether[1] + head + server_port + port + tcp + piece
        if number % 2:
            reached = (sequence + len(piece)) & 0xFFFFFFFF
            head = ip_header(address, server, 6, 20, number)
            tcp = struct.pack(">IIBBHHH", said[True], reached, 0x50, ACK, 65535, 0, 0)
            yield ether[0] + head + port + server_port + tcp


def ip_header(source: bytes, target: bytes, protocol: int, length: int, number: int) -> bytes:
    """Make an IPv4 header; the number is its identification."""
    head = 0x45, 0, IP_BYTES + length, number & 0xFFFF, 0x4000, 64, protocol, 0
    return struct.pack(">BBHHHBBH", *head) + source + target


def noise(count: int, begin_ns: int, chance: random.Random) -> Iterator[Packet]:
    """Packets over UDP and TCP, each between other endpoints, that have nothing to do with TLS."""
    for number in range(count):
        payload = chance.randbytes(chance.randrange(40, 1200))
        port = chance.randrange(1024, 65_535)
        if chance.random() < 0.5:
            protocol, head = 17, struct.pack(">HHHH", port, 9, 8 + len(payload), 0)
        else:
            sequence = chance.getrandbits(32)
            protocol = 6
            head = struct.pack(">HHIIBBHHH", port, 9, sequence, 1, 0x50, ACK, 65535, 0, 0)
        ends = chance.randbytes(4), chance.randbytes(4)
        ip = ip_header(*ends, protocol, len(head) + len(payload), number)
        data = bytes(12) + b"\x08\x00" + ip + head + payload
        yield Packet(begin_ns + chance.randrange(5 * SECOND), data)
