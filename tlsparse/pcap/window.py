"""The window: the stretch of a capture that is in memory.

A window slides over a stream and never back. Its reader takes whole packets from `start` on, then
asks for more; what is left, the beginning of a packet, moves to the front and the stream fills the
rest of the same buffer. The buffer starts small, doubles up to the size of a chunk while the stream
fills it, and grows beyond only for one packet that is larger than a chunk. The reader never asks
for more than a sane packet, so the memory is bounded whatever the bytes say.

Who works on a block while the next one is read needs more than one buffer: then they take turns.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from typing import Protocol, TypeVar

from tlsparse.pcap.block import Damage

Token = TypeVar("Token")

SMALL_CHUNK = 1 << 20
"""The first buffer. Most captures fit into it, and need not pay for a large one."""


class Stream(Protocol):
    """Bytes that can be read once, in order."""

    name: str
    """What to call it in a sentence."""
    live: bool
    """Whether reading may have to wait for bytes that are not there yet, as with a pipe."""
    trouble: str | None
    """Why the stream ended before its time; None if it did not, or has not yet."""

    @property
    def taken(self) -> int:
        """Bytes read so far, as they were before they were unpacked."""
        ...

    def is_ready(self, seconds: float) -> bool:
        """Wait at most so long; tell whether reading need not wait, as far as that can be told."""
        ...

    def readinto(self, room: memoryview) -> int:
        """Fill `room`, or its beginning, and return how many bytes; 0 only at the end."""
        ...


class Window:
    """A buffer whose bytes from `start` to `end` have been read from a stream and not been used.

    Parameters
    ----------
    stream
        Where the bytes come from.
    chunk_bytes
        How large the buffer may become for the sake of speed.
    idle_s
        How many seconds `awaited` waits for a live stream before it says that nothing comes; None for ever.
    valid
        How many blocks are to be valid at a time, and so how many buffers there are.
    """

    def __init__(
        self, stream: Stream, chunk_bytes: int, idle_s: float | None = None, valid: int = 1
    ) -> None:
        self.stream = stream
        self.chunk_bytes = chunk_bytes
        self.idle_s = idle_s
        self.valid = valid
        self.data = bytearray(min(chunk_bytes, SMALL_CHUNK))
        self.start = 0
        self.end = 0
        self._others = deque(bytearray() for _ in range(valid - 1))
        self._handed_out = False

    def __len__(self) -> int:
        """Bytes read and not used."""
        return self.end - self.start

    def peek(self, count: int) -> bytes:
        """The next `count` bytes, or fewer if fewer are here."""
        return bytes(self.data[self.start : min(self.start + count, self.end)])

    def hand_out(self) -> None:
        """Note that a block lies in the buffer: what is read from now on goes into the next one."""
        self._handed_out = True

    def more(self, need: int) -> bool:
        """Read on, until at least `need` bytes are here; False if the stream ends before.

        A file fills the whole buffer. Of a live stream only as much is awaited as is needed, so
        that a packet is delivered when it has arrived and not when the buffer is full.

        Raises
        ------
        Damage
            The stream ended before its time, for a reason of its own.
        """
        self._make_room(need)
        while self.end < len(self.data) and not (self.stream.live and self.end >= need):
            if not self._read():
                break
        return self._has(need)

    def awaited(self, need: int, nothing: Token) -> Generator[Token, None, bool]:
        """Do what `more` does; yield `nothing` each time that a live stream had nothing for `idle_s`."""
        if not self.stream.live or self.idle_s is None:
            return self.more(need)
        self._make_room(need)
        while self.end < need:
            if not self.stream.is_ready(self.idle_s):
                yield nothing
            elif not self._read():
                break
        return self._has(need)

    def _read(self) -> int:
        """Read what comes next to the end of the buffer, and return how many bytes."""
        count = self.stream.readinto(memoryview(self.data)[self.end :])
        self.end += count
        return count

    def _has(self, need: int) -> bool:
        """Tell whether so many bytes are here, when no more are to be read."""
        if self.end < need and self.stream.trouble is not None:
            raise Damage(self.stream.trouble)
        return self.end >= need

    def _make_room(self, need: int) -> None:
        """Move what is left to the front of a buffer that has room for `need` bytes."""
        left = len(self)
        size = len(self.data)
        if self.end == size:
            size = max(size, min(2 * size, self.chunk_bytes))
        source = memoryview(self.data)[self.start : self.end]
        if self._handed_out and self._others:
            self._others.append(self.data)
            self.data = self._others.popleft()
        self._handed_out = False
        if max(size, need) > len(self.data):
            self.data = bytearray(max(size, need))
        # Where both are the same buffer they may overlap; the copy is of less than one packet.
        self.data[:left] = bytes(source)
        self.start, self.end = 0, left
