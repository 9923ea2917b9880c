"""Sources: whatever holds a capture, opened and recognised.

A source is a path, ``"-"`` for standard input, an open binary file or the bytes themselves; it is
read once, from where it stands to its end, and need not be seekable. What it is, is decided by its
first bytes alone. This is also the one place where damage becomes a problem: the blocks before it
have been handed out by then.
"""

from __future__ import annotations

import io
import os
import select
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, TypeAlias, cast

from tlsparse.errors import NotACaptureError, UsageError
from tlsparse.pcap import files, pcapng
from tlsparse.pcap.block import Block, Damage, Problem
from tlsparse.pcap.compression import LONGEST_MAGIC, Unpacked, find_codec
from tlsparse.pcap.window import Window

Source: TypeAlias = str | os.PathLike[str] | IO[bytes] | bytes | bytearray | memoryview

CHUNK_BYTES = 8 << 20
"""What the caches of a processor hold for the most part; from twice to half as much is as fast."""

OTHER_FORMATS = {
    b"snoop\0": "a snoop capture",
    b"btsnoop\0": "a Bluetooth snoop capture",
    b"GMBU": "a Microsoft Network Monitor capture",
    b"RTSS": "a Microsoft Network Monitor capture",
    b"XCP\0": "a NetXray capture",
    b"TRSNIFF": "a Sniffer capture",
}
"""What a user may take for a pcap, and what Wireshark's editcap converts to one."""


def read_blocks(
    source: Source,
    problem: Problem,
    *,
    chunk_bytes: int = CHUNK_BYTES,
    secrets: list[bytes] | None = None,
    idle_s: float | None = None,
    progress: Callable[[int], None] | None = None,
    valid: int = 1,
) -> Iterator[Block]:
    """Read a pcap or pcapng, compressed or not, block by block.

    A pipe is read as the packets arrive: each block holds those which were there. Nothing is opened
    before the first block is asked for.

    Parameters
    ----------
    source
        A path, ``"-"`` for standard input, an open binary file, or the bytes of a capture. An open
        file is read from where it stands, and left open.
    problem
        Told, at most once and after the last block, why the capture could not be read to its end.
    chunk_bytes
        How much to read at a time, and so roughly how much memory to use.
    secrets
        A list to which the text of each TLS key log in a pcapng is added, before the block that
        follows it.
    idle_s
        When a live source has brought nothing for so many seconds, a block without packets is yielded, again and
        again until something comes. By default that is waited for. A compressed one is waited for in any case, and
        so is a pipe where the system cannot tell whether there is something in it.
    progress
        Told after each block how many bytes of the source are done; packed bytes if it is compressed.
    valid
        How many blocks are to be valid at a time.

    Yields
    ------
    Block
        The next packets, in the order of the capture. Valid until the next one is asked for, or as many as `valid`
        says.

    Raises
    ------
    NotACaptureError
        The source is empty, or neither pcap nor pcapng.
    MissingExtraError
        The capture is compressed by zstd or lz4 and the extra ``compression`` is not installed.
    UsageError
        The source is of a type that cannot hold a capture, or is open in text mode.
    OSError
        The source cannot be opened or read: `FileNotFoundError`, `IsADirectoryError` and their
        like.
    """
    packets = 0
    with _open(source) as stream:
        window = Window(stream, chunk_bytes, idle_s, valid)
        try:
            for block in _recognise(window, secrets):
                packets += block.count
                yield block
                if progress is not None:
                    progress(stream.taken - len(window))
        except Damage as damage:
            how_many = {0: "no packet was", 1: "1 packet was"}.get(
                packets, f"{packets} packets were"
            )
            problem(damage.packet, "capture", f"{damage}; {how_many} read")


def _recognise(window: Window, secrets: list[bytes] | None) -> Iterator[Block]:
    """Find out what the window shows, unpack it if needed, and begin to read it."""
    window.more(LONGEST_MAGIC)
    codec = find_codec(window.peek(LONGEST_MAGIC))
    if codec is not None:
        packed = window.peek(len(window))
        window.start = window.end  # all that is here goes to the other window
        unpacked = Unpacked(codec, window.stream, packed)
        window = Window(unpacked, window.chunk_bytes, valid=window.valid)
        window.more(4)
    magic = window.peek(4)
    if magic in files.VARIANTS:
        return files.read_pcap(window)
    if magic == pcapng.MAGIC:
        return pcapng.read_pcapng(window, secrets)
    raise NotACaptureError(_what_it_is(window, "unpacked, " if codec else ""))


def _what_it_is(window: Window, unpacked: str) -> str:
    """Say why the source is no capture, and what it may be."""
    name, head = window.stream.name, window.peek(16)
    if not head:
        return f"{name} is empty{' once unpacked' if unpacked else ''}"
    for magic, what in OTHER_FORMATS.items():
        if head.startswith(magic):
            return f"{name} is {what}; convert it with: editcap -F pcapng INPUT OUTPUT"
    return f"{name} is neither pcap nor pcapng: {unpacked}it begins with {head[:4].hex(' ')}"


class OpenFile:
    """An open binary file as a stream.

    Parameters
    ----------
    file
        Anything with ``readinto``, or at least ``read``.
    name
        What to call it in a sentence.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.name = name
        self.taken = 0
        self.trouble: str | None = None
        self.live = _is_live(file)
        # Of two ways to read, prefer the one that returns what is there.
        self._readinto = getattr(file, "readinto1", None) or getattr(file, "readinto", None)
        self._read = file.read
        self._poll = _make_poll(file) if self.live else None

    def is_ready(self, seconds: float) -> bool:
        """Wait at most so long; tell whether reading need not wait, as far as that can be told."""
        return self._poll is None or bool(self._poll.poll(seconds * 1000))

    def readinto(self, room: memoryview) -> int:
        """Fill `room`, or its beginning, and return how many bytes; 0 only at the end."""
        if self._readinto is not None:
            count = self._readinto(room)
        else:
            data = self._read(len(room))
            count = None if data is None else len(data)
            if data:
                room[:count] = data
        if count is None:
            raise BlockingIOError(
                f"{self.name} is open in non-blocking mode, where its end cannot be told"
            )
        self.taken += int(count)
        return int(count)


@contextmanager
def _open(source: Source) -> Iterator[OpenFile]:
    """Open a source; close it afterwards if it was opened here."""
    if isinstance(source, str | os.PathLike) and source != "-":
        with open(source, "rb", buffering=0) as file:
            yield OpenFile(file, os.fspath(source))
    elif isinstance(source, bytes | bytearray | memoryview):
        yield OpenFile(io.BytesIO(source), "what was given")
    elif isinstance(source, str):
        yield _given(getattr(sys.stdin, "buffer", None), "standard input")
    else:
        yield _given(source, str(getattr(source, "name", "the open file")))


def _given(file: object, name: str) -> OpenFile:
    """Make a stream of a file that was opened elsewhere."""
    if isinstance(file, io.TextIOBase):
        raise UsageError(f"{name} is open in text mode; open it with mode 'rb'")
    if not hasattr(file, "read"):
        raise UsageError(
            "a capture is a path, '-' for standard input, an open binary file or bytes,"
            f" and {name} is of type {type(file).__name__}"
        )
    return OpenFile(cast("IO[bytes]", file), name)


def _make_poll(file: IO[bytes]) -> select.poll | None:
    """Make what tells whether there is something to read; None where the system has nothing of the kind."""
    if not hasattr(select, "poll"):  # Windows
        return None
    poll = select.poll()
    poll.register(file.fileno(), select.POLLIN)
    return poll


def is_live(source: Source) -> bool:
    """Tell whether a source is one of which nobody knows when it ends: a pipe, a socket or a terminal."""
    if isinstance(source, bytes | bytearray | memoryview):
        return False
    if isinstance(source, str) and source == "-":
        return _is_live(getattr(sys.stdin, "buffer", None))
    if isinstance(source, str | os.PathLike):
        try:
            mode = os.stat(source).st_mode
        except OSError:
            return False
        return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode)
    return _is_live(source)


def _is_live(file: IO[bytes] | None) -> bool:
    """Whether reading may have to wait, as with pipes, sockets and terminals."""
    try:
        return file is not None and not stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    except (AttributeError, OSError, ValueError):
        # It has no file descriptor, as is usual for objects that only behave like files.
        return False
