"""One thing that happened: a message, an alert, a transport milestone, or application data.

Events are what a handshake is made of, in the order in which they became readable.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from tlsparse.tls.hello import ClientHello, ServerHello
from tlsparse.tls.ssl2 import ClientMasterKey, Ssl2ServerHello

Side = Literal["client", "server"]
Kind = Literal["message", "alert", "transport", "data"]

OTHER: dict[str, Side] = {"client": "server", "server": "client"}


@dataclass(slots=True)
class Event:
    """Something that one side did."""

    kind: Kind
    name: str  # of the message (`client_hello`), alert (`unknown_ca`) or milestone (`fin`, `starttls`)
    sender: Side
    packet: int  # in which it became readable
    time_ns: int
    length: int = 0  # bytes: of the message's body, or of the record where it cannot be read
    encrypted: bool = False
    inferred: bool = False  # concluded from length and place, not read
    body: object = None  # as decoded, or the words of a prelude; None where it cannot be read
    meaning: str = ""  # what an encrypted record is by its length: finished, certificate ...
    level: str = ""  # of an alert: warning or fatal
    start: int = -1  # offset in the sender's stream at which its record begins

    @property
    def order(self) -> tuple[int, int]:
        """What events are sorted by: when they became readable, then their place in the stream."""
        return self.packet, self.start

    @property
    def detail(self) -> str | None:
        """What it brought, in a few words that are safe to be printed; None where there is nothing to say."""
        body = self.body
        if isinstance(body, ClientHello):
            return body.server_name
        if isinstance(body, ServerHello):
            return f"{body.version}, {body.cipher_suite}"
        if isinstance(body, Ssl2ServerHello):
            return str(body.server_version)
        if isinstance(body, ClientMasterKey):
            return str(body.cipher_kind)
        return (body if isinstance(body, str) else self.meaning) or None


class RecordSeen(NamedTuple):
    """One record, for the table of records."""

    sender: Side
    packet: int
    time_ns: int
    content_type: int
    version: int
    length: int


@dataclass(slots=True)
class Trouble:
    """Something of a flow that could not be read."""

    packet: int
    layer: str  # tcp, tls
    text: str


@dataclass(slots=True)
class Line:
    """Everything that happened on one flow, in order."""

    events: list[Event] = field(default_factory=list)
    records: list[RecordSeen] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    repeats: list[Event] = field(default_factory=list)
    """Messages of DTLS that were sent again; `events` has them as retransmissions."""
