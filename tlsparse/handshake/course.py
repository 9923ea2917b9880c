"""Flows that take the course of an earlier one.

A capture of a busy server holds thousands of flows that differ in addresses, times and the contents of messages, and in
nothing else: the same packets in the same order, the same records, messages of the same lengths. What was read of one
of them, and into which handshakes it falls, holds for all others. So the course of a flow that comes for the second
time is kept, and later ones are read by it: only what their messages say is decoded.

Nothing is believed that was not compared. The order of all packets, and where each segment and each run of bytes begins
and ends, is the key. Then what stands outside of messages must be the same byte for byte: the headers of records and of
messages, alerts, ChangeCipherSpec; and a ServerHello must choose the same. Only flows without anything out of the
ordinary have a course: no hole, both sides begin with TLS, everything can be read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, pairwise
from operator import itemgetter
from typing import Any, NamedTuple

from tlsparse.errors import DecodeError
from tlsparse.flow.flow import Flow
from tlsparse.flow.streams import Stream
from tlsparse.handshake.event import Event, Line, RecordSeen
from tlsparse.handshake.order import read_line, sender_of, split
from tlsparse.handshake.speech import Speech, listen
from tlsparse.tls.codes import CipherSuite, HandshakeType, ProtocolVersion
from tlsparse.tls.hello import ServerHello
from tlsparse.tls.messages import Context, decode_message
from tlsparse.tls.records import HANDSHAKE, HEADER_BYTES, Record, read_records

MOST_OUTLINES = 1024
"""Outlines that are remembered. A capture has a few dozen that come often; when there are more, all are forgotten."""

MOST_ALIKE = 4
"""Courses of one outline that are looked for."""

MOST_PACKETS, MOST_BYTES = 64, 24 << 10
"""Packets and bytes of a flow that has a course. A handshake has a dozen, and a chain of a few KB."""

MESSAGE_HEADER_BYTES = 4

Outline = tuple[object, ...]
Mark = tuple[int, int]
"""Number and time (ns) of a packet."""


class Told(NamedTuple):
    """What a flow tells."""

    speech: Speech
    line: Line
    parts: list[list[Event]]  # the events of each handshake


class _Message(NamedTuple):
    """A message in clear: where it stands, and what it said in the flow whose course is kept."""

    place: int  # of its event
    side: int
    span: slice  # of its body, in all bytes of the side
    type: HandshakeType
    context: Context
    said: bytes
    body: object


class _Course(NamedTuple):
    """What flows have in common. A packet is told by its place among the marks of the flow."""

    speech: Speech
    headers: tuple[itemgetter[Any], itemgetter[Any]]  # of the bytes of A, of B
    said: tuple[Any, Any]  # these bytes
    events: tuple[tuple[Any, ...], ...]  # mark, and the fields of the event but for the packet
    milestones: tuple[int, ...]  # place of the event of each
    messages: tuple[_Message, ...]
    records: tuple[tuple[Any, ...], ...]  # mark, and the fields of the record but for the packet
    ends: tuple[int, ...]  # place of the event after the last one of each handshake


_courses: dict[Outline, list[_Course | None]] = {}
"""None stands for a flow that has none."""


def read_flow(flow: Flow) -> Told:
    """Read all that a flow tells."""
    outline = _outline(flow)
    for course in _courses.get(outline, ()) if outline is not None else ():
        told = _retrace(flow, course) if course is not None else None
        if told is not None:
            return told
    speech = listen(flow)
    line = read_line(flow, speech)
    told = Told(speech, line, split(line.events))
    if outline is not None:
        _remember(outline, flow, told)
    return told


def forget() -> None:
    """Forget all courses."""
    _courses.clear()


def _outline(flow: Flow) -> Outline | None:
    """Return what flows of one course have in common and can be seen without a look at their bytes.

    None for a flow with a hole, of which one side said nothing, or that is large.
    """
    a, b = flow.streams
    if not (a.runs and b.runs) or a.gaps or b.gaps:
        return None
    packets = [packet for packet, _ in _marks(flow)]
    if len(packets) > MOST_PACKETS:
        return None
    ranks = {packet: rank for rank, packet in enumerate(sorted(set(packets)))}
    return (
        *map(ranks.__getitem__, packets),
        *a.starts,
        *b.starts,
        *[
            bound
            for stream in (a, b)
            for start, data in stream.runs
            for bound in (start, len(data))
        ],
        (len(a.starts), a.end, len(a.runs), len(flow.notes[0]), len(a.repeats)),
        (len(b.starts), b.end, len(b.runs), len(flow.notes[1]), len(b.repeats)),
        *[note[2:] for notes in flow.notes for note in notes],
        *[milestone[2:4] for milestone in flow.milestones],
        *[repeat[2:] for stream in flow.streams for repeat in stream.repeats],
    )


def _marks(flow: Flow) -> list[Mark]:
    """Return the packets of which a flow tells."""
    a, b = flow.streams
    marks = a.arrivals + b.arrivals
    marks += [note[:2] for notes in flow.notes for note in notes]
    marks += [milestone[:2] for milestone in flow.milestones]
    marks += [repeat[:2] for stream in flow.streams for repeat in stream.repeats]
    return marks


def _bytes(stream: Stream) -> bytes:
    """Return all bytes of a stream that were kept."""
    return (
        stream.runs[0].data if len(stream.runs) == 1 else b"".join(run.data for run in stream.runs)
    )


# --- Reading by a course ---------------------------------------------------------------------------------------------


def _retrace(flow: Flow, course: _Course) -> Told | None:
    """Read a flow by a course; None if it took another one."""
    a, b = flow.streams
    sides = _bytes(a), _bytes(b)
    if course.said != (course.headers[0](sides[0]), course.headers[1](sides[1])):
        return None
    bodies = _bodies(course, sides)
    if bodies is None:
        return None
    marks = _marks(flow)
    events = []
    for (
        mark,
        kind,
        name,
        sender,
        length,
        hidden,
        inferred,
        body,
        meaning,
        level,
        start,
    ) in course.events:
        packet, time_ns = marks[mark]
        events.append(
            Event(
                kind,
                name,
                sender,
                packet,
                time_ns,
                length,
                hidden,
                inferred,
                body,
                meaning,
                level,
                start,
            )
        )
    records = [
        RecordSeen(sender, marks[mark][0], marks[mark][1], kind, version, length)
        for mark, sender, kind, version, length in course.records
    ]
    for message, body in zip(course.messages, bodies, strict=True):
        events[message.place].body = body
    for place, milestone in zip(course.milestones, flow.milestones, strict=True):
        events[place].body = milestone.body
    parts = [events[begin:end] for begin, end in pairwise((0, *course.ends))]
    return Told(course.speech, Line(events, records), parts)


def _bodies(course: _Course, sides: tuple[bytes, bytes]) -> list[object] | None:
    """Decode all messages; None if one cannot be read, or chooses something else than in the course."""
    bodies = []
    for _, side, span, kind, context, said, known in course.messages:
        data = sides[side][span]
        body = known
        if data != said:
            try:
                body = decode_message(kind, data, context)
            except DecodeError:
                return None
            if isinstance(known, ServerHello) and _choice(known) != _choice(body):
                return None
        bodies.append(body)
    return bodies


def _choice(hello: object) -> tuple[ProtocolVersion, CipherSuite | None, bool] | None:
    """Return what of a ServerHello decides how the flow goes on."""
    if not isinstance(hello, ServerHello):
        return None
    return hello.version, hello.cipher_suite, hello.is_hello_retry_request


# --- Keeping a course ------------------------------------------------------------------------------------------------


def _remember(outline: Outline, flow: Flow, told: Told) -> None:
    """Keep the course of a flow whose outline was met before."""
    if outline not in _courses:
        if len(_courses) >= MOST_OUTLINES:
            _courses.clear()
        _courses[outline] = []
        return
    if len(_courses[outline]) < MOST_ALIKE:
        _courses[outline].append(_course(flow, told))


def _course(flow: Flow, told: Told) -> _Course | None:
    """Find the course of a flow; None if there is anything about it that headers and order do not tell."""
    speech, line = told.speech, told.line
    sides = _Side(flow, told, 0), _Side(flow, told, 1)
    if speech != Speech(speech.client, 0, 0) or line.troubles or line.repeats:
        return None
    if (
        not (sides[0].is_plain and sides[1].is_plain)
        or len(sides[0].data + sides[1].data) > MOST_BYTES
    ):
        return None
    if flow.streams[1 - speech.client].arrivals[0] < flow.streams[speech.client].arrivals[0]:
        return None  # what comes first has been looked at for a ClientHello as well
    marks: dict[Mark, int] = {}
    for place, mark in enumerate(_marks(flow)):
        marks.setdefault(mark, place)
    milestones = tuple(_milestones(flow, told))
    transport = sum(event.kind == "transport" for event in line.events)
    seen = [(event.packet, event.time_ns) for event in line.events]
    seen += [(record.packet, record.time_ns) for record in line.records]
    repeats = sum(len(stream.repeats) for stream in flow.streams)
    if len(milestones) != len(flow.milestones) or transport != len(milestones) + repeats:
        return None
    if not marks.keys() >= set(seen):
        return None
    headers = sides[0].headers(), sides[1].headers()
    return _Course(
        speech,
        headers,
        (headers[0](sides[0].data), headers[1](sides[1].data)),
        tuple(
            (
                marks[event.packet, event.time_ns],
                event.kind,
                event.name,
                event.sender,
                event.length,
                event.encrypted,
                event.inferred,
                event.body,
                event.meaning,
                event.level,
                event.start,
            )
            for event in line.events
        ),
        milestones,
        (*sides[0].messages, *sides[1].messages),
        tuple((marks[r.packet, r.time_ns], r.sender, *r[3:]) for r in line.records),
        tuple(accumulate(map(len, told.parts))),
    )


def _milestones(flow: Flow, told: Told) -> Iterator[int]:
    """Yield the place of the event of each milestone."""
    for milestone in flow.milestones:
        sender = sender_of(milestone.side, told.speech.client)
        for place, event in enumerate(told.line.events):
            if (event.packet, event.name, event.sender) == (
                milestone.packet,
                milestone.name,
                sender,
            ):
                yield place
                break


class _Side:
    """What one side of a flow sent: which of its bytes are headers, and which are messages.

    Attributes
    ----------
    data
        All its bytes that were kept.
    messages
        Those in clear.
    is_plain
        Whether each message in clear stands in one record, and all can be read.
    """

    def __init__(self, flow: Flow, told: Told, side: int) -> None:
        self._runs = flow.streams[side].runs
        self._starts = [run.start for run in self._runs]
        self._places = [0, *accumulate(len(run.data) for run in self._runs)]
        self._side = side
        self._sender = sender_of(side, told.speech.client)
        self._spans: list[slice] = []
        self._chosen = _chosen(told.line) if self._sender == "client" else (None, None)
        self._events: dict[int, list[tuple[int, Event]]] = {}
        for place, event in enumerate(told.line.events):
            if event.sender == self._sender and event.kind != "transport":
                self._events.setdefault(event.start, []).append((place, event))
        self.data = _bytes(flow.streams[side])
        self.messages: list[_Message] = []
        self.is_plain = all(
            isinstance(record, Record) and self._take(record)
            for record in read_records(self._runs, 0)
        )

    def headers(self) -> itemgetter[Any]:
        """Return what takes out of the bytes of a side all that does not change."""
        return itemgetter(*self._spans)

    def _take(self, record: Record) -> bool:
        """Take a record; tell whether it is plain."""
        begin = self._place(record.start)
        body = begin + HEADER_BYTES
        events = self._events.get(record.start, [])
        if record.content_type == HANDSHAKE and not (events and events[0][1].encrypted):
            self._spans.append(slice(begin, body))
            return bool(events) and self._take_messages(record, body, events)
        is_clear = bool(events) and not events[0][1].encrypted
        self._spans.append(slice(begin, body + len(record.fragment) if is_clear else body))
        return True

    def _take_messages(self, record: Record, at: int, events: list[tuple[int, Event]]) -> bool:
        end = at + len(record.fragment)
        for place, event in events:
            body = at + MESSAGE_HEADER_BYTES
            if event.body is None or body + event.length > end:
                return False
            self._spans.append(slice(at, body))
            span = slice(body, body + event.length)
            kind = HandshakeType(self.data[at])
            context = Context(*self._chosen, self._sender)
            said = self.data[span]
            self.messages.append(_Message(place, self._side, span, kind, context, said, event.body))
            if isinstance(event.body, ServerHello):
                self._chosen = event.body.version, event.body.cipher_suite
            at = span.stop
        return at == end and len(record.fragment) == record.length

    def _place(self, offset: int) -> int:
        """Return where in the bytes of the side a place of its stream is."""
        run = bisect_right(self._starts, offset) - 1
        return self._places[run] + offset - self._starts[run]


def _chosen(line: Line) -> tuple[ProtocolVersion | None, CipherSuite | None]:
    """Return what the server chose in the end."""
    hellos = [event.body for event in line.events if isinstance(event.body, ServerHello)]
    return (hellos[-1].version, hellos[-1].cipher_suite) if hellos else (None, None)
