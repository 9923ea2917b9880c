"""The two sides of a connection in SSL 2.0, read into events.

The server's hello, the client's choice and an ERROR before the keys can be read; what follows is encrypted, its type
too. The order and the length tell what it is: CLIENT-FINISHED and SERVER-VERIFY come first of their sides, a
SERVER-FINISHED is known by its length, and whatever the server sends between the two asks for a certificate. With
SERVER-FINISHED the handshake is through, and application data begins.

Source: draft-hickman-netscape-ssl-00 section 2.1 (the flow of messages).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tlsparse.errors import DecodeError
from tlsparse.flow.streams import Stream
from tlsparse.handshake.event import Event, Kind, Side, Trouble
from tlsparse.tls.hello import decode_ssl2_client_hello
from tlsparse.tls.records import Unreadable
from tlsparse.tls.ssl2 import (
    ERROR,
    ERROR_BYTES,
    FINISHED_BYTES,
    Ssl2Record,
    Ssl2ServerHello,
    decode_client_master_key,
    decode_ssl2_error,
    decode_ssl2_server_hello,
    read_ssl2_records,
)

DATA_RECORDS = 16
"""Records of application data of one side that become events: their number tells nothing more."""


def read_ssl2(client: Stream, server: Stream) -> tuple[list[Event], list[Trouble]]:
    """Read what client and server said, both from the first byte of their streams on."""
    answer = _Reader("server", server)
    answer.read_server()
    question = _Reader("client", client)
    question.read_client(answer)
    return question.events + answer.events, question.troubles + answer.troubles


class _Reader:
    """Reads the records of one side."""

    def __init__(self, sender: Side, stream: Stream) -> None:
        self.sender = sender
        self.stream = stream
        self.events: list[Event] = []
        self.troubles: list[Trouble] = []
        self.resumes = False  # the server took up an earlier session
        self.requests = 0  # how often it asked for a certificate
        self.finished = False  # it said that the handshake is through
        self._records = read_ssl2_records(stream.runs[0].data)
        self._data = 0  # records of application data

    def read_server(self) -> None:
        """Read SERVER-HELLO, and what follows it under the keys."""
        hello = self._readable("server_hello", decode_ssl2_server_hello)
        if not isinstance(hello, Ssl2ServerHello):
            return
        self.resumes = hello.session_id_hit
        for place, record in enumerate(self._hidden_records()):
            if self.finished:
                self._application_data(record)
            elif place == 0:
                self._hidden("server_verify", record)
            elif record.length == FINISHED_BYTES:
                self._hidden("server_finished", record)
                self.finished = True
            else:
                self._hidden("request_certificate", record)
                self.requests += 1

    def read_client(self, server: _Reader) -> None:
        """Read CLIENT-HELLO, CLIENT-MASTER-KEY unless a session goes on, and what follows it under the keys."""
        if self._readable("client_hello", decode_ssl2_client_hello) is None:
            return
        key_due = not server.resumes
        if key_due and self._readable("client_master_key", decode_client_master_key) is None:
            return
        for place, record in enumerate(self._hidden_records()):
            if place == 0:
                self._hidden("client_finished", record)
            elif place <= server.requests or not server.finished:
                self._hidden("client_certificate", record)
            else:
                self._application_data(record)

    # --- Records ------------------------------------------------------------------------------------------------------

    def _next(self) -> Ssl2Record | None:
        """Return the next record; None where there is none that can be read."""
        record = next(self._records, None)
        if isinstance(record, Unreadable):
            self._trouble(record.start, record.reason)
            return None
        return record

    def _readable(self, name: str, decode: Callable[[bytes], object]) -> object:
        """Read a message that is not encrypted; return None where there is none, or an ERROR in its place."""
        record = self._next()
        if record is None or self._error(record):
            return None
        event = self._emit("message", name, record)
        try:
            event.body = decode(record.content)
        except DecodeError as error:
            self._trouble(record.start, str(error))
        return event.body

    def _hidden_records(self) -> Iterator[Ssl2Record]:
        """Yield the whole records under the keys, as far as they tell anything."""
        while self._data < DATA_RECORDS and (record := self._next()) is not None:
            if not record.is_whole:
                if not self._data:
                    self._trouble(record.start, "the stream ends inside a record")
            elif not self._error(record):
                yield record

    def _error(self, record: Ssl2Record) -> bool:
        """Put down an ERROR that can be read, if the record is one: under the keys it would have a MAC."""
        if not len(record.content) == record.length == ERROR_BYTES or record.content[0] != ERROR:
            return False
        alert = decode_ssl2_error(record.content)
        self._emit("alert", alert.description.name, record).body = alert
        return True

    # --- Putting down -------------------------------------------------------------------------------------------------

    def _hidden(self, meaning: str, record: Ssl2Record) -> None:
        event = self._emit("message", "encrypted", record)
        event.encrypted, event.meaning = True, meaning

    def _application_data(self, record: Ssl2Record) -> None:
        self._emit("data", "application_data", record).encrypted = True
        self._data += 1

    def _emit(self, kind: Kind, name: str, record: Ssl2Record) -> Event:
        packet, time_ns = self.stream.arrival(record.end)
        event = Event(kind, name, self.sender, packet, time_ns, record.length, start=record.start)
        self.events.append(event)
        return event

    def _trouble(self, start: int, reason: str) -> None:
        packet, _ = self.stream.arrival(start + 1)
        self.troubles.append(Trouble(packet, "ssl2", f"{self.sender}: {reason}"))
