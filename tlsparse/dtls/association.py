"""What both sides of a UDP conversation said in DTLS, one association after the other.

A new association begins when a ClientHello that is the first of its handshake (``message_seq`` 0) has another random
than the one before; a client that gets no answer repeats its hello, random included, and a second ClientHello with a
cookie has the number 1. What is encrypted belongs to the latest association that got beyond its hello: the last words
of the one before may arrive after the new hello.

What is said is put down as `Item`, in the order in which it became readable. What is said again, because no answer
came, is put down apart. After the handshake, records of application data are only counted, so what is kept does not
grow with the conversation; every list has a limit, and `dropped` counts what was beyond it.

Source: RFC 6347 sections 4.1 and 4.2, RFC 9147 sections 4 to 7, RFC 9146 section 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from tlsparse.dtls.messages import Fragment, Joined, MessageJoiner, Room, Unfinished, read_fragments
from tlsparse.dtls.recognition import FIRST_BYTES, looks_like_dtls
from tlsparse.dtls.records import (
    ALERT,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    HANDSHAKE,
    TLS12_CID,
    Record,
    read_records,
)
from tlsparse.errors import DecodeError
from tlsparse.tls.codes import ExtensionType, HandshakeType, ProtocolVersion
from tlsparse.tls.hello import ClientHello, ServerHello
from tlsparse.tls.messages import Context, decode_message

ROOM = 256 << 10
"""Bytes of messages, whole or not, that are kept of one association. Certificate chains stay below 100 KB."""

CONVERSATION_ROOM = 16 << 20
"""The same for all associations of a conversation together."""

ASSOCIATIONS = 4096
"""Associations of one conversation; a client that keeps its port needs years for as many."""

ITEMS = 1024
"""Entries of each list of an association. A handshake with every message lost several times has fewer than 200."""

EARLY_RECORDS = 32
"""Records of each side whose type is hidden and that are put down one by one: with DTLS 1.3 they are the handshake."""

REMEMBERED = 64
"""Record numbers that are remembered to tell a copy, as the sliding window of RFC 6347 section 4.1.2.6 does."""

_OPAQUE = (APPLICATION_DATA, TLS12_CID)
"""Content types that do not say what is inside."""

_OPENING = (HandshakeType.client_hello, HandshakeType.hello_verify_request)
"""Messages that leave it open whether a handshake takes place at all."""

_OF_SERVER = frozenset(
    (
        HandshakeType.hello_request,
        HandshakeType.server_hello,
        HandshakeType.hello_verify_request,
        HandshakeType.new_session_ticket,
        HandshakeType.server_key_exchange,
        HandshakeType.certificate_request,
        HandshakeType.server_hello_done,
    )
)
_OF_CLIENT = frozenset((HandshakeType.client_hello, HandshakeType.client_key_exchange))


@dataclass(slots=True, frozen=True)
class Item:
    """One thing that one side said: a handshake message, or what another record held."""

    content_type: int  # application_data or tls12_cid where the true type is encrypted
    side: int
    packet: int  # in which it became whole
    time_ns: int
    length: int  # bytes: of a readable message's body, else of the record's fragment
    epoch: int
    sequence: int  # number of the record that completed it; masked in a unified header
    encrypted: bool
    body: bytes = b""  # of the message or record; empty for application data
    message_type: int | None = None  # of a readable handshake message, as the next
    message_seq: int | None = None


class Sighting(NamedTuple):
    """One record, for the table of records."""

    side: int
    packet: int
    time_ns: int
    content_type: int
    version: int
    epoch: int
    length: int


class Trouble(NamedTuple):
    """Something that could not be read."""

    side: int
    packet: int
    text: str


@dataclass(slots=True)
class Traffic:
    """The records of one side whose type is hidden: application data, once the handshake is over."""

    records: int = 0
    length: int = 0  # bytes of their fragments
    first: Sighting | None = None
    last: Sighting | None = None


@dataclass(slots=True)
class Association:
    """One DTLS association; pairs have an entry for each side."""

    first_packet: int
    start_ns: int
    last_packet: int = 0
    end_ns: int = 0
    client: int | None = None  # side that sent the ClientHello, or whose part in the rest shows it
    version: ProtocolVersion | None = None  # that of the ServerHello
    items: list[Item] = field(default_factory=list)
    repeats: list[Item] = field(default_factory=list)  # what was said before, said again
    retransmissions: list[int] = field(default_factory=lambda: [0, 0])  # repeats, all of them
    datagrams: list[int] = field(default_factory=lambda: [0, 0])
    traffic: tuple[Traffic, Traffic] = field(default_factory=lambda: (Traffic(), Traffic()))
    records: list[Sighting] = field(default_factory=list)
    unfinished: list[tuple[int, Unfinished]] = field(default_factory=list)  # with the side
    troubles: list[Trouble] = field(default_factory=list)
    dropped: int = 0  # fragments, items and troubles for which there was no room

    def messages(self, side: int | None = None) -> Iterator[Item]:
        """Yield the readable handshake messages, of one side or of both."""
        for item in self.items:
            if item.message_type is not None and side in (None, item.side):
                yield item


class Conversation:
    """All associations between two UDP endpoints, fed datagram by datagram in the order of the capture."""

    def __init__(self) -> None:
        self._all: list[_Listener] = []
        self._room = CONVERSATION_ROOM
        self._advanced: _Listener | None = None  # latest that got beyond its hello
        self._randoms: dict[tuple[int, bytes], _Listener] = {}

    def add(self, packet: int, time_ns: int, side: int, datagram: bytes) -> bool:
        """Take one datagram.

        Parameters
        ----------
        packet
            Its number in the capture.
        time_ns
            When it was captured, nanoseconds since 1970 UTC.
        side
            0 or 1: which endpoint sent it.
        datagram
            Payload of the UDP packet, as far as it was captured.

        Returns
        -------
        bool
            Whether it held DTLS. Whatever else shares the ports is left alone.
        """
        if not self._all:
            if not looks_like_dtls(datagram):
                return False
        elif not datagram or datagram[0] not in FIRST_BYTES:
            return False
        listener = None
        try:
            for record in read_records(datagram, self._id_length(side)):
                owner = self._owner(packet, time_ns, side, record)
                if owner is None:
                    break
                if owner is not listener:
                    owner.arrive(packet, time_ns, side)
                listener = owner
                listener.hear(packet, time_ns, side, record)
                if listener.is_advanced:
                    self._advanced = listener
        except DecodeError as error:
            if listener:
                listener.trouble(side, packet, str(error))
        return listener is not None

    def associations(self) -> list[Association]:
        """Return every association, in the order in which they began."""
        return [listener.finished() for listener in self._all]

    def _id_length(self, side: int) -> int | None:
        """Return the length of the connection id in what `side` sends; None if it is not known."""
        return self._all[-1].id_lengths[side] if self._all else None

    def _owner(self, packet: int, time_ns: int, side: int, record: Record) -> _Listener | None:
        """Return the association that a record belongs to; None if it cannot be DTLS after all."""
        if not self._all:
            return self._begin(packet, time_ns, side, _hello_random(record))
        latest = self._all[-1]
        if record.is_unified and not latest.may_be_unified:
            return None
        if record.is_encrypted:
            return latest if latest.is_advanced else self._advanced or latest
        random = _hello_random(record)
        if random is None:
            return latest
        known = self._randoms.get((side, random))
        if known:
            return known
        if latest.random is None and not latest.is_advanced:
            self._name(latest, side, random)
            return latest
        return self._begin(packet, time_ns, side, random)

    def _begin(
        self, packet: int, time_ns: int, side: int, random: bytes | None
    ) -> _Listener | None:
        """Begin an association, unless there are too many."""
        if len(self._all) == ASSOCIATIONS:
            self._all[-1].association.dropped += 1
            return None
        if self._all:
            self._room -= self._all[-1].used
        listener = _Listener(packet, time_ns, min(ROOM, max(0, self._room)))
        self._all.append(listener)
        if random is not None:
            self._name(listener, side, random)
        return listener

    def _name(self, listener: _Listener, side: int, random: bytes) -> None:
        listener.random = random
        self._randoms[side, random] = listener


def _hello_random(record: Record) -> bytes | None:
    """Return the random of the ClientHello that opens a handshake, if that is what a record holds."""
    if record.content_type != HANDSHAKE or record.is_encrypted:
        return None
    fragment = next(read_fragments(record.fragment), None)
    if (
        fragment is None
        or fragment.type != HandshakeType.client_hello
        or fragment.message_seq
        or fragment.offset
        or len(fragment.data) < 34
    ):
        return None
    return fragment.data[2:34]
