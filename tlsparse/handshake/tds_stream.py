"""A stream without the TDS packets around its TLS.

Microsoft SQL Server sends the handshake as the data of its own packets (`tlsparse.prelude.tds`). Without their headers
the records follow one another as everywhere else; each byte keeps the packet that made it readable, so that whoever
reads the records need not know that they came wrapped.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from tlsparse.flow.streams import Run, Stream
from tlsparse.prelude.tds import HEADER_BYTES, PRELOGIN, TABULAR_RESULT, Unwrapped, unwrap


def is_tds(stream: Stream) -> bool:
    """Tell whether a stream begins as TDS does: cheap, and true of other things as well."""
    runs = stream.runs
    return bool(runs) and runs[0].start == 0 and runs[0].data[0] in (PRELOGIN, TABULAR_RESULT)


def without_tds(stream: Stream) -> tuple[Stream, int] | None:
    """Take the TDS packets away from around the TLS of one direction.

    Returns
    -------
    (Stream, int) or None
        The stream of TLS, and at which offset of the original the packet begins that holds its first byte; None if
        there is no TLS inside TDS.
    """
    if not is_tds(stream):
        return None
    first = stream.runs[0]
    unwrapped = unwrap(first.data)
    if not unwrapped.pieces:
        return None
    inside = Stream(runs=[Run(0, unwrapped.data)], first_offset_known=stream.first_offset_known)
    _keep_arrivals(stream, unwrapped, inside)
    inside.end = len(unwrapped.data)
    last = unwrapped.pieces[-1]
    if last.stream + last.length == first.end:  # TLS to its end, so what follows is TLS, too
        shift = last.tls - last.stream
        inside.runs += [Run(run.start + shift, run.data) for run in stream.runs[1:]]
        inside.gaps = [
            gap._replace(start=gap.start + shift, end=gap.end + shift)
            for gap in stream.gaps
            if gap.start >= first.end
        ]
        for i in range(bisect_left(stream.starts, first.end), len(stream.starts)):
            inside.starts.append(stream.starts[i] + shift)
            inside.arrivals.append(stream.arrivals[i])
        inside.end = stream.end + shift
    return inside, unwrapped.place(0) - HEADER_BYTES


def _keep_arrivals(stream: Stream, unwrapped: Unwrapped, inside: Stream) -> None:
    """Note for each part of the TLS when it could be read: where a segment begins, or a TDS packet."""
    for piece in unwrapped.pieces:
        inside.starts.append(piece.tls)
        inside.arrivals.append(stream.arrival(piece.stream + 1))
        begin = bisect_right(stream.starts, piece.stream)
        for i in range(begin, bisect_left(stream.starts, piece.stream + piece.length)):
            inside.starts.append(stream.starts[i] - piece.stream + piece.tls)
            inside.arrivals.append(stream.arrivals[i])
