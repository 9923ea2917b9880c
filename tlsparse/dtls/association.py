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
from typing import NamedTuple, TypeVar

from tlsparse.dtls.messages import Joined, MessageJoiner, Room, Unfinished, read_fragments
from tlsparse.dtls.recognition import FIRST_BYTES, looks_like_dtls
from tlsparse.dtls.records import (
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    HANDSHAKE,
    HEARTBEAT,
    TLS12_CID,
    Record,
    read_records,
)
from tlsparse.errors import DecodeError
from tlsparse.tls.codes import ExtensionType, HandshakeType, ProtocolVersion
from tlsparse.tls.hello import ClientHello, ServerHello
from tlsparse.tls.messages import Context, decode_message

_T = TypeVar("_T")

ROOM = 256 << 10
"""Bytes of messages, whole or not, that are kept of one association. Certificate chains stay below 100 KB."""

CONVERSATION_ROOM = 16 << 20
"""The same for all associations of a conversation together."""

ASSOCIATIONS = 4096
"""Associations of one conversation; a client that keeps its port needs years for as many."""

ITEMS = 1024
"""Entries of each list of an association. A handshake with every message lost several times has fewer than 200."""

EARLY_RECORDS = 32
"""Records of application data of each side that are put down one by one: in DTLS 1.3 they hide the handshake."""

REMEMBERED = 64
"""Record numbers that are remembered to tell a copy, as the sliding window of RFC 6347 section 4.1.2.6 does."""

_COUNTED = (APPLICATION_DATA, TLS12_CID, HEARTBEAT)
"""Content types that tell nothing of the handshake, or hide what they tell."""

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
    """The records of one side that are only counted: application data, once the handshake is over."""

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
        self._room = Room(CONVERSATION_ROOM)
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
        """Return the association that a record belongs to; None if it is no DTLS after all, or one too many."""
        if not self._all:
            return self._begin(packet, time_ns, side, _hello_random(record))
        latest = self._all[-1]
        if record.is_unified and not latest.may_be_unified:
            return None
        if record.is_encrypted:
            is_early_data = record.is_unified and record.epoch == 1
            return latest if latest.is_advanced or is_early_data else self._advanced or latest
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
            self._all[-1].dropped += 1
            return None
        listener = _Listener(packet, time_ns, Room(ROOM, self._room))
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
    data = record.fragment
    is_first_part = data[:1] == b"\x01" and data[4:9] == bytes(5)  # number 0, from offset 0 on
    if not is_first_part or len(data) < 46 or int.from_bytes(data[9:12], "big") < 34:
        return None
    return data[14:46]


class _Listener:
    """Listens to both sides of one association."""

    def __init__(self, packet: int, time_ns: int, room: Room) -> None:
        self.association = Association(packet, time_ns)
        self.random: bytes | None = None
        self.id_lengths: list[int | None] = [None, None]  # in what each side sends
        self.is_advanced = False
        self.dropped = 0
        self._room = room
        self._joiners = (MessageJoiner(room), MessageJoiner(room))
        self._announced: list[int | None] = [None, None]  # lengths of the ids that each side wants
        self._recent: tuple[dict[tuple[int, int, int], None], ...] = ({}, {})
        self._epochs = [0, 0]
        self._changed_cipher = [False, False]
        self._repeating = [False, False]  # whether the last record of each side was a repeat
        self._hidden: set[tuple[int, int, int]] = set()  # side, epoch, length of hidden messages

    @property
    def may_be_unified(self) -> bool:
        """Whether nothing is known that forbids the unified header."""
        version = self.association.version
        return version is None or version.is_tls13

    def arrive(self, packet: int, time_ns: int, side: int) -> None:
        """Note that a datagram came."""
        self.association.datagrams[side] += 1
        self.association.last_packet = packet
        self.association.end_ns = time_ns

    def hear(self, packet: int, time_ns: int, side: int, record: Record) -> None:
        """Take one record."""
        kind, epoch = record.content_type, self._epoch(side, record)
        sighting = Sighting(side, packet, time_ns, kind, record.version, epoch, record.length)
        is_copy = self._is_copy(side, record)
        if kind == HANDSHAKE and not record.is_encrypted:
            self._sight(sighting)
            self._handshake(sighting, record)
            return
        if kind in _COUNTED and not is_copy and not self._count(sighting):
            return
        self._sight(sighting)
        repeated = is_copy or self._says_again(sighting, record)
        self._repeating[side] = repeated
        keeps = kind not in _COUNTED and self._room.take(len(record.fragment))
        self._say(
            Item(
                kind,
                side,
                packet,
                time_ns,
                record.length,
                epoch,
                record.sequence,
                record.is_encrypted,
                record.fragment if keeps else b"",
            ),
            repeated,
        )
        self.is_advanced = True

    def trouble(self, side: int, packet: int, text: str) -> None:
        """Put down what could not be read."""
        self._append(self.association.troubles, Trouble(side, packet, text))

    def finished(self) -> Association:
        """Return the association with what is known at the end."""
        self.association.unfinished = [
            (side, message)
            for side, joiner in enumerate(self._joiners)
            for message in joiner.unfinished()
        ]
        self.association.dropped = self.dropped + sum(joiner.lost for joiner in self._joiners)
        return self.association

    # --- Messages -----------------------------------------------------------------------------------------------------

    def _handshake(self, sighting: Sighting, record: Record) -> None:
        """Take the fragments of a readable handshake record."""
        side = sighting.side
        self._take_sides(side, record.fragment[:1])
        try:
            for fragment in read_fragments(record.fragment):
                message = self._joiners[side].add(fragment)
                if message:
                    self._message(sighting, record, message)
        except DecodeError as error:
            self.trouble(side, sighting.packet, str(error))

    def _take_sides(self, side: int, message_type: bytes) -> None:
        """Conclude from the type of a message, maybe one that was captured in part, who the client is."""
        if self.association.client is not None:
            return
        if _OF_CLIENT.intersection(message_type):
            self.association.client = side
        elif _OF_SERVER.intersection(message_type):
            self.association.client = 1 - side

    def _message(self, sighting: Sighting, record: Record, message: Joined) -> None:
        side = sighting.side
        self._repeating[side] = message.repeated
        self._say(
            Item(
                HANDSHAKE,
                side,
                sighting.packet,
                sighting.time_ns,
                len(message.body),
                0,
                record.sequence,
                False,
                message.body,
                message.type,
                message.message_seq,
            ),
            message.repeated,
        )
        if message.repeated:
            return
        self.is_advanced |= message.type not in _OPENING
        if message.type in (HandshakeType.client_hello, HandshakeType.server_hello):
            self._hello(side, message)

    def _hello(self, side: int, message: Joined) -> None:
        """Learn the version and the lengths of connection ids. A hello that is broken is its reader's to report."""
        try:
            hello = decode_message(HandshakeType(message.type), message.body, Context())
        except DecodeError:
            return
        if not isinstance(hello, ClientHello | ServerHello):
            return
        wanted = hello.value(ExtensionType.connection_id)
        self._announced[side] = len(wanted) if isinstance(wanted, bytes) else None
        if isinstance(hello, ServerHello):
            self.association.version = hello.version
            if None not in self._announced:
                self.id_lengths = self._announced[::-1]  # each sends the id that the other wants

    # --- Other records ------------------------------------------------------------------------------------------------

    def _epoch(self, side: int, record: Record) -> int:
        """Return the epoch of a record; of a unified header only two bits of it were sent (RFC 9147 section 4.2.2)."""
        epoch, now = record.epoch, self._epochs[side]
        if record.is_unified:
            near = (now, now + 1, now - 1, now - 2) if now >= 3 else (1, 2, 3, 4)
            epoch = next(candidate for candidate in near if candidate & 3 == record.epoch)
        self._epochs[side] = max(now, epoch)
        return epoch

    def _is_copy(self, side: int, record: Record) -> bool:
        """Tell whether a record came before, number and all; masked numbers say nothing."""
        if record.is_unified:
            return False
        number = record.epoch, record.sequence, record.content_type
        recent = self._recent[side]
        if number in recent:
            return True
        recent[number] = None
        if len(recent) > REMEMBERED:
            del recent[next(iter(recent))]
        return False

    def _says_again(self, sighting: Sighting, record: Record) -> bool:
        """Tell whether a new record holds what was said before, as far as that can be told.

        In the clear there is one ChangeCipherSpec for each side. The hidden message behind one that was said again was
        said again as well.
        """
        side = sighting.side
        if record.content_type == CHANGE_CIPHER_SPEC and not record.is_encrypted:
            again, self._changed_cipher[side] = self._changed_cipher[side], True
            return again
        if record.content_type == HANDSHAKE:
            hidden = side, sighting.epoch, sighting.length
            again = self._repeating[side] and hidden in self._hidden
            if len(self._hidden) < ITEMS:
                self._hidden.add(hidden)
            return again
        return False

    def _count(self, sighting: Sighting) -> bool:
        """Count a record whose type is hidden; tell whether it is one of the first."""
        traffic = self.association.traffic[sighting.side]
        traffic.records += 1
        traffic.length += sighting.length
        traffic.first = traffic.first or sighting
        traffic.last = sighting
        return traffic.records <= EARLY_RECORDS

    # --- Putting down -------------------------------------------------------------------------------------------------

    def _sight(self, sighting: Sighting) -> None:
        self._append(self.association.records, sighting)

    def _say(self, item: Item, repeated: bool) -> None:
        if repeated:
            self.association.retransmissions[item.side] += 1
        self._append(self.association.repeats if repeated else self.association.items, item)

    def _append(self, entries: list[_T], entry: _T) -> None:
        if len(entries) < ITEMS:
            entries.append(entry)
        else:
            self.dropped += 1
