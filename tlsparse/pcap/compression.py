"""Compression: unpack gzip, bz2, xz, zstd and lz4 as the bytes come.

A capture is recognised as compressed by its first bytes, not by its name. It is unpacked in small
steps, never as a whole, so that it may come from a pipe, and so that a file which unpacks to a
thousand times its size costs only time. Every format allows several members in one file, one after
the other. What could be unpacked before a damage is delivered; then the stream ends, and says in
`trouble` why.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import NamedTuple, Protocol

from tlsparse.errors import MissingExtraError
from tlsparse.pcap.window import Stream

STEP_BYTES = 1 << 16
"""How many compressed bytes are read, and at most how many unpacked ones made, at a time."""
ZSTD_STEP_BYTES = 1 << 8
"""zstandard unpacks all that it is given, and a byte may become 32 kB: so it is given little."""
XZ_MEMORY_BYTES = 256 << 20
"""Four times what the highest preset of xz needs."""


class Member(Protocol):
    """The decoder of one member, in the shape of the standard library's for bz2 and xz."""

    @property
    def eof(self) -> bool:
        """Whether the end of the member was reached."""
        ...

    @property
    def unused_data(self) -> bytes | None:
        """What was given beyond that end; lz4 says None where others say nothing."""
        ...

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Take `data`, which may be nothing, and return at most `max_length` of what is due."""
        ...


MEMBER_ERRORS = (zlib.error, OSError, lzma.LZMAError, RuntimeError)
"""What decoders raise for damaged data: gzip, bz2, xz and lz4; `ZstdMember` raises the first."""


class GzipMember:
    """A member of a gzip file.

    zlib throws away what it has unpacked in the call that finds a damage, and a small capture is
    unpacked and checked in one call. So a step that fails is taken again from a copy of the state,
    half as far, until all that precedes the damage is out.
    """

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=31)
        self._pending = b""

    @property
    def eof(self) -> bool:
        """Whether the end of the member was reached."""
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        """What was given beyond that end."""
        return self._inflate.unused_data + self._pending

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Take `data`, which may be nothing, and return at most `max_length` of what is due."""
        self._pending += data
        step = len(self._pending)
        while True:
            before = self._inflate.copy()
            try:
                output = self._inflate.decompress(self._pending[:step], max_length)
            except zlib.error:
                if step <= 1:
                    raise
                self._inflate = before
                step //= 2
            else:
                self._pending = self._inflate.unconsumed_tail + self._pending[step:]
                if output or self._inflate.eof or not self._pending:
                    return output
                step = min(step, len(self._pending))


class ZstdMember:
    """A frame of a zstd file."""

    def __init__(self) -> None:
        try:
            import zstandard
        except ImportError as error:
            raise MissingExtraError(
                "zstandard", "compression", "a capture packed by zstd"
            ) from error
        self._error = zstandard.ZstdError
        self._frame = zstandard.ZstdDecompressor().decompressobj(write_size=STEP_BYTES)
        self._pending = memoryview(b"")
        self._ready = memoryview(b"")

    @property
    def eof(self) -> bool:
        """Whether the end of the frame was reached, and all of it was returned."""
        return self._frame.eof and not self._ready

    @property
    def unused_data(self) -> bytes:
        """What was given beyond that end."""
        return self._frame.unused_data + bytes(self._pending)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Take `data`, which may be nothing, and return at most `max_length` of what is due."""
        if data:
            self._pending = memoryview(bytes(self._pending) + data)
        while self._pending and not (self._ready or self._frame.eof):
            step = bytes(self._pending[:ZSTD_STEP_BYTES])
            self._pending = self._pending[ZSTD_STEP_BYTES:]
            try:
                self._ready = memoryview(self._frame.decompress(step))
            except self._error as error:
                raise zlib.error(str(error)) from error
        output = bytes(self._ready[:max_length])
        self._ready = self._ready[max_length:]
        return output


def _begin_xz() -> Member:
    return lzma.LZMADecompressor(memlimit=XZ_MEMORY_BYTES)


def _begin_lz4() -> Member:
    try:
        import lz4.frame
    except ImportError as error:
        raise MissingExtraError("lz4", "compression", "a capture packed by lz4") from error
    member: Member = lz4.frame.LZ4FrameDecompressor()
    return member


class Codec(NamedTuple):
    """One format of compression."""

    name: str
    magics: tuple[bytes, ...]
    begin: Callable[[], Member]


CODECS = (
    Codec("gzip", (b"\x1f\x8b",), GzipMember),
    Codec("bz2", (b"BZh",), bz2.BZ2Decompressor),
    # The second is the older format of the same method, which has no magic but hardly another
    # beginning.
    Codec("xz", (b"\xfd7zXZ\x00", b"\x5d\x00\x00"), _begin_xz),
    # After its own magic come those of skippable frames, which parallel compressors put first.
    Codec(
        "zstd",
        (b"\x28\xb5\x2f\xfd", *(bytes((0x50 + n,)) + b"\x2a\x4d\x18" for n in range(16))),
        ZstdMember,
    ),
    Codec("lz4", (b"\x04\x22\x4d\x18",), _begin_lz4),
)
LONGEST_MAGIC = max(len(magic) for codec in CODECS for magic in codec.magics)


def find_codec(head: bytes) -> Codec | None:
    """Find the compression of a file by its first `LONGEST_MAGIC` bytes; None if it has none."""
    return next((codec for codec in CODECS if head.startswith(codec.magics)), None)


class Unpacked:
    """The stream that is packed in another one.

    Parameters
    ----------
    codec
        How it is packed.
    packed
        The stream of packed bytes, all but the first of them.
    head
        Those first bytes.

    Raises
    ------
    MissingExtraError
        The codec needs a package that is not installed.
    """

    def __init__(self, codec: Codec, packed: Stream, head: bytes) -> None:
        self.name = packed.name
        self.live = packed.live
        self.trouble: str | None = None
        self._codec = codec
        self._packed = packed
        self._input = head
        self._member: Member | None = codec.begin()

    @property
    def taken(self) -> int:
        """Packed bytes read so far."""
        return self._packed.taken

    def is_ready(self, seconds: float) -> bool:
        """Tell nothing: how many packed bytes make an unpacked one is not known before."""
        return True

    def readinto(self, room: memoryview) -> int:
        """Fill the beginning of `room` and return how many bytes; 0 only at the end."""
        while self._member is not None:
            if self._member.eof:
                self._next_member(self._member.unused_data or b"")
                continue
            try:
                output = self._member.decompress(self._input, min(len(room), STEP_BYTES))
            except MEMBER_ERRORS as error:
                self._end(f"the {self._codec.name} data are damaged ({error})")
                break
            self._input = b""
            if output:
                room[: len(output)] = output
                return len(output)
            if not self._member.eof:
                self._input = self._read_packed()
                if not self._input:
                    self._end(f"the {self._codec.name} data were cut short")
        return 0

    def _next_member(self, rest: bytes) -> None:
        """Begin the member that follows; `rest` is what was read of it. There may be zeros between
        them."""
        rest = rest.lstrip(b"\0")
        while len(rest) < LONGEST_MAGIC and (more := self._read_packed()):
            rest = (rest + more).lstrip(b"\0")
        if not rest:
            self._end(None)
        elif rest.startswith(self._codec.magics):
            self._member, self._input = self._codec.begin(), rest
        else:
            self._end(f"what follows the {self._codec.name} data cannot be unpacked")

    def _read_packed(self) -> bytes:
        room = bytearray(STEP_BYTES)
        return bytes(room[: self._packed.readinto(memoryview(room))])

    def _end(self, trouble: str | None) -> None:
        self._member, self.trouble = None, trouble
