"""What was said on a flow before TLS began, or instead of it.

SMTP that asks for TLS, a proxy, a database, or TLS inside the packets of SQL Server. This is read only where a flow
does not begin with a ClientHello.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from operator import attrgetter

from tlsparse.flow.flow import Flow
from tlsparse.flow.streams import Stream
from tlsparse.handshake.event import Side
from tlsparse.handshake.speech import Speech, hear
from tlsparse.handshake.tds_stream import is_tds, without_tds
from tlsparse.prelude.foreign import Foreign, name_speech
from tlsparse.prelude.prelude import Prelude
from tlsparse.prelude.recognition import read_prelude
from tlsparse.prelude.talk import Turn

NEVER_BEFORE_TLS = frozenset(
    ("http", "http2", "ssh", "rtsp", "sip", "vnc", "redis", "memcached", "smb", "amqp", "mqtt")
)
"""Names, as `tlsparse.prelude.foreign` gives them, of protocols in which TLS is not asked for."""

PLAIN_BYTES = 4 << 10
"""Bytes of each side that are looked at where TLS never begins: TLS is asked for early or not at all."""

SPEECH_BYTES = 2048
"""Bytes by which a side's speech is named."""


def hear_plain(flow: Flow, speech: Speech) -> Speech:
    """Add to what was heard of a flow what was said before TLS, and TLS inside TDS."""
    begins = [speech.client_begin, speech.server_begin]
    if any(map(is_tds, flow.streams)):
        unwrapped = [without_tds(stream) for stream in flow.streams]
        if any(unwrapped):
            inside = [
                own[0] if own else stream
                for own, stream in zip(unwrapped, flow.streams, strict=True)
            ]
            speech = replace(hear(flow, (inside[0], inside[1])), inside=(inside[0], inside[1]))
            ends = [own[1] if own else None for own in unwrapped]
            begins = [ends[speech.client], ends[1 - speech.client]]
    return replace(speech, prelude=_prelude(flow, speech.client, begins))


def _prelude(flow: Flow, client: int, begins: list[int | None]) -> Prelude | None:
    """Read what client and server said before TLS, which begins at `begins` of their streams."""
    sides: tuple[tuple[Side, int], ...] = (("client", client), ("server", 1 - client))
    missing = [gap.packet for stream in flow.streams for gap in stream.gaps]
    turns = [
        turn
        for (side, number), begin in zip(sides, begins, strict=True)
        for turn in _turns(side, flow.streams[number], begin)
        if not missing or turn.packet < min(missing)
    ]
    turns.sort(key=attrgetter("packet"))
    if not turns or _has_no_prelude(turns[0].data):
        return None
    close = next((m for m in flow.milestones if m.name in ("fin", "rst")), None)
    closed_by: Side | None = None
    if close is not None:
        closed_by = "client" if close.side == client else "server"
    return read_prelude(turns, closed_by=closed_by, port=flow.endpoints[1 - client].port)


def _has_no_prelude(words: bytes) -> bool:
    """Tell from the first words whether they are of a protocol in which nobody asks for TLS: most of what is plain."""
    foreign = None if words.startswith(b"CONNECT ") else name_speech(words)
    return foreign is not None and foreign.name in NEVER_BEFORE_TLS


def _turns(side: Side, stream: Stream, begin: int | None) -> Iterator[Turn]:
    """Yield what a side said before offset `begin`, segment by segment, as far as no byte is missing."""
    if not stream.runs or stream.runs[0].start != 0:
        return
    data = stream.runs[0].data
    end = min(len(data), PLAIN_BYTES if begin is None else begin)
    starts = [start for start in stream.starts if start < end]
    for start, stop in pairwise([*starts, end]):
        yield Turn(side, *stream.arrival(start + 1), data[start:stop])


def name_foreign(flow: Flow, speech: Speech, hello_packet: int | None) -> dict[Side, Foreign]:
    """Name what each side spoke that did not speak TLS, or only sent back what it had heard.

    Of a server that had granted TLS, what it said after the ClientHello (`hello_packet`); else everything, its
    greeting too.
    """
    client, server = flow.streams[speech.client], flow.streams[1 - speech.client]
    if hello_packet is None:
        said: dict[Side, Foreign | None] = {"client": name_speech(_bytes_from(client, 0))}
        if speech.server_begin is None:
            said["server"] = name_speech(_bytes_from(server, 0))
    else:
        begin = 0
        if speech.prelude is not None:
            arrivals = zip(server.starts, server.arrivals, strict=True)
            begin = next((at for at, (packet, _) in arrivals if packet > hello_packet), 0)
        heard = _bytes_from(client, speech.client_begin or 0)
        said = {"server": name_speech(_bytes_from(server, begin), hello=heard)}
    return {side: foreign for side, foreign in said.items() if foreign is not None}


def _bytes_from(stream: Stream, offset: int) -> bytes:
    """Return the first bytes of a stream from an offset on; none if they were not captured."""
    for start, data in stream.runs:
        if start <= offset < start + len(data):
            return data[offset - start :][:SPEECH_BYTES]
    return b""
