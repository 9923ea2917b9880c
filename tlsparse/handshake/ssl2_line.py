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
    question.read_client(answer.resumes, answer.requests, answer.finished)
    return question.events + answer.events, question.troubles + answer.troubles


class _Reader:
    """Reads the records of one side."""

    def __init__(self, sender: Side, stream: Stream) -> None:
        self.sender = sender
        self.stream = stream
        self.events: list[Event] = []
        self.troubles: list[Trouble] = []
        self.resumes = False  # the server took up an earlier session
        self.requests = 0  # how often the server asked for a certificate
        self.finished = False  # the server said that the handshake is through
        self._records = read_ssl2_records(stream.runs[0].data)

    def read_server(self) -> None:
        """Read SERVER-HELLO, and what follows it under the keys."""
        hello = self._readable("server_hello", decode_ssl2_server_hello)
        if not isinstance(hello, Ssl2ServerHello):
            return
        self.resumes = hello.session_id_hit
        for meaning in self._hidden("server_verify"):
            self.finished = meaning == "server_finished"
            self.requests += meaning == "request_certificate"
            if self.finished:
                self._data()

    def read_client(self, resumes: bool, requests: int, finished: bool) -> None:
        """Read CLIENT-HELLO, CLIENT-MASTER-KEY unless a session goes on, and what follows it under the keys."""
        hello = self._readable("client_hello", decode_ssl2_client_hello)
        if hello is None:
            return
        if not resumes and not self._readable("client_master_key", decode_client_master_key):
            return
        for number, _ in enumerate(self._hidden("client_finished")):
            if number == requests and finished:
                self._data()

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

    def _hidden(self, first: str) -> Iterator[str]:
        """Put down the messages under the keys, and yield what each of them is."""
        meaning = first
        while (record := self._next()) is not None:
            if self._error(record):
                continue
            event = self._emit("message", "encrypted", record)
            event.encrypted = True
            event.meaning = meaning
            yield meaning
            meaning = self._after_first(record)

    def _error(self, record: Ssl2Record) -> bool:
        """Put down an ERROR that can be read, if the record is one: under the keys it would have a MAC."""
        if len(record.content) != ERROR_BYTES or record.content[0] != ERROR:
            return False
        alert = decode_ssl2_error(record.content)
        self._emit("alert", alert.description.name, record).body = alert
        return True
