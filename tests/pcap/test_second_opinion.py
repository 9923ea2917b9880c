"""tshark's opinion on the same captures: how many packets, when, and how long."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tlsparse.pcap.block import NO_TIME, NOT_A_PACKET

pytestmark = pytest.mark.tshark

FIELDS = ("frame.number", "frame.time_epoch", "frame.cap_len", "frame.len")


def tshark(path: Path) -> list[tuple[int, ...]]:
    """Number, time in nanoseconds, captured and real length of each packet that tshark shows."""
    options = [option for field in FIELDS for option in ("-e", field)]
    shown = subprocess.run(
        ["tshark", "-n", "-r", path, "-T", "fields", *options], capture_output=True, text=True
    )
    rows = (line.split("\t") for line in shown.stdout.splitlines())
    return [
        (int(number), nanoseconds(time), int(captured), int(length))
        for number, time, captured, length in rows
    ]


def nanoseconds(time: str) -> int:
    if not time:
        return NO_TIME
    seconds, _, fraction = time.partition(".")
    # tshark prints a fraction beyond a second as it stands, so it is not always nine digits.
    return int(seconds) * 10**9 + int(fraction)


def both_opinions(path: Path, reading) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """The rows of both sides; of those that hold no packet, where tshark shows more, the number."""
    shown, ours = tshark(path), []
    for packet in reading.packets:
        row = (packet.number, packet.time_ns, len(packet.data), packet.length)
        if packet.link == NOT_A_PACKET and packet.number <= len(shown):
            shown[packet.number - 1] = shown[packet.number - 1][:1]
            row = row[:1]
        ours.append(row)
    return shown, ours


def every(folder: Path, step: int) -> list[Path]:
    captures = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in (".pcap", ".pcapng", ".cap", ".gz", ".trace")
    )
    assert captures
    return captures[::step]


@pytest.mark.shared
@pytest.mark.parametrize(
    "step", [100, pytest.param(10, marks=pytest.mark.slow)], ids=["some", "many"]
)
def test_tshark_agrees_on_real_captures(read, shared, step):
    for path in every(shared / "diagbench" / "open", step) + every(shared / "corpus", step):
        shown, ours = both_opinions(path, read(path))
        assert shown == ours, path


@pytest.mark.parametrize("order", ["<", ">"])
def test_tshark_agrees_on_classic_pcap(read, pcap, tmp_path, order):
    for magic in (0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34):
        build = pcap(order, magic)
        capture = build.header + b"".join(build.packet(bytes(n), fraction=n) for n in range(30))
        path = tmp_path / f"{magic:x}.pcap"
        path.write_bytes(capture + build.packet(b"abc", 2**32 - 1, 999_999, length=2))

        shown, ours = both_opinions(path, read(path))

        assert 31 == len(shown)
        assert shown == ours


@pytest.mark.parametrize("order", ["<", ">"])
def test_tshark_agrees_on_every_kind_of_pcapng_block(read, pcapng, tmp_path, order):
    build = pcapng(order)
    section = build.section() + build.interface(resolution=9) + build.interface(resolution=0x8A)
    blocks = [
        build.packet(bytes(20), 1_700_000_000_123_456_789),
        build.packet(bytes(20), 1 << 40, interface=1),
        build.simple_packet(bytes(30)),
        build.block(0x7777, b"unknown"),
        build.obsolete_packet(bytes(20), 123_456_789, interface=0, drops=2),
        build.secrets(b"CLIENT_RANDOM 00 01\n"),
        build.block(0xBAD, b"\1\2\3\4custom"),
        build.block(9, b"__REALTIME_TIMESTAMP=1700000000000000\nMESSAGE=x\n"),
        build.packet(bytes(25), 5),
    ]
    path = tmp_path / "x.pcapng"
    path.write_bytes(section + b"".join(blocks) + section + b"".join(reversed(blocks)))
    shown, ours = both_opinions(path, read(path))

    assert 14 == len(shown)
    assert shown == ours


def test_tshark_stops_where_we_stop(read, pcap, pcapng, tmp_path):
    """A damaged capture gives the same packets there and here."""
    classic, blocks = pcap(), pcapng()
    start = blocks.section() + blocks.interface() + blocks.packet(bytes(20))
    damaged = [
        classic.header + classic.packet(b"x") + classic.packet(b"", captured=300_000),
        (classic.header + classic.packet(b"x") * 3)[:-1],
        start + blocks.packet(b"x", interface=1),
        start + blocks.packet(b"x", end=99),
        start + blocks.packet(b"x", captured=99),
        start + blocks.simple_packet(b"x", length=99),
        start + blocks.section(2),
        start + blocks.block(6),
    ]
    path = tmp_path / "x"
    for capture in damaged:
        path.write_bytes(capture)
        reading = read(path)
        shown, ours = both_opinions(path, reading)
        assert shown == ours
        assert reading.problem
