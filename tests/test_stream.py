"""Handshakes are told when they end, as they would be of the whole capture, and then let go."""

from __future__ import annotations

import gc
import os
import random
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from ipaddress import IPv4Address
from pathlib import Path
from typing import NamedTuple

import pytest

import tlsparse
from tlsparse import streaming
from tlsparse.errors import NotACaptureError, TlsparseError, UsageError
from tlsparse.frames import Problem
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.over import HINDSIGHT_NS, OVERDUE_NS
from tlsparse.pcap import block
from tlsparse.streaming import Streaming, stream

CAPTURES = Path(__file__).parent.parent / "captures"
SECOND = 1_000_000_000
BEGIN = 1_700_000_000 * SECOND


class Packet(NamedTuple):
    time_ns: int  # since the first
    data: bytes


def packets_of(name: str) -> list[Packet]:
    """Take a capture of pcap with microseconds apart."""
    data = (CAPTURES / name).read_bytes()
    assert data[:4] == struct.pack("<I", 0xA1B2C3D4)
    packets, at, first = [], 24, None
    while at < len(data):
        seconds, fraction, size = struct.unpack_from("<III", data, at)
        time_ns = seconds * SECOND + fraction * 1000
        first = time_ns if first is None else first
        packets.append(Packet(time_ns - first, data[at + 16 : at + 16 + size]))
        at += 16 + size
    return packets


HEADER = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 0, 1)  # nanoseconds, Ethernet


def written(packet: Packet, begin: int = BEGIN) -> bytes:
    size = len(packet.data)
    return struct.pack("<IIII", *divmod(begin + packet.time_ns, SECOND), size, size) + packet.data


def capture(*packets: Packet) -> bytes:
    return HEADER + b"".join(map(written, packets))


def later(packets: list[Packet], seconds: float) -> list[Packet]:
    return [p._replace(time_ns=p.time_ns + round(seconds * SECOND)) for p in packets]


def of_another_client(packets: list[Packet], number: int) -> list[Packet]:
    """Give the client of a conversation over IPv4 another address."""
    client = packets[0].data[26:30]
    other = IPv4Address("10.0.0.0") + number
    return [p._replace(data=p.data.replace(client, other.packed, 1)) for p in packets]


TICK = Packet(0, bytes(60))
"""A packet of no protocol, by which time goes on."""


@pytest.fixture
def by_packet(monkeypatch):
    """Let each packet be a block, as those of a live source are."""
    monkeypatch.setattr(block, "PACKETS_PER_BLOCK", 1)


def told_until(packets: list[Packet], seconds: float) -> list[str]:
    """Return the outcomes that are told when the capture has got so far, in steps of 100 ms."""
    last = packets[-1].time_ns
    ticks = [
        TICK._replace(time_ns=ns)
        for ns in range(last, last + round(seconds * SECOND), SECOND // 10)
    ]
    run = Streaming(all_flows=False)
    before = []
    with closing(run.handshakes(capture(*packets, *ticks))) as handshakes:
        for handshake in handshakes:
            if run.packets == len(packets) + len(ticks):
                break
            before.append(handshake.outcome)
    return before


# --- The same as of the whole capture ---------------------------------------------------------------------------------


def said(handshakes: Iterator[Handshake]) -> dict[tuple[str, int, int], tuple[object, ...]]:
    return {
        (h.flow.transport, h.flow.first_packet, h.order): (
            h.outcome,
            h.step,
            h.version,
            h.server_name,
            [(finding.cause, finding.side) for finding in tlsparse.diagnose(h)],
        )
        for h in handshakes
    }


HINDSIGHT = {"port_scan.pcap"}
"""Only when a client has come to many ports is it known what it was about at the first of them."""

PATHS = [
    p
    for p in sorted(CAPTURES.iterdir())
    if ".pcap" in p.name and not p.is_dir() and p.name not in HINDSIGHT
]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_a_capture_is_told_as_it_is_read(path, by_packet):
    """Even packet by packet: nothing that comes later changes what was told."""
    expected = said(h for _, h in tlsparse.read(path).contents.each())
    told = list(stream(path))

    assert expected == said(iter(told))
    assert list(range(len(told))) == [handshake.number for handshake in told]


def test_a_renegotiation_is_told_on_the_flow_of_the_first_handshake(captures, by_packet):
    first, second = stream(captures / "renegotiation.pcap")

    assert (0, 1) == (first.order, second.order)
    assert 0 == first.flow.number == second.flow.number


def test_the_bytes_of_a_capture_may_be_given_and_an_open_file(captures):
    path = captures / "tls13.pcap"
    with open(path, "rb") as file:
        assert 1 == len(list(stream(file)))
    assert 1 == len(list(stream(path.read_bytes())))


def test_problems_are_told_when_they_are_met(captures):
    problems: list[Problem] = []
    list(stream(captures / "truncated_file.pcap", on_problem=problems.append))

    assert ["capture"] == [problem.layer for problem in problems]
    assert "cut short" in problems[0].problem


def test_all_flows_tells_connections_without_tls(captures):
    for all_flows in (False, True):
        read = tlsparse.read(captures / "a_busy_minute.pcap", all_flows=all_flows)
        told = stream(captures / "a_busy_minute.pcap", all_flows=all_flows)

        assert len(read.handshakes) == len(list(told))


# --- When they end ----------------------------------------------------------------------------------------------------


def test_a_completed_handshake_is_told_though_its_connection_goes_on(by_packet):
    packets = packets_of("tls13.pcap")
    closing_from = next(i for i, p in enumerate(packets) if p.data[47] & 1)  # FIN

    assert [] == told_until(packets[:closing_from], 0.3)
    assert ["completed"] == told_until(packets[:closing_from], 1.6)


@pytest.mark.parametrize(
    ("name", "packets", "outcome"),
    [
        ("dtls12.pcap", 13, "completed"),
        ("quic.pcap", 10, "completed"),
        ("quic_expired.pcap", 5, "alerted"),
    ],
)
def test_over_udp_a_handshake_is_told_though_nobody_says_that_it_ends(
    name, packets, outcome, by_packet
):
    assert [outcome] == told_until(packets_of(name)[:packets], 3)


def test_another_handshake_between_the_same_udp_endpoints_is_told(by_packet):
    first = packets_of("quic.pcap")
    second = later(packets_of("quic_expired.pcap"), 5)
    ends = first[0].data[26:38], second[0].data[26:38]
    assert ends[0][:8] == ends[1][:8]
    ports = {ends[1][8:10]: ends[0][8:10]}
    again = [
        p._replace(
            data=p.data[:34]
            + b"".join(ports.get(x, x) for x in (p.data[34:36], p.data[36:38]))
            + p.data[38:]
        )
        for p in second
    ]
    told = list(stream(capture(*first, *again)))

    assert ["completed", "alerted"] == [handshake.outcome for handshake in told]
    assert told[0].flow.endpoints == told[1].flow.endpoints
    assert [0, 1] == [handshake.flow.number for handshake in told]


def test_a_failed_handshake_is_told_when_there_was_time_for_another_try(by_packet):
    packets = packets_of("expired_tls12.pcap")

    assert [] == told_until(packets, HINDSIGHT_NS / SECOND - 0.2)
    assert ["alerted"] == told_until(packets, HINDSIGHT_NS / SECOND + 2)


def test_a_side_that_does_not_answer_is_silent_after_a_while(by_packet):
    """Five seconds may be a slow server; what comes then is no longer silence."""
    packets = packets_of("tls13.pcap")
    asked, answered = packets[:5], later(packets[5:], 5)

    assert [] == told_until(asked, OVERDUE_NS / SECOND - 1)
    assert ["silent"] == told_until(asked, OVERDUE_NS / SECOND + 10)
    assert ["completed"] == told_until(asked + answered, 3)


def test_a_failure_is_explained_by_the_next_try(by_packet):
    """The server is told apart by what it accepts a moment later."""
    handshakes = list(stream(CAPTURES / "intolerant_of_tls13.pcap"))
    failed = next(h for h in handshakes if h.outcome != "completed")

    assert "negotiation.version.intolerance" == tlsparse.diagnose(failed)[0].cause


def feed(writing: int, *parts: bytes, close: bool = True) -> threading.Thread:
    def write() -> None:
        for part in parts:
            os.write(writing, part)
        if close:
            os.close(writing)

    thread = threading.Thread(target=write)
    thread.start()
    return thread


def test_a_handshake_is_told_although_no_packet_comes_any_more():
    """Then the clock on the wall counts."""
    reading, writing = os.pipe()
    packets = packets_of("tls13.pcap")
    feed(writing, capture(*packets[:12]), close=False).join()
    with open(reading, "rb") as file, closing(stream(file)) as handshakes:
        assert "completed" == next(handshakes).outcome
        os.close(writing)
        assert [] == list(handshakes)


def test_a_source_that_is_stopped_tells_what_is_open():
    reading, writing = os.pipe()
    packets = packets_of("tls13.pcap")
    feed(writing, capture(*packets[:5]), close=False).join()
    run = Streaming(all_flows=False)
    with open(reading, "rb") as file:
        timer = threading.Timer(0.3, run.stop)
        timer.start()
        begun = time.monotonic()
        outcomes = [handshake.outcome for handshake in run.handshakes(file)]
        timer.join()

    os.close(writing)
    assert ["cut"] == outcomes
    assert time.monotonic() - begun < OVERDUE_NS / SECOND


# --- Memory -----------------------------------------------------------------------------------------------------------


def endless(name: str, count: int, packets: slice = slice(None)) -> Iterator[bytes]:
    """Yield a capture of many connections, each of another client, 50 ms after one another."""
    one = packets_of(name)[packets]
    yield HEADER
    for number in range(count):
        mine = later(of_another_client(one, number), number / 20)
        yield b"".join(map(written, mine))


def kept(kind: type) -> int:
    return sum(type(thing) is kind for thing in gc.get_objects())


@pytest.mark.parametrize(
    ("name", "packets", "count"),
    [
        ("expired_tls12.pcap", slice(None), 600),  # failed, and closed
        ("tls13.pcap", slice(12), 600),  # completed, and never closed
        ("tls12_rsa.pcap", slice(11), 600),  # the same; another handshake may follow
        pytest.param("tls12_rsa.pcap", slice(11), 20_000, marks=pytest.mark.slow),
    ],
)
def test_what_was_told_is_let_go(name, packets, count, monkeypatch):
    """In a source without an end, what is kept follows what is under way."""
    monkeypatch.setattr(streaming, "FOLLOWED_LIMIT", 50)
    reading, writing = os.pipe()
    thread = feed(writing, *endless(name, count, packets))
    gc.collect()
    run, before = Streaming(all_flows=False), kept(Handshake)
    segments = []
    with open(reading, "rb") as file, closing(run.handshakes(file)) as handshakes:
        for handshake in handshakes:
            if handshake.number % 100 == 99:
                segments.append(sum(map(len, run._table._segments.values())))
            if handshake.number in (count // 3, count * 2 // 3):
                assert kept(Handshake) - before < 20
    thread.join()

    assert count == handshake.number + 1
    assert max(segments) < 1000  # of some ten for each connection


def test_connections_without_tls_are_remembered_in_bounds(monkeypatch):
    monkeypatch.setattr(streaming, "DOUBTFUL_LIMIT", 10)
    syn = packets_of("connection_refused.pcap")[:2]
    moved = [
        p._replace(data=p.data.replace(struct.pack(">H", 443), struct.pack(">H", 9000), 1))
        for p in syn
    ]
    frames = [p for number in range(100) for p in later(of_another_client(moved, number), number)]
    run = Streaming(all_flows=False)

    assert [] == list(run.handshakes(capture(*frames)))
    assert 10 == len(run._teller._doubtful)


# --- Hostile input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_wrong_bytes_never_stop_it(seed, by_packet):
    chance = random.Random(seed)
    for _ in range(5):
        data = bytearray(chance.choice(PATHS).read_bytes())
        for _ in range(chance.choice((1, 10, 100))):
            data[chance.randrange(24, len(data))] = chance.randrange(256)
        with suppress(TlsparseError):  # a file header of another section, or of the compression
            for handshake in stream(bytes(data)):
                tlsparse.diagnose(handshake)


# --- What a caller may be wrong about ---------------------------------------------------------------------------------


def test_a_source_or_an_interface_must_be_given():
    for arguments in ({}, {"source": "x.pcap", "interface": "eth0"}):
        with pytest.raises(UsageError, match="source or an interface"):
            stream(**arguments)
    with pytest.raises(UsageError, match="needs an interface"):
        stream("x.pcap", capture_filter="tcp")


def test_what_is_no_capture_is_said_when_it_is_read():
    handshakes = stream(b"GET / HTTP/1.1\r\n\r\n")

    with pytest.raises(NotACaptureError):
        next(handshakes)
