"""Both sides of a flow, read into one line of events.

The server's side is read first: its ServerHello says which version was chosen, and the version says where encryption
begins. Up to TLS 1.2 everything after ChangeCipherSpec is opaque, a renegotiation included. In TLS 1.3 that record
means nothing: handshake messages are hidden in records of application data, and what still comes as a handshake record
is readable, such as a second ClientHello after a HelloRetryRequest.

Every event bears the packet in which it became readable, which puts both sides in one order.

Source: RFC 9846 section 5 and appendix E.4 (middlebox compatibility); RFC 5246 section 7.1 (ChangeCipherSpec).
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import TYPE_CHECKING

from tlsparse.errors import DecodeError
from tlsparse.flow.flow import Flow, Milestone
from tlsparse.flow.streams import Stream
from tlsparse.handshake.bodies import Bodies
from tlsparse.handshake.event import Event, Kind, Line, RecordSeen, Side, Trouble
from tlsparse.handshake.inference import ALERT_BYTES, infer
from tlsparse.handshake.speech import TUNNELS, Speech
from tlsparse.handshake.ssl2_line import read_ssl2
from tlsparse.tls.alert import decode_alert
from tlsparse.tls.codes import CipherSuite, HandshakeType, ProtocolVersion
from tlsparse.tls.hello import ServerHello, decode_ssl2_client_hello
from tlsparse.tls.records import (
    ALERT,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    HANDSHAKE,
    HEARTBEAT,
    Fragmented,
    MessageJoiner,
    Record,
    Unreadable,
    read_records,
)

if TYPE_CHECKING:
    from tlsparse.prelude.prelude import Prelude

IN_ORDER = attrgetter("packet", "start")
"""What events are sorted by: when they became readable, then their place in the stream."""

SERVER_HELLO = 2

MOST_RECORDS = 4096
"""Records, and events, of one side that are told. A handshake has a dozen; more than this are heartbeats, alerts or
renegotiations of a connection that goes on for long, or an attack."""

MAC_BYTES = {"MD5": 16, "SHA": 20, "SHA256": 32, "SHA384": 48}


def is_tls13(version: ProtocolVersion | None) -> bool:
    """Tell whether a version is TLS 1.3, one of its drafts or of the experiments before it."""
    return version is not None and version.is_tls13


def read_line(flow: Flow, speech: Speech) -> Line:
    """Read everything that happened on a flow, in order."""
    line = Line()
    if speech.ssl2_answer:
        client, server = flow.streams[speech.client], flow.streams[1 - speech.client]
        said, line.troubles = read_ssl2(client, server)
    else:
        said = _read_sides(flow, speech, line)
    events = said + _transport(flow, speech.client)
    events += _prelude(speech.prelude)
    line.events = sorted(events, key=IN_ORDER)
    line.records.sort(key=attrgetter("packet"))
    return line


def _read_sides(flow: Flow, speech: Speech, line: Line) -> list[Event]:
    """Read the records of both sides."""
    streams = speech.inside or flow.streams
    server = _Reader(flow, streams, 1 - speech.client, "server", line)
    if speech.server_begin is not None:
        server.read(speech.server_begin)
    client = _Reader(
        flow, streams, speech.client, "client", line, server.version, server.cipher_suite
    )
    if speech.client_begin is not None:
        client.read(speech.client_begin, ssl2=speech.ssl2)
    if is_tls13(server.version):
        infer(client.events, server.events, server.cipher_suite)
    return client.events + server.events


def split(events: list[Event]) -> list[list[Event]]:
    """Cut the line where a handshake begins after another one was through.

    A renegotiation begins with a ClientHello, which is encrypted as a rule: then it shows as a handshake record of the
    client after both sides had their Finished. That is so up to TLS 1.2 only. A HelloRequest begins nothing: the client
    is free to go on without an answer (RFC 5246 section 7.4.1.1).
    """
    parts: list[list[Event]] = [[]]
    tls13 = any(isinstance(e.body, ServerHello) and is_tls13(e.body.version) for e in events)
    ciphered: set[Side] = set()
    finished: dict[Side, int] = {}  # packet of the last message under the new keys
    for event in events:
        if event.kind == "message" and not tls13:
            through = len(finished) == 2 and event.packet > max(finished.values())
            if through and event.sender == "client":
                parts.append([])
                ciphered, finished = set(), {}
            if event.name == "change_cipher_spec":
                ciphered.add(event.sender)
            elif event.sender in ciphered:
                finished[event.sender] = event.packet
        parts[-1].append(event)
    return parts


def sender_of(side: int, client: int) -> Side:
    """Name the role of endpoint `side`."""
    return "client" if side == client else "server"


def milestone_event(milestone: Milestone, client: int) -> Event:
    """Make an event of a milestone; of all that a packet brought it is the last."""
    packet, time_ns, side, name, body = milestone
    sender = sender_of(side, client)
    return Event("transport", name, sender, packet, time_ns, body=body, start=1 << 62)


def _transport(flow: Flow, client: int) -> list[Event]:
    """Make events of what TCP did."""
    events = [milestone_event(milestone, client) for milestone in flow.milestones]
    for side, stream in enumerate(flow.streams):
        sender = sender_of(side, client)
        for repeat in stream.repeats:
            events.append(
                Event(
                    "transport",
                    "retransmission",
                    sender,
                    repeat.packet,
                    repeat.time_ns,
                    repeat.length,
                    start=repeat.start,
                )
            )
        for gap in stream.gaps:
            events.append(
                Event(
                    "transport",
                    "gap",
                    sender,
                    gap.packet,
                    gap.time_ns,
                    gap.end - gap.start,
                    start=gap.start,
                )
            )
    return events


def _prelude(prelude: Prelude | None) -> Iterator[Event]:
    """Make events of how TLS was asked for, or a tunnel, and of what was answered."""
    while prelude is not None:
        name = "tunnel" if prelude.protocol in TUNNELS else "starttls"
        asked, granted, refused = prelude.asked, prelude.granted, prelude.refused
        if asked:
            yield Event(
                "transport", name, asked.side, asked.packet, asked.time_ns, body=prelude.request
            )
        if granted and asked and granted.packet > asked.packet:  # MySQL's greeting comes before
            yield Event(
                "transport", f"{name}_granted", granted.side, granted.packet, granted.time_ns
            )
        if refused:
            turn = refused.turn
            yield Event(
                "transport",
                f"{name}_refused",
                refused.side,
                turn.packet,
                turn.time_ns,
                body=refused.words,
            )
        prelude = prelude.through


class _Reader:
    """Reads the records of one side."""

    def __init__(
        self,
        flow: Flow,
        streams: tuple[Stream, Stream],
        side: int,
        sender: Side,
        line: Line,
        version: ProtocolVersion | None = None,
        cipher_suite: CipherSuite | None = None,
    ) -> None:
        self.stream: Stream = streams[side]
        self.sender = sender
        self.line = line
        self.events: list[Event] = []
        self._joiner = MessageJoiner()
        self._ciphered = False
        self._notes = flow.notes[side]
        self._packet, self._time_ns = 0, 0  # when the record at hand had arrived
        self._bodies = Bodies(sender, version, cipher_suite)
        self._mac = _mac_bytes(cipher_suite)

    @property
    def version(self) -> ProtocolVersion | None:
        """The version that the server chose."""
        return self._bodies.version

    @property
    def cipher_suite(self) -> CipherSuite | None:
        """The cipher suite that the server chose."""
        return self._bodies.cipher_suite

    def read(self, begin: int, *, ssl2: bool = False) -> None:
        """Read all records from stream offset `begin` on."""
        if ssl2:
            begin = self._ssl2_hello()
        end = begin
        for count, record in enumerate(read_records(self.stream.runs, begin)):
            if max(count, len(self.events)) >= MOST_RECORDS:
                reason = f"what follows {MOST_RECORDS} records is not told"
                self._trouble(Unreadable(end, self.stream.runs[-1].end, reason))
                break
            if isinstance(record, Unreadable):
                self._trouble(record)
                continue
            lost = self._joiner.interrupt(record.start) if record.start != end else None
            if lost:
                self._trouble(lost)
            end = record.end
            if end > self.stream.end and record.content_type != HANDSHAKE:
                self._trouble(Unreadable(record.start, end, "the capture ends inside a record"))
                continue
            self._packet, self._time_ns = self.stream.arrival(end)
            self._record(record)
        unfinished = self._joiner.finish()
        if unfinished:
            self._trouble(unfinished)
        self._passed_by()

    def _record(self, record: Record) -> None:
        """Take a record that had arrived by `_packet`."""
        kind, version, _, length, _ = record
        self.line.records.append(
            RecordSeen(self.sender, self._packet, self._time_ns, kind, version, length)
        )
        if kind == HANDSHAKE:
            self._handshake(record)
        elif kind == APPLICATION_DATA:
            self._emit("data", "application_data", record, hidden=True)
        elif kind == CHANGE_CIPHER_SPEC:
            self._emit("message", "change_cipher_spec", record)
            self._ciphered = True
        elif kind == ALERT:
            self._alert(record)
        elif record.content_type == HEARTBEAT and self._ciphered:
            self._emit("data", "heartbeat", record, hidden=True)  # a word as good as any

    # --- One content type each ----------------------------------------------------------------------------------------

    def _ssl2_hello(self) -> int:
        """Read a ClientHello in the form of SSL 2.0; return where the records begin after it."""
        data = self.stream.runs[0].data
        length = (data[0] & 0x7F) << 8 | data[1]
        end = 2 + length
        packet, time_ns = self.stream.arrival(end)
        event = Event("message", "client_hello", self.sender, packet, time_ns, length, start=0)
        try:
            event.body = decode_ssl2_client_hello(data[2:end])
        except DecodeError as error:
            self._trouble(Unreadable(0, end, str(error)))
        self.events.append(event)
        return end

    def _handshake(self, record: Record) -> None:
        if self._ciphered and self._is_encrypted(record):
            if len(record.fragment) == record.length or record.end <= self.stream.end:
                self._emit("message", "encrypted", record, hidden=True)
            return
        if self._ciphered and self._mac:
            content = max(0, record.length - self._mac)
            record = record._replace(length=content, fragment=record.fragment[:content])
        for message in self._joiner.add(record):
            if isinstance(message, Unreadable):
                self._trouble(message)
            else:
                self._message(message, record)

    def _is_encrypted(self, record: Record) -> bool:
        """Tell whether a handshake record after ChangeCipherSpec is opaque."""
        if self._bodies.is_tls13 or self._mac or self._joiner.pending:
            return False
        # Without the server's side the version is not known; a second ClientHello is still readable.
        body = record.fragment
        return self.version is not None or not (
            body[:2] == b"\x01\x00" and int.from_bytes(body[1:4], "big") + 4 == len(body)
        )

    def _message(self, message: Fragmented, record: Record) -> None:
        kind = HandshakeType(message.type)
        event = self._emit("message", kind.name, record)
        event.length, event.start = len(message.body), message.start
        fault = self._bodies.read(event, kind, message.body)
        if fault:
            self._trouble(Unreadable(record.start, record.end, fault))
        if kind == SERVER_HELLO:
            self._mac = _mac_bytes(self.cipher_suite)

    def _alert(self, record: Record) -> None:
        """Read the alert of a record. In clear it is two bytes long, and the MAC if a suite only adds that."""
        length = ALERT_BYTES + (self._mac if self._ciphered else 0)
        if len(record.fragment) == record.length == length:
            alert = decode_alert(record.fragment[:ALERT_BYTES])
            event = self._emit("alert", alert.description.name, record)
            event.level = alert.level.name
            event.body = alert
        else:
            self._emit("alert", "encrypted", record, hidden=True)

    def _passed_by(self) -> None:
        """Make events of the last records of application data, which were noted but not kept."""
        for note in self._notes:
            self._packet, self._time_ns = note.packet, note.time_ns
            record = Record(APPLICATION_DATA, note.version, self.stream.end, note.length, b"")
            self._record(record)

    # --- Putting down -------------------------------------------------------------------------------------------------

    def _emit(self, kind: Kind, name: str, record: Record, *, hidden: bool = False) -> Event:
        event = Event(kind, name, self.sender, self._packet, self._time_ns, record.length, hidden)
        event.start = record.start
        self.events.append(event)
        return event

    def _trouble(self, what: Unreadable) -> None:
        packet, _ = self.stream.arrival(what.start + 1)
        self.line.troubles.append(Trouble(packet, "tls", f"{self.sender}: {what.reason}"))


def _mac_bytes(cipher_suite: CipherSuite | None) -> int:
    """Return the length of the MAC behind each record of a suite that does not encrypt; 0 for one that does."""
    if cipher_suite is None or "_WITH_NULL_" not in cipher_suite.name:
        return 0
    return MAC_BYTES.get(cipher_suite.name.rpartition("_")[2], 0)
