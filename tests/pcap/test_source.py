"""Sources: what may hold a capture, and what a capture gives when it is cut or comes in pieces."""

from __future__ import annotations

import gzip
import io
import os
import socket
import threading
import types
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsparse.errors import NotACaptureError, UsageError
from tlsparse.pcap.source import is_live, read_blocks


@pytest.fixture
def capture(pcap) -> bytes:
    build = pcap()
    return build.header + build.packet(b"abc") + build.packet(b"de")


@pytest.fixture
def path(tmp_path, capture) -> Path:
    path = tmp_path / "x.pcap"
    path.write_bytes(capture)
    return path


class OnlyRead:
    """The least that a file object can do, and a little at a time."""

    def __init__(self, data: bytes):
        self._file = io.BytesIO(data)

    def read(self, size: int) -> bytes:
        return self._file.read(min(size, 7))


@pytest.mark.parametrize(
    "form",
    [
        str,
        lambda path: path,
        lambda path: path.read_bytes(),
        lambda path: bytearray(path.read_bytes()),
        lambda path: memoryview(path.read_bytes()),
        lambda path: io.BytesIO(path.read_bytes()),
        lambda path: OnlyRead(path.read_bytes()),
    ],
    ids=["str", "Path", "bytes", "bytearray", "memoryview", "BytesIO", "only read"],
)
def test_a_capture_is_read_in_whatever_form_it_is_given(read, path, form):
    assert [b"abc", b"de"] == [packet.data for packet in read(form(path)).packets]


@pytest.mark.parametrize("buffering", [0, -1])
def test_an_open_file_is_read_from_where_it_stands_and_left_open(read, path, buffering):
    path.write_bytes(b"preamble" + path.read_bytes())
    with path.open("rb", buffering=buffering) as file:
        file.seek(8)

        assert [b"abc", b"de"] == [packet.data for packet in read(file).packets]
        assert not file.closed


def test_a_dash_is_standard_input(read, path, monkeypatch):
    with path.open("rb") as file:
        monkeypatch.setattr("sys.stdin", types.SimpleNamespace(buffer=file))

        assert [b"abc", b"de"] == [packet.data for packet in read("-").packets]


def test_a_path_that_is_a_dash_is_a_file(read, path, monkeypatch):
    path.rename(path.with_name("-"))
    monkeypatch.chdir(path.parent)

    assert 2 == len(read(Path("-")).packets)


def test_without_a_binary_standard_input_there_is_nothing_to_read(read, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())

    with pytest.raises(UsageError, match="standard input"):
        read("-")


def open_pipe() -> tuple[io.BufferedReader, io.FileIO]:
    reading, writing = os.pipe()
    return open(reading, "rb"), open(writing, "wb", buffering=0)


def open_sockets() -> tuple[io.BufferedReader, io.RawIOBase]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        return ours.makefile("rb"), theirs.makefile("wb", buffering=0)


def plain(data: bytes) -> bytes:
    return data


@pytest.mark.parametrize("pack", [plain, gzip.compress])
@pytest.mark.parametrize("open_ends", [open_pipe, open_sockets])
def test_packets_of_a_live_source_are_delivered_as_they_arrive(pcap, open_ends, pack):
    """A block is asked for before the next packet is sent: to wait for more would be for ever."""
    build = pcap()
    reading, writing = open_ends()
    with reading, writing:
        blocks = read_blocks(reading, print)
        writing.write(pack(build.header + build.packet(b"abc") + build.packet(b"de")))
        assert 2 == next(blocks).count
        for number in (3, 4):
            writing.write(pack(build.packet(b"fg")))
            assert (1, number) == ((block := next(blocks)).count, block.first_packet)
        writing.close()
        assert [] == list(blocks)


CAPTURES = Path(__file__).parent.parent.parent / "captures"


@pytest.mark.parametrize("build", ["pcap", "pcapng"])
@pytest.mark.parametrize("open_ends", [open_pipe, open_sockets])
def test_while_nothing_comes_blocks_are_empty(build, open_ends, request):
    """Also in the middle of a packet, of which a writer with a buffer delivers the rest much later."""
    data = {
        "pcap": lambda: request.getfixturevalue("capture"),
        "pcapng": lambda: (CAPTURES / "two_interfaces.pcapng").read_bytes(),
    }[build]()
    reading, writing = open_ends()
    with reading, writing:
        blocks = read_blocks(reading, print, idle_s=0.01)
        writing.write(data[:-3])
        counts = [next(blocks).count for _ in range(4)]
        assert counts[0] > 0 and [0, 0] == counts[2:]
        writing.write(data[-3:])
        counts.append(next(block.count for block in blocks if block.count))
        writing.close()
        counts += [block.count for block in blocks]

    assert sum(counts) == sum(block.count for block in read_blocks(data, print))


def test_a_file_is_never_idle(capture):
    assert all(block.count for block in read_blocks(capture, print, idle_s=0.0))


@pytest.mark.parametrize("pack", [plain, gzip.compress])
def test_progress_is_told_in_bytes_of_the_source(capture, pack):
    done: list[int] = []
    packed = pack(capture)
    list(read_blocks(packed, print, progress=done.append))

    assert sorted(done) == done
    assert len(packed) == done[-1]


def test_a_source_is_live_if_nobody_knows_when_it_ends(capture, tmp_path, monkeypatch):
    path, fifo = tmp_path / "x.pcap", tmp_path / "fifo"
    path.write_bytes(capture)
    os.mkfifo(fifo)
    reading, writing = open_pipe()
    with reading, writing, open(path, "rb") as file:
        assert [False] * 4 == [is_live(s) for s in (capture, path, file, tmp_path / "none")]
        assert [True] * 2 == [is_live(source) for source in (fifo, reading)]
        for given, expected in ((file, False), (reading, True)):
            monkeypatch.setattr("sys.stdin", types.SimpleNamespace(buffer=given))
            assert expected == is_live("-")


def test_a_packet_that_arrives_byte_by_byte_is_whole_in_the_end(read, capture):
    reading, writing = open_pipe()

    def send() -> None:
        with writing:
            for byte in capture:
                writing.write(bytes((byte,)))

    sender = threading.Thread(target=send)
    sender.start()
    with reading:
        assert read(capture) == read(reading)
    sender.join()


def test_a_source_that_does_not_wait_is_refused(read):
    """Its end cannot be told from a pause."""
    reading, writing = open_pipe()
    os.set_blocking(reading.fileno(), False)
    with reading, writing, pytest.raises(BlockingIOError, match="non-blocking"):
        read(reading.raw)


def test_a_missing_file_is_missing(read, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.pcap"):
        read(tmp_path / "none.pcap")


def test_a_directory_is_no_file(read, tmp_path):
    with pytest.raises(IsADirectoryError):
        read(tmp_path)


@pytest.mark.parametrize("source", [None, 3, ["x.pcap"]])
def test_what_cannot_hold_a_capture_is_refused_by_its_type(read, source):
    with pytest.raises(UsageError, match=type(source).__name__):
        read(source)


def test_a_file_in_text_mode_is_refused_with_the_right_mode(read, path):
    with path.open() as file, pytest.raises(UsageError, match="'rb'"):
        read(file)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "is empty"),
        (b"Hello", "x.pcap is neither pcap nor pcapng: it begins with 48 65 6c 6c"),
        (b"\xd4\xc3", "neither pcap nor pcapng: it begins with d4 c3"),
        (b"snoop\0\0\0", "is a snoop capture; convert it with: editcap -F pcapng INPUT OUTPUT"),
        (b"GMBU\0\2", "is a Microsoft Network Monitor capture"),
    ],
)
def test_what_is_no_capture_is_refused_with_what_it_is(read, path, data, text):
    path.write_bytes(data)

    with pytest.raises(NotACaptureError) as raised:
        read(path)
    assert text in str(raised.value)


def test_a_capture_cut_anywhere_gives_the_packets_before_the_cut(read, pieces):
    """And one problem, unless the cut is between two packets or blocks."""
    capture = b"".join(pieces)
    whole = read(capture).packets
    ends = [sum(map(len, pieces[: n + 1])) for n in range(len(pieces))]
    for kept in range(4, len(capture)):
        reading = read(capture[:kept])
        assert whole[: sum(end <= kept for end in ends[-len(whole) :])] == reading.packets
        assert (kept in ends) == (reading.problems == [])


@given(chunk=st.integers(1, 700))
def test_any_chunk_size_gives_the_same_packets(read, pieces, chunk):
    capture = b"".join(pieces)

    assert 9 == len(read(capture).packets)
    assert read(capture) == read(capture, chunk_bytes=chunk)
