"""One direction's handshake bytes, as CRYPTO frames bring them: in any order, repeated, overlapping.

Each frame says at which offset its bytes belong. Where frames overlap, the first to arrive counts. What is asked of a
stream are its runs, to cut handshake messages from, and when a byte could be read: when it *and all before it* had
arrived.

Source: RFC 9000 sections 2.2, 7.5 and 19.6.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate
from operator import attrgetter
from typing import NamedTuple

LONGEST_STREAM = 1 << 16
"""Bytes of a stream that are kept: several times what any hello has."""

MOST_PIECES = 1 << 12
"""Pieces that a stream may be broken into."""

MOST_REPEATS = 1 << 8
"""Retransmissions of which place and time are kept; all are counted."""

_START = attrgetter("start")


class Piece(NamedTuple):
    """Bytes that one CRYPTO frame was the first to bring."""

    start: int
    data: bytes
    packet: int
    time_ns: int

    @property
    def end(self) -> int:
        """Offset after the last byte."""
        return self.start + len(self.data)


class Run(NamedTuple):
    """Bytes of a stream without a hole."""

    start: int
    data: bytes

    @property
    def end(self) -> int:
        """Offset after the last byte."""
        return self.start + len(self.data)


class Repeat(NamedTuple):
    """A packet whose CRYPTO frames brought nothing new: a retransmission."""

    packet: int
    time_ns: int
    start: int  # lowest offset
    length: int


class CryptoStream:
    """The handshake bytes of one side, at the level of Initial packets.

    Attributes
    ----------
    pieces
        Sorted by offset, not overlapping.
    repeats
        The first retransmissions.
    retransmissions
        How many there were.
    dropped
        Bytes that were too many to be kept.
    """

    __slots__ = ("_again", "_arrivals", "dropped", "pieces", "repeats", "retransmissions")

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.repeats: list[Repeat] = []
        self.retransmissions = 0
        self.dropped = 0
        self._arrivals: list[tuple[int, int]] = []
        self._again: CryptoStream | None = None

    def add(self, frames: Iterable[tuple[int, bytes]], packet: int, time_ns: int) -> None:
        """Take offset and bytes of all CRYPTO frames of one packet."""
        filled = [frame for frame in frames if frame[1]]
        fresh = [self._put(start, data, packet, time_ns) for start, data in filled]
        if self._again is not None:
            fresh += [self._again._put(start, data, packet, time_ns) for start, data in filled]
        if filled and not any(fresh):
            self.retransmissions += 1
            if len(self.repeats) < MOST_REPEATS:
                start, length = min(filled)[0], sum(len(data) for _, data in filled)
                self.repeats.append(Repeat(packet, time_ns, start, length))

    def _put(self, start: int, data: bytes, packet: int, time_ns: int) -> bool:
        """Keep what is new of the bytes of one frame; return whether there was any."""
        fresh = self._uncovered(start, start + len(data))
        for begin, end in fresh:
            if end > LONGEST_STREAM or len(self.pieces) >= MOST_PIECES:
                self.dropped += end - begin
                continue
            piece = Piece(begin, data[begin - start : end - start], packet, time_ns)
            self.pieces.insert(bisect_left(self.pieces, begin, key=_START), piece)
            self._arrivals = []
        return bool(fresh)

    def restart(self) -> None:
        """Expect everything once more, as after a Retry: what comes again is no retransmission.

        Source: RFC 9000 section 17.2.5.3.
        """
        self._again = CryptoStream()

    @property
    def runs(self) -> list[Run]:
        """The bytes, with holes between the runs; the messages begin at offset 0."""
        runs: list[Run] = []
        joined: list[bytes] = []
        start = end = 0
        for piece in self.pieces:
            if piece.start != end and joined:
                runs.append(Run(start, b"".join(joined)))
                joined = []
            if not joined:
                start = piece.start
            joined.append(piece.data)
            end = piece.end
        return [*runs, Run(start, b"".join(joined))] if joined else runs

    @property
    def end(self) -> int:
        """Offset after the last byte that is known."""
        return self.pieces[-1].end if self.pieces else 0

    def arrival(self, offset: int) -> tuple[int, int]:
        """Return packet number and time (ns) at which all bytes before `offset` had arrived.

        Bytes that never arrived are passed over; an offset past the end counts as the end. The stream must hold
        something.
        """
        if not self._arrivals:
            self._arrivals = list(accumulate(((p.packet, p.time_ns) for p in self.pieces), max))
        return self._arrivals[max(0, bisect_left(self.pieces, offset, key=_START) - 1)]

    def _uncovered(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return the parts of an interval that no piece covers."""
        parts = []
        at = start
        for i in range(max(0, bisect_right(self.pieces, start, key=_START) - 1), len(self.pieces)):
            piece = self.pieces[i]
            if piece.start >= end:
                break
            if piece.start > at:
                parts.append((at, piece.start))
            at = max(at, piece.end)
        if at < end:
            parts.append((at, end))
        return parts
