"""Several processes read one capture; what is read does not depend on how many there are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Thread

import certifi
import pytest
from pandas.testing import assert_frame_equal

import tlsparse
from tlsparse import processes
from tlsparse.errors import TlsparseError, UsageError
from tlsparse.frames import TABLES
from tlsparse.output import as_json
from tlsparse.processes import can_be_shared, started, worth
from tlsparse.sharing import Order, as_it_is, read_shared

CAPTURES = Path(__file__).parent.parent / "captures"

SEVERAL = [
    "a_busy_minute.pcap",  # six connections, some of which failed
    "quic.pcap",
    "dtls12.pcap",
    "begins_in_the_middle.pcap",
]


@pytest.mark.parametrize("name", SEVERAL)
def test_every_table_is_the_same_with_one_worker_and_with_three(name):
    alone = tlsparse.read(CAPTURES / name, workers=1)
    shared = tlsparse.read(CAPTURES / name, workers=3)

    assert alone.packets == shared.packets
    assert list(as_json(alone.contents)) == list(as_json(shared.contents))
    for table in TABLES:
        assert_frame_equal(getattr(alone, table), getattr(shared, table))


def test_the_objects_behind_the_rows_are_there_too():
    capture = tlsparse.read(CAPTURES / "a_busy_minute.pcap", workers=2)

    numbers = [handshake.number for _, handshake in capture.contents.each()]
    assert list(range(6)) == numbers
    assert capture.handshake(0).client_hello is not None


def test_a_mistake_is_the_same_mistake(tmp_path):
    nothing = tmp_path / "nothing.pcap"
    nothing.write_bytes(b"no capture at all")

    with pytest.raises(TlsparseError, match="neither pcap nor pcapng"):
        tlsparse.read(nothing, workers=2)
    with pytest.raises(FileNotFoundError):
        tlsparse.read(tmp_path / "missing.pcap", workers=2)


def test_an_open_file_is_read_by_one_however_many_are_asked_for():
    with open(CAPTURES / "a_busy_minute.pcap", "rb") as file:
        assert len(tlsparse.read(file, workers=2).handshakes) == 6


def test_a_view_of_bytes_is_read_by_one_however_many_are_asked_for():
    view = memoryview((CAPTURES / "a_busy_minute.pcap").read_bytes())

    assert len(tlsparse.read(view, workers=2).handshakes) == 6


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_read_by_one_however_many_are_asked_for(tmp_path):
    pipe, data = tmp_path / "pipe", (CAPTURES / "a_busy_minute.pcap").read_bytes()
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=(data,), daemon=True)
    writer.start()

    assert len(tlsparse.read(pipe, workers=2).handshakes) == 6


def test_a_name_that_is_another_file_in_each_process_is_read_by_one():
    assert not can_be_shared("/dev/stdin")
    assert not can_be_shared("/dev/fd/0")
    assert not can_be_shared("-")
    assert can_be_shared(CAPTURES / "a_busy_minute.pcap")


@pytest.mark.parametrize("workers", [0, -1])
def test_nobody_cannot_read(workers):
    with pytest.raises(UsageError, match="by one worker or more"):
        tlsparse.read(CAPTURES / "tls13.pcap", workers=workers)


def test_a_process_that_dies_is_said(monkeypatch):
    """Whatever became of it: the others do not wait for ever, and what is missing is not left out in silence."""
    monkeypatch.setattr(processes, "START", "import sys; sys.exit(7)")
    order = Order(str(CAPTURES / "tls13.pcap"), as_it_is)

    with (
        started(order.source, 2) as others,
        pytest.raises(TlsparseError, match="ended with status 7"),
    ):
        read_shared(order, others)


def test_no_process_is_left_behind(monkeypatch):
    started = []
    popen = subprocess.Popen

    def note(*arguments, **options):
        started.append(popen(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", note)
    tlsparse.read(CAPTURES / "tls13.pcap", workers=3)

    assert 2 == len(started)
    assert all(process.poll() is not None for process in started)


def test_a_small_capture_is_not_worth_a_second_process():
    assert 1 == worth(CAPTURES / "tls13.pcap")
    assert 1 == worth(b"what is no file is read by one")


def test_a_file_with_thousands_of_handshakes_is_worth_one_for_each_processor(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "find_spec", lambda name: "there is one")
    monkeypatch.setattr(processes, "processors", lambda: 4)
    hello = bytes.fromhex("16 03 01 00 c8  01 00 00 c4  03 03") + bytes(1000)
    many = tmp_path / "many"
    many.write_bytes(hello * 17_000)
    few = tmp_path / "few"
    few.write_bytes(bytes(17_000_000))
    at_once = tmp_path / "at_once"  # and then only data
    at_once.write_bytes(hello * 5_000 + bytes(17_000_000))

    assert (4, 1, 1) == (worth(many), worth(few), worth(at_once))


def test_roots_are_known_to_every_process(tmp_path):
    """They are read anew in each: certificates of the library that reads them cannot be sent."""
    roots = certifi.where()
    alone = tlsparse.read(CAPTURES / "unknown_ca_tls12.pcap", roots=roots, workers=1)
    shared = tlsparse.read(CAPTURES / "unknown_ca_tls12.pcap", roots=roots, workers=2)

    assert list(as_json(alone.contents)) == list(as_json(shared.contents))


@pytest.mark.skipif(
    not Path("/dev/stdin").exists(), reason="no file that stands for standard input"
)
@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_what_is_no_file_of_its_own_is_read_by_one(name):
    """Another process has another standard input, from which it would wait for a capture for ever."""
    with open(CAPTURES / "tls13.pcap", "rb") as file:
        run = subprocess.run(
            [sys.executable, "-m", "tlsparse", "diagnose", "--workers", "2", name],
            stdin=file,
            capture_output=True,
            text=True,
            timeout=60,
            cwd=CAPTURES.parent,
        )

    assert (0, "") == (run.returncode, run.stderr)
    assert "1 completed" in run.stdout
