"""Both sides of a flow, read into one line of events.

The server's side is read first: its ServerHello says which version was chosen, and the version says where encryption
begins. Up to TLS 1.2 everything after ChangeCipherSpec is opaque, a renegotiation included. In TLS 1.3 that record
means nothing: handshake messages are hidden in records of application data, and what still comes as a handshake record
is readable, such as a second ClientHello after a HelloRetryRequest.

Every event bears the packet in which it became readable, which puts both sides in one order.

Source: RFC 9846 section 5 and appendix E.4 (middlebox compatibility); RFC 5246 section 7.1 (ChangeCipherSpec).
"""

from __future__ import annotations

from tlsparse.errors import DecodeError
from tlsparse.flow.flow import Flow
from tlsparse.flow.streams import Stream
from tlsparse.handshake.event import Event, Line, RecordSeen, Side, Trouble
from tlsparse.handshake.inference import infer
from tlsparse.handshake.speech import Speech
from tlsparse.tls.alert import decode_alert
from tlsparse.tls.codes import CipherSuite, HandshakeType, ProtocolVersion
from tlsparse.tls.hello import ServerHello, decode_ssl2_client_hello
from tlsparse.tls.messages import Context, decode_message, message_name
from tlsparse.tls.records import (
    ALERT,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    HANDSHAKE,
    Fragmented,
    MessageJoiner,
    Record,
    Unreadable,
    read_records,
)

TLS13_FROM = 0x0304

MAC_BYTES = {"MD5": 16, "SHA": 20, "SHA256": 32, "SHA384": 48}


def is_tls13(version: int | None) -> bool:
    """Tell whether a version is TLS 1.3, one of its drafts (0x7fXX) or of the experiments before it."""
    return version is not None and (version == TLS13_FROM or version >> 8 in (0x7F, 0x7E, 0xFB))


def read_line(flow: Flow, speech: Speech) -> Line:
    """Read everything that happened on a flow, in order."""
    line = Line()
    server = _Reader(flow, 1 - speech.client, "server", line)
    if speech.server_begin is not None:
        server.read(speech.server_begin)
    client = _Reader(flow, speech.client, "client", line, server.version, server.cipher_suite)
    if speech.client_begin is not None:
        client.read(speech.client_begin, ssl2=speech.ssl2)
    if is_tls13(server.version):
        infer(client.events, server.events, server.cipher_suite)
    line.events = sorted(
        client.events + server.events + _transport(flow, speech.client), key=lambda e: e.order
    )
    line.records.sort(key=lambda record: record.packet)
    return line


def sender_of(side: int, client: int) -> Side:
    """Name the role of endpoint `side`."""
    return "client" if side == client else "server"


def _transport(flow: Flow, client: int) -> list[Event]:
    """Make events of what TCP did."""
    events = [
        Event("transport", m.name, sender_of(m.side, client), m.packet, m.time_ns, start=1 << 62)
        for m in flow.milestones
    ]
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


class _Reader:
    """Reads the records of one side."""

    def __init__(
        self,
        flow: Flow,
        side: int,
        sender: Side,
        line: Line,
        version: ProtocolVersion | None = None,
        cipher_suite: CipherSuite | None = None,
    ) -> None:
        self.stream: Stream = flow.streams[side]
        self.sender = sender
        self.line = line
        self.version = version
        self.cipher_suite = cipher_suite
        self.events: list[Event] = []
        self._joiner = MessageJoiner()
        self._ciphered = False
        self._notes = flow.notes[side]

    def read(self, begin: int, *, ssl2: bool = False) -> None:
        """Read all records from stream offset `begin` on."""
        if ssl2:
            begin = self._ssl2_hello()
        for record in read_records(self.stream.runs, begin):
            if isinstance(record, Unreadable):
                self._trouble(record)
                continue
            if record.end > self.stream.end and record.content_type == APPLICATION_DATA:
                self._trouble(
                    Unreadable(record.start, record.end, "the capture ends inside a record")
                )
                continue
            self._note(record)
            if record.content_type == HANDSHAKE:
                self._handshake(record)
            elif record.content_type == CHANGE_CIPHER_SPEC:
                self._emit("message", "change_cipher_spec", record, record.end, record.length)
                self._ciphered = True
            elif record.content_type == ALERT:
                self._alert(record)
            elif record.content_type == APPLICATION_DATA:
                self._emit("data", "application_data", record, record.end, record.length)
        unfinished = self._joiner.finish()
        if unfinished:
            self._trouble(unfinished)
        self._passed_by()

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
        if self._is_encrypted(record):
            if len(record.fragment) == record.length or record.end <= self.stream.end:
                self._emit("message", "encrypted", record, record.end, record.length, hidden=True)
            return
        if self._ciphered and not is_tls13(self.version):
            mac = _mac_bytes(self.cipher_suite)
            record = Record(
                record.content_type,
                record.version,
                record.start,
                len(record.fragment) - mac,
                record.fragment[: max(0, len(record.fragment) - mac)],
            )
        for message in self._joiner.add(record):
            if isinstance(message, Unreadable):
                self._trouble(message)
            else:
                self._message(message)

    def _is_encrypted(self, record: Record) -> bool:
        """Tell whether a handshake record is opaque."""
        if not self._ciphered or is_tls13(self.version) or self._joiner.pending:
            return False
        if _mac_bytes(self.cipher_suite):
            return False
        # Without the server's side the version is not known; a second ClientHello is still readable.
        body = record.fragment
        return self.version is not None or not (
            body[:2] == b"\x01\x00" and int.from_bytes(body[1:4], "big") + 4 == len(body)
        )

    def _message(self, message: Fragmented) -> None:
        packet, time_ns = self.stream.arrival(message.end)
        kind = HandshakeType(message.type)
        event = Event(
            "message",
            kind.name,
            self.sender,
            packet,
            time_ns,
            len(message.body),
            start=message.start,
        )
        try:
            event.body = decode_message(
                kind, message.body, Context(self.version, self.cipher_suite, self.sender)
            )
        except DecodeError as error:
            self._trouble(Unreadable(message.end, message.end, str(error)))
        if isinstance(event.body, ServerHello):
            event.name = message_name(kind, event.body)
            self.version = event.body.version
            self.cipher_suite = event.body.cipher_suite
        self.events.append(event)

    def _alert(self, record: Record) -> None:
        """Read the alerts of a record. A readable one is two bytes long; TLS 1.3 has them before the keys change."""
        readable = not self._ciphered or is_tls13(self.version) or self.version is None
        if _mac_bytes(self.cipher_suite) and self._ciphered:
            readable = True
        if readable and record.length == 2 and len(record.fragment) == 2:
            alert = decode_alert(record.fragment)
            event = self._emit("alert", alert.description.name, record, record.end, record.length)
            event.level = alert.level.name
            event.body = alert
        else:
            self._emit("alert", "encrypted", record, record.end, record.length, hidden=True)

    def _passed_by(self) -> None:
        """Make events of the last records of application data, which were noted but not kept."""
        for note in self._notes:
            self.events.append(
                Event(
                    "data",
                    "application_data",
                    self.sender,
                    note.packet,
                    note.time_ns,
                    note.length,
                    encrypted=True,
                    start=self.stream.end,
                )
            )
            self.line.records.append(
                RecordSeen(
                    self.sender,
                    note.packet,
                    note.time_ns,
                    APPLICATION_DATA,
                    note.version,
                    note.length,
                )
            )

    # --- Putting down -------------------------------------------------------------------------------------------------

    def _emit(
        self, kind: str, name: str, record: Record, end: int, length: int, *, hidden: bool = False
    ) -> Event:
        packet, time_ns = self.stream.arrival(end)
        event = Event(
            kind,  # type: ignore[arg-type]
            name,
            self.sender,
            packet,
            time_ns,
            length,
            encrypted=hidden or kind == "data",
            start=record.start,
        )
        self.events.append(event)
        return event

    def _note(self, record: Record) -> None:
        packet, time_ns = self.stream.arrival(record.end)
        self.line.records.append(
            RecordSeen(
                self.sender, packet, time_ns, record.content_type, record.version, record.length
            )
        )

    def _trouble(self, what: Unreadable) -> None:
        packet, _ = self.stream.arrival(what.start + 1)
        self.line.troubles.append(Trouble(packet, "tls", f"{self.sender}: {what.reason}"))


def _mac_bytes(cipher_suite: CipherSuite | None) -> int:
    """Return the length of the MAC behind each record of a suite that does not encrypt; 0 for one that does."""
    if cipher_suite is None or "_WITH_NULL_" not in cipher_suite.name:
        return 0
    return MAC_BYTES.get(cipher_suite.name.rpartition("_")[2], 0)
