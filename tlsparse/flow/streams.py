"""One direction of a connection: its bytes in order, and when each of them could be read.

Segments come as the capture has them: out of order, repeated, overlapping, with parts missing. `assemble` lays them
out on the line of stream offsets, the first byte after the SYN being 0. Where segments overlap, the first to arrive
counts, as for a receiver. A byte can be read once it *and all before it* have arrived; so the packet that made it
readable is the running maximum of packet numbers along the stream (`Stream.arrival`).

The line is covered in three ways: by *runs* of bytes; by segments that were seen but whose bytes nobody needs (the body
of application data); and not at all, which is a *gap*.

Source: RFC 9293 section 3.4 (sequence numbers) and 3.10.7.4 (segments that overlap).
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import NamedTuple

from tlsparse.flow.header import Header


class Segment(NamedTuple):
    """One packet of a direction, with the bytes of it that were wanted."""

    packet: int
    time_ns: int
    flags: int
    sequence: int  # of the first payload byte, counted on past 2^32; of the SYN or FIN where there is none
    length: int  # payload bytes on the wire
    captured: int  # payload bytes captured
    start: int  # where in the payload `data` begins
    data: bytes
    passed: int = 0  # bytes before the first that were seen, too, and not kept
    header: Header | None = None  # of a packet with SYN or RST


class Run(NamedTuple):
    """Bytes of a stream without a hole."""

    start: int
    data: bytes

    @property
    def end(self) -> int:
        """Offset after the last byte."""
        return self.start + len(self.data)


class Gap(NamedTuple):
    """A part of a stream that no packet of the capture holds."""

    start: int
    end: int
    packet: int  # first packet after the gap, in the order of the stream
    time_ns: int
    cut: bool  # the packet was there, but cut by the snap length


class Repeat(NamedTuple):
    """A segment that brought nothing new: a retransmission."""

    packet: int
    time_ns: int
    start: int
    length: int


@dataclass(slots=True)
class Stream:
    """The bytes of one direction, as far as they were wanted and captured."""

    runs: list[Run] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    repeats: list[Repeat] = field(default_factory=list)
    end: int = 0
    """Offset after the last byte of which the capture knows."""
    first_offset_known: bool = False
    """Whether the SYN was seen, so that offset 0 is the first byte of the connection."""
    starts: list[int] = field(default_factory=list, repr=False)
    """Offsets at which the segments begin, in order."""
    arrivals: list[tuple[int, int]] = field(default_factory=list, repr=False)
    """For each of them packet number and time (ns) at which it and all before it had arrived."""

    def arrival(self, offset: int) -> tuple[int, int]:
        """Return packet number and time (ns) at which all bytes before `offset` had arrived.

        Bytes that never arrived are passed over; an offset past the end counts as the end.
        """
        return self.arrivals[max(0, bisect_left(self.starts, offset) - 1)]


def assemble(segments: list[Segment], initial: int | None) -> Stream:
    """Put the segments of one direction in order.

    Parameters
    ----------
    segments
        In the order of the capture.
    initial
        Sequence number of the SYN, counted on like those of the segments; without it the lowest that was seen is the
        beginning.
    """
    stream = Stream(first_offset_known=initial is not None)
    filled = [segment for segment in segments if segment.length]
    if not filled:
        return stream
    base = min(s.sequence - s.passed for s in filled) if initial is None else initial + 1
    if not _lay_out_in_order(filled, base, stream):
        stream = Stream(first_offset_known=initial is not None)
        _lay_out(sorted(_pieces(filled, base, stream)), stream)
    return stream


def _lay_out_in_order(segments: list[Segment], base: int, stream: Stream) -> bool:
    """Do what `_pieces` and `_lay_out` do, if each segment begins where the one before it ends, as nearly all do.

    Returns whether that was so; if not, the stream is of no use.
    """
    end = 0
    run_start, run_end = 0, -1
    run: list[bytes] = []
    for packet, time_ns, _, sequence, length, captured, start, data, passed, _ in segments:
        if sequence - base != end or captured < length or passed:
            return False
        stream.starts.append(end)
        stream.arrivals.append((packet, time_ns))
        if data:
            if end + start != run_end:
                if run:
                    stream.runs.append(Run(run_start, b"".join(run)))
                run_start, run = end + start, []
            run.append(data)
            run_end = end + start + len(data)
        end += length
    if run:
        stream.runs.append(Run(run_start, b"".join(run)))
    stream.end = end
    return True


class _Piece(NamedTuple):
    """A part of the line, with the segment that was the first to cover it."""

    start: int
    end: int
    readable: int  # offset after the last byte that was captured
    packet: int
    time_ns: int
    first: int  # where the wanted bytes begin
    data: bytes


def _pieces(segments: list[Segment], base: int, stream: Stream) -> list[_Piece]:
    """Give each segment the part of the line that it is the first to cover."""
    pieces: list[_Piece] = []
    covered = _Cover()
    for segment in segments:
        offset = segment.sequence - base
        end = offset + segment.length
        if end <= 0:  # before the first byte: a keep-alive, or left over from an older connection
            continue
        if segment.passed and offset > 0:
            for start, stop in covered.add(max(0, offset - segment.passed), offset):
                pieces.append(
                    _Piece(start, stop, stop, segment.packet, segment.time_ns, start, b"")
                )
        fresh = covered.add(max(0, offset), end)
        if not fresh and segment.length > 1:
            stream.repeats.append(Repeat(segment.packet, segment.time_ns, offset, segment.length))
        origin = offset + segment.start
        for start, stop in fresh:
            first = max(start, origin)
            data = segment.data[first - origin : max(0, stop - origin)]
            readable = max(start, min(stop, offset + segment.captured))
            pieces.append(
                _Piece(start, stop, readable, segment.packet, segment.time_ns, first, data)
            )
    return pieces


class _Cover:
    """The parts of the line that are covered, as sorted intervals that do not touch."""

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []

    def add(self, start: int, end: int) -> list[tuple[int, int]]:
        """Cover an interval; return the parts that were not covered before."""
        if not self.ends or start >= self.ends[-1]:
            self._append(start, end)
            return [(start, end)]
        low = bisect_left(self.ends, start)
        high = low
        fresh = []
        at = start
        while high < len(self.starts) and self.starts[high] <= end:
            if at < self.starts[high]:
                fresh.append((at, self.starts[high]))
            at = max(at, self.ends[high])
            high += 1
        if at < end:
            fresh.append((at, end))
        if low < high:
            start, end = min(start, self.starts[low]), max(end, self.ends[high - 1])
        self.starts[low:high] = [start]
        self.ends[low:high] = [end]
        return fresh

    def _append(self, start: int, end: int) -> None:
        if self.ends and start == self.ends[-1]:
            self.ends[-1] = end
        else:
            self.starts.append(start)
            self.ends.append(end)


def _lay_out(pieces: list[_Piece], stream: Stream) -> None:
    """Join the pieces to runs, note what is missing, and when each part could be read."""
    arrival = (0, 0)
    run_start, run_end = 0, -1
    run: list[bytes] = []
    for piece in pieces:
        if piece.start > stream.end:
            stream.gaps.append(Gap(stream.end, piece.start, piece.packet, piece.time_ns, cut=False))
        if piece.readable < piece.end:
            stream.gaps.append(
                Gap(piece.readable, piece.end, piece.packet, piece.time_ns, cut=True)
            )
        arrival = max(arrival, (piece.packet, piece.time_ns))
        stream.starts.append(piece.start)
        stream.arrivals.append(arrival)
        stream.end = piece.end
        if not piece.data:
            continue
        if piece.first != run_end:
            if run:
                stream.runs.append(Run(run_start, b"".join(run)))
            run_start, run = piece.first, []
        run.append(piece.data)
        run_end = piece.first + len(piece.data)
    if run:
        stream.runs.append(Run(run_start, b"".join(run)))
