"""One thing that happened: a message, an alert, a transport milestone, or application data.

Events are what a handshake is made of, in the order in which they became readable.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from tlsparse.flow.flow import PathError
from tlsparse.flow.header import Header
from tlsparse.tls.hello import ClientHello, ServerHello
from tlsparse.tls.ssl2 import ClientMasterKey, Ssl2ServerHello

Side = Literal["client", "server"]
Kind = Literal["message", "alert", "transport", "data"]

OTHER: dict[str, Side] = {"client": "server", "server": "client"}

TOO_LARGE = ("icmp_fragmentation_needed", "icmp_packet_too_big")
"""Errors that say a packet is too large for the next link; its sender should make smaller ones."""

EXPIRED = ("icmp_ttl_exceeded", "icmp_reassembly_timeout")
"""Errors that say a packet was on its way for too long."""


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
    body: object = (
        None  # as decoded, the words of a prelude, or the headers; None where it cannot be read
    )
    meaning: str = ""  # what an encrypted record is by its length: finished, certificate ...
    level: str = ""  # of an alert: warning or fatal
    start: int = -1  # offset in the sender's stream at which its record begins

    @property
    def order(self) -> tuple[int, int]:
        """What events are sorted by: when they became readable, then their place in the stream."""
        return self.packet, self.start

    @property
    def header(self) -> Header | None:
        """What the headers of a packet that opens or resets say of who made it."""
        return self.body if isinstance(self.body, Header) else None

    @property
    def error(self) -> PathError | None:
        """What ICMP says of a packet of the other side: the `sender` of an error is the side it comes from."""
        return self.body if isinstance(self.body, PathError) else None

    @property
    def is_refusal(self) -> bool:
        """Whether ICMP says that packets of the other side are not let through, or have nobody to go to."""
        return self.error is not None and self.name not in TOO_LARGE + EXPIRED

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
        if isinstance(body, PathError):
            return str(body)
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
