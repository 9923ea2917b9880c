"""Sources: whatever holds a capture, opened and recognised.

A source is a path, ``"-"`` for standard input, an open binary file or the bytes themselves; it is
read once, from where it stands to its end, and need not be seekable. What it is, is decided by its
first bytes alone. This is also the one place where damage becomes a problem: the blocks before it
have been handed out by then.
"""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TypeAlias, cast

from tlsparse.errors import NotACaptureError, UsageError
from tlsparse.pcap import files, pcapng
from tlsparse.pcap.block import Block, Damage, Problem
from tlsparse.pcap.compression import LONGEST_MAGIC, Unpacked, find_codec
from tlsparse.pcap.window import Window

Source: TypeAlias = str | os.PathLike[str] | IO[bytes] | bytes | bytearray | memoryview

CHUNK_BYTES = 32 << 20

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

    Yields
    ------
    Block
        The next packets, in the order of the capture. Valid until the next one is asked for.

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
        try:
            for block in _recognise(Window(stream, chunk_bytes), secrets):
                packets += block.count
                yield block
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
        window = Window(Unpacked(codec, window.stream, packed), window.chunk_bytes)
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
        self.trouble: str | None = None
        self.live = _is_live(file)
        # Of two ways to read, prefer the one that returns what is there.
        self._readinto = getattr(file, "readinto1", None) or getattr(file, "readinto", None)
        self._read = file.read

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


def _is_live(file: IO[bytes]) -> bool:
    """Whether reading may have to wait, as with pipes, sockets and terminals."""
    try:
        return not stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    except (AttributeError, OSError, ValueError):
        # It has no file descriptor, as is usual for objects that only behave like files.
        return False
