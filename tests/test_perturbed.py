"""The diagnosis does not hinge on what is accidental: ports, addresses, how bytes were cut into segments, how far away
the peer is. And where the capture shows less, it says less: never a failure of a session that went well."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest

import tlsparse

MILLISECOND = 1_000_000

ETHERNET, IPV4, IPV6, TCP = 1, b"\x08\x00", b"\x86\xdd", 6

MAGICS = {b"\xd4\xc3\xb2\xa1": 1000, b"\x4d\x3c\xb2\xa1": 1}
"""Of little-endian files with microseconds, and with nanoseconds."""


@dataclass(frozen=True)
class Packet:
    """A TCP segment over IPv4, taken apart; of anything else `payload` has it all."""

    time_ns: int
    ethernet: bytes
    ip: bytes
    tcp: bytes
    payload: bytes
    cut: int = 1 << 18  # bytes that were captured

    @property
    def sequence(self) -> int:
        return int.from_bytes(self.tcp[4:8], "big")

    @property
    def flags(self) -> int:
        return self.tcp[13] if self.tcp else 0

    @property
    def sender(self) -> bytes:
        return self.ip[12:16] + self.tcp[:2]

    @property
    def flow(self) -> frozenset[bytes]:
        return frozenset((self.sender, self.ip[16:20] + self.tcp[2:4]))

    def part(self, begin: int, end: int) -> Packet:
        """Return the segment with some of its bytes; the flags stay with the last of them."""
        last = end >= len(self.payload)
        tcp = bytearray(self.tcp)
        tcp[4:8] = ((self.sequence + begin) & 0xFFFFFFFF).to_bytes(4, "big")
        tcp[13] = self.flags if last else self.flags & ~0x09  # FIN, PSH
        return replace(self, tcp=bytes(tcp), payload=self.payload[begin:end])

    def frame(self) -> bytes:
        if not self.tcp:
            return self.ethernet + self.payload
        if len(self.ip) == 40:
            size = (len(self.tcp) + len(self.payload)).to_bytes(2, "big")
            ip = self.ip[:4] + size + self.ip[6:]
        else:
            size = (len(self.ip) + len(self.tcp) + len(self.payload)).to_bytes(2, "big")
            ip = self.ip[:2] + size + self.ip[4:]
        return self.ethernet + ip + self.tcp + self.payload


Packets = list[Packet]


def read(data: bytes) -> Packets | None:
    """Take a capture of Ethernet apart; None if it is another kind of file."""
    scale = MAGICS.get(data[:4])
    if scale is None or struct.unpack("<I", data[20:24])[0] != ETHERNET:
        return None
    packets, at = [], 24
    while at + 16 <= len(data):
        seconds, fraction, captured, _ = struct.unpack("<IIII", data[at : at + 16])
        frame = data[at + 16 : at + 16 + captured]
        packets.append(take_apart(seconds * 10**9 + fraction * scale, frame))
        at += 16 + captured
    return packets


def take_apart(time_ns: int, frame: bytes) -> Packet:
    is_fragment = int.from_bytes(frame[20:22], "big") & 0x3FFF
    if frame[12:14] != IPV4 or len(frame) < 54 or frame[23] != TCP or is_fragment:
        return Packet(time_ns, frame[:14], b"", b"", frame[14:])
    tcp = 14 + (frame[14] & 15) * 4
    body = tcp + (frame[tcp + 12] >> 4) * 4
    end = 14 + int.from_bytes(frame[16:18], "big")
    return Packet(time_ns, frame[:14], frame[14:tcp], frame[tcp:body], frame[body:end])


def write(packets: Packets) -> bytes:
    parts = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 1 << 18, ETHERNET)]
    for packet in packets:
        frame = packet.frame()
        kept = frame[: packet.cut]
        when = divmod(packet.time_ns, 10**9)
        parts.append(struct.pack("<IIII", *when, len(kept), len(frame)) + kept)
    return b"".join(parts)


# --- What changes nothing ---------------------------------------------------------------------------------------------


def small_segments(packets: Packets) -> Iterator[Packet]:
    for packet in packets:
        if not packet.tcp or len(packet.payload) <= 100:
            yield packet
            continue
        for begin in range(0, len(packet.payload), 100):
            yield packet.part(begin, begin + 100)


def joined_segments(packets: Packets) -> Iterator[Packet]:
    """As an interface with offloading hands them over."""
    held: Packet | None = None
    for packet in packets:
        if held is not None:
            follows = packet.tcp and packet.sender == held.sender and packet.flow == held.flow
            at = (held.sequence + len(held.payload)) & 0xFFFFFFFF
            if follows and packet.payload and packet.sequence == at and not packet.flags & 6:
                payload = held.payload + packet.payload
                tcp = bytearray(held.tcp)
                tcp[13] |= packet.flags
                held = replace(held, tcp=bytes(tcp), payload=payload)
                continue
            yield held
            held = None
        if packet.tcp and packet.payload and not packet.flags & 7:
            held = packet
        else:
            yield packet
    if held is not None:
        yield held


def in_a_vlan(packets: Packets) -> Iterator[Packet]:
    for packet in packets:
        tag = b"\x81\x00\x00\x64"
        yield replace(packet, ethernet=packet.ethernet[:12] + tag + packet.ethernet[12:])


def over_ipv6(packets: Packets) -> Iterator[Packet]:
    for packet in packets:
        if not packet.tcp:
            yield packet
            continue
        ends = (packet.ip[12:16], packet.ip[16:20])
        addresses = b"".join(b"\x20\x01\x0d\xb8" + bytes(8) + end for end in ends)
        ip = b"\x60\x00\x00\x00\x00\x00" + bytes((TCP, packet.ip[8])) + addresses
        yield replace(packet, ethernet=packet.ethernet[:12] + IPV6, ip=ip)


def twice_as_slow(packets: Packets) -> Iterator[Packet]:
    begin = packets[0].time_ns
    for packet in packets:
        yield replace(packet, time_ns=begin + 2 * (packet.time_ns - begin))


def far_away(waits: str) -> Callable[[Packets], Iterator[Packet]]:
    """A round trip of 100 ms more, recorded at the side that waits for it."""

    def perturb(packets: Packets) -> Iterator[Packet]:
        client = next((p.sender for p in packets if p.tcp and p.flags & 0x12 == 2), b"")
        late, before = 0, None
        for packet in packets:
            if packet.tcp:
                is_client = packet.sender == client
                if before not in (None, is_client) and is_client == (waits == "server"):
                    late += 100 * MILLISECOND
                before = is_client
            yield replace(packet, time_ns=packet.time_ns + late)

    return perturb


def behind_more_routers(packets: Packets) -> Iterator[Packet]:
    for packet in packets:
        ip = packet.ip[:8] + bytes((max(1, packet.ip[8] - 13),)) + packet.ip[9:]
        yield replace(packet, ip=ip) if packet.tcp else packet


def on_another_port(packets: Packets) -> Iterator[Packet]:
    """As far as there is TLS: a port tells where it is due, and nothing else."""
    servers = {p.ip[16:20] + p.tcp[2:4] for p in packets if p.tcp and p.flags & 0x12 == 2}
    for packet in packets:
        tcp = packet.tcp
        if tcp and packet.sender in servers:
            tcp = moved(tcp[:2]) + tcp[2:]
        if tcp and packet.ip[16:20] + packet.tcp[2:4] in servers:
            tcp = tcp[:2] + moved(tcp[2:4]) + tcp[4:]
        yield replace(packet, tcp=tcp)


def moved(port: bytes) -> bytes:
    return ((int.from_bytes(port, "big") + 20_011) % (1 << 16)).to_bytes(2, "big")


SAME = {
    "small segments": small_segments,
    "joined segments": joined_segments,
    "VLAN": in_a_vlan,
    "IPv6": over_ipv6,
    "slower": twice_as_slow,
    "far from the server": far_away("client"),
    "far from the client": far_away("server"),
    "more routers": behind_more_routers,
    "another port": on_another_port,
}


# --- What takes something away ----------------------------------------------------------------------------------------


def without(rank: int) -> Callable[[Packets], Iterator[Packet]]:
    """One packet with payload was not captured, though it arrived."""

    def perturb(packets: Packets) -> Iterator[Packet]:
        loaded = [packet for packet in packets if packet.tcp and packet.payload]
        return (p for p in packets if len(loaded) <= rank or p is not loaded[rank])

    return perturb


def cut_at(size: int) -> Callable[[Packets], Iterator[Packet]]:
    return lambda packets: (replace(packet, cut=size) for packet in packets)


def of_one_side(first: bool) -> Callable[[Packets], Iterator[Packet]]:
    def perturb(packets: Packets) -> Iterator[Packet]:
        clients = {p.sender for p in packets if p.tcp and p.flags & 0x12 == 2}
        return (p for p in packets if not p.tcp or (p.sender in clients) is first)

    return perturb


LESS = {
    "from packet 2": lambda packets: iter(packets[1:]),
    "from packet 4": lambda packets: iter(packets[3:]),
    "from packet 6": lambda packets: iter(packets[5:]),
    "all but the last": lambda packets: iter(packets[:-1]),
    "all but the last three": lambda packets: iter(packets[:-3]),
    "96 bytes of each": cut_at(96),
    "200 bytes of each": cut_at(200),
    "600 bytes of each": cut_at(600),
    "the client's": of_one_side(True),
    "the server's": of_one_side(False),
    "a packet missing": without(1),
    "another packet missing": without(2),
    "yet another packet missing": without(3),
}


# --- The tests --------------------------------------------------------------------------------------------------------


def said(data: bytes) -> list[tuple[str, str, list[str]]]:
    """Outcome, step and first cause of each handshake of a capture."""
    capture = tlsparse.read(data)
    return [
        (handshake.outcome, handshake.step, failures(capture, handshake.number)[:1])
        for _, handshake in capture.contents.each()
    ]


def failures(capture: tlsparse.Capture, number: int) -> list[str]:
    return [f.cause for f in capture.contents.findings.get(number, ()) if f.severity == "failure"]


OF_SEGMENTS = ("intolerant_of_large_hellos.pcap",)
"""Captures of which the number of segments is the point."""


@pytest.fixture(scope="module")
def known(captures):
    """Every capture of Ethernet with TCP in it, taken apart, and what is said of it."""
    whole = [
        (path.name, read(path.read_bytes()))
        for path in sorted(captures.glob("*.pcap"))
        if path.stem not in ("port_reuse", "injected_reset")  # of which the ports are the point
    ]
    return [
        (name, packets, said(write(packets)))
        for name, packets in whole
        if packets and all(packet.tcp for packet in packets)
    ]


@pytest.mark.parametrize("name", SAME)
def test_what_is_accidental_changes_nothing(known, name):
    changed = {}
    for capture, packets, before in known:
        if name == "another port" and not all(o in ("completed", "alerted") for o, *_ in before):
            continue
        if name == "joined segments" and capture in OF_SEGMENTS:
            continue
        after = said(write(list(SAME[name](packets))))
        if after != before:
            changed[capture] = before, after

    assert {} == changed


@pytest.mark.parametrize("name", LESS)
def test_no_failure_is_made_of_what_is_missing(known, name):
    invented = {}
    for capture, packets, before in known:
        if {"completed"} != {outcome for outcome, *_ in before}:
            continue
        after = [told for told in said(write(list(LESS[name](packets)))) if told[2]]
        if after:
            invented[capture] = after

    assert {} == invented


@pytest.mark.parametrize("name", LESS)
def test_less_is_never_surer(known, name):
    """Of a failure, a part of the capture tells no other cause with the confidence of the whole."""
    surer = {}
    for capture, packets, before in known:
        if len(before) != 1 or not before[0][2]:
            continue
        (cause,) = before[0][2]
        found = tlsparse.read(write(list(LESS[name](packets))))
        for number, findings in found.contents.findings.items():
            first = next((f for f in findings if f.severity == "failure"), None)
            if first is None or cause.startswith(first.cause) or first.cause.startswith(cause):
                continue
            if first.confidence > 0.85:
                surer[capture] = cause, number, first.cause, first.confidence

    assert {} == surer


def test_segments_are_cut_and_joined_without_loss(known):
    """The perturbations do what they say."""
    for _, packets, _ in known:
        small, joined = list(small_segments(packets)), list(joined_segments(packets))

        assert sum(len(p.payload) for p in packets) == sum(len(p.payload) for p in small)
        assert sum(len(p.payload) for p in packets) == sum(len(p.payload) for p in joined)
        assert all(a.time_ns <= b.time_ns for a, b in pairwise(small))
