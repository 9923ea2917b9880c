"""One QUIC connection: what its packets show of the handshake.

The handshake messages of both sides are in the CRYPTO frames of the Initial packets, as far as ServerHello. What
follows is encrypted with keys that only the two sides have: of Handshake, 0-RTT and 1-RTT packets there is how many
came, from whom and when. That both sides sent 1-RTT packets is the sign of a handshake that went on to its end.

The client may have to begin again, once because of a Retry and once because of a version negotiation. After a Retry it
repeats its ClientHello, and the server's new connection id makes new keys. After a version negotiation it may say
something else, so that attempt has streams of its own, and the ones before it are kept in `earlier`.

Source: RFC 9000 sections 6, 7, 8.1 and 10.2, RFC 9001 section 5.2, RFC 9368 section 2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from tlsparse.errors import DecodeError
from tlsparse.quic.crypto import CryptoStream
from tlsparse.quic.frames import ConnectionClose, Crypto, read_frames
from tlsparse.quic.packet import Packet, PacketType
from tlsparse.quic.protection import Protection

MOST_KEPT = 64
"""Events of one kind that are kept of a connection; a real one has one or two."""


MOST_KEY_IDS = 4
"""Ids that keys are made of: the first, one after a Retry, and one after each version negotiation."""


class Arrival(NamedTuple):
    """When a datagram came, and from whom."""

    packet: int  # number in the capture
    time_ns: int
    side: int  # 0 or 1: the sender


class Sized(NamedTuple):
    """A packet that cannot be opened, and how many bytes it protects, number and tag included."""

    arrival: Arrival
    length: int


@dataclass(slots=True)
class Seen:
    """Packets of one type and one sender."""

    first: Arrival
    last: Arrival
    count: int = 1
    early: list[Sized] = field(default_factory=list)  # the first of them


class Retry(NamedTuple):
    """The server asks the client to prove its address. Source: RFC 9000 section 8.1.2."""

    arrival: Arrival
    source_id: bytes
    token: bytes


class VersionNegotiation(NamedTuple):
    """The server has other versions than the client's. Source: RFC 9000 section 6."""

    arrival: Arrival
    versions: tuple[int, ...]


class Closed(NamedTuple):
    """A CONNECTION_CLOSE that could be read."""

    arrival: Arrival
    close: ConnectionClose


class Unopened(NamedTuple):
    """An Initial packet that no known key opens: its connection began before the capture, or it is no QUIC."""

    arrival: Arrival
    version: int
    length: int


class Trouble(NamedTuple):
    """Something in a datagram that cannot be read."""

    arrival: Arrival
    text: str


Streams: TypeAlias = tuple[CryptoStream, CryptoStream]
"""What side 0 sent, what side 1 sent."""


@dataclass(slots=True, eq=False)
class Connection:
    """What is known of one connection.

    Attributes
    ----------
    first, last
        Its first and its last datagram.
    client
        Which side is the client, 0 or 1; None if the capture does not show it.
    is_proven
        Whether an Initial packet was opened, or a version negotiation answered the client. If not, it may be something
        else than QUIC.
    destination_id
        Of the client's first Initial packet; of the first packet that was seen, if there is none.
    source_ids
        The first connection id that each side chose; None of a side that was not heard.
    versions
        Those that were used, in order of appearance. The last is what both agreed upon, if the server answered.
    crypto
        The handshake bytes of both sides.
    earlier
        Those of attempts that a version negotiation ended.
    retries, negotiations, closes
        Events, in order.
    opened
        How many Initial packets of each side were opened.
    unopened
        Initial packets that were not.
    seen
        Packets by type and sender.
    datagrams
        How many of each side there were.
    """

    first: Arrival
    last: Arrival
    client: int | None = None
    is_proven: bool = False
    destination_id: bytes = b""
    source_ids: list[bytes | None] = field(default_factory=lambda: [None, None])
    versions: list[int] = field(default_factory=list)
    crypto: Streams = field(default_factory=lambda: (CryptoStream(), CryptoStream()))
    earlier: list[Streams] = field(default_factory=list)
    retries: list[Retry] = field(default_factory=list)
    negotiations: list[VersionNegotiation] = field(default_factory=list)
    closes: list[Closed] = field(default_factory=list)
    opened: list[int] = field(default_factory=lambda: [0, 0])
    unopened: list[Unopened] = field(default_factory=list)
    seen: dict[tuple[PacketType, int], Seen] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    datagrams: list[int] = field(default_factory=lambda: [0, 0])
    _key_ids: list[bytes] = field(default_factory=list, repr=False)
    _protections: dict[tuple[int, bytes, int], Protection] = field(default_factory=dict, repr=False)
    _refused: set[int] = field(default_factory=set, repr=False)  # versions

    @property
    def version(self) -> int | None:
        """The version in use, as far as the capture goes."""
        return self.versions[-1] if self.versions else None

    @property
    def retransmissions(self) -> tuple[int, int]:
        """Initial packets of each side with CRYPTO frames that brought nothing new."""
        streams = [*self.earlier, self.crypto]
        return (
            sum(pair[0].retransmissions for pair in streams),
            sum(pair[1].retransmissions for pair in streams),
        )

    def packets(self, kind: PacketType, side: int) -> int:
        """Count the packets of one type that one side sent."""
        seen = self.seen.get((kind, side))
        return seen.count if seen else 0

    # --- Filled by the conversation -----------------------------------------------------------------------------------

    def note(self, kind: PacketType, arrival: Arrival, length: int = 0) -> None:
        """Count a packet that protects `length` bytes."""
        if not self.seen or self.last.packet != arrival.packet:
            self.datagrams[arrival.side] += 1
        seen = self.seen.get((kind, arrival.side))
        if seen is None:
            seen = self.seen[kind, arrival.side] = Seen(arrival, arrival)
        else:
            seen.count += 1
            seen.last = arrival
        if len(seen.early) < MOST_KEPT:
            seen.early.append(Sized(arrival, length))
        self.first = min(self.first, arrival)
        self.last = max(self.last, arrival)

    def note_version(self, version: int) -> None:
        """Note a version that is in use."""
        if version not in self.versions and len(self.versions) < MOST_KEPT:
            self.versions.append(version)

    def trouble(self, arrival: Arrival, text: str) -> None:
        """Note something that cannot be read."""
        if len(self.troubles) < MOST_KEPT:
            self.troubles.append(Trouble(arrival, text))

    def use_keys(self, packet: Packet, side: int, keys: Protection) -> None:
        """Take the keys that opened the client's first Initial packet."""
        self._use_id(packet.destination_id)
        self._protections[packet.version, packet.destination_id, side] = keys

    def open(self, packet: Packet, side: int) -> bytes | None:
        """Decrypt an Initial packet with the keys of this connection; None if they do not fit."""
        for destination_id in self._key_ids:
            name = packet.version, destination_id, side
            protection = self._protections.get(name)
            if protection is None:
                protection = self._protections[name] = Protection(
                    packet.version, destination_id, from_client=side == self.client
                )
            payload = protection.open(packet)
            if payload is not None:
                return payload
        return None

    def read_initial(self, packet: Packet, payload: bytes, arrival: Arrival) -> None:
        """Take what an Initial packet held."""
        side = arrival.side
        self.is_proven = True
        self.opened[side] += 1
        if self.source_ids[side] is None:
            self.source_ids[side] = packet.source_id
        if packet.version in self._refused:
            return  # sent before the version negotiation arrived
        self.note_version(packet.version)
        pieces = []
        try:
            for frame in read_frames(payload):
                if isinstance(frame, Crypto):
                    pieces.append((frame.offset, frame.data))
                elif isinstance(frame, ConnectionClose) and len(self.closes) < MOST_KEPT:
                    self.closes.append(Closed(arrival, frame))
        except DecodeError as error:
            self.trouble(arrival, str(error))
        self.crypto[side].add(pieces, arrival.packet, arrival.time_ns)

    def note_unopened(self, packet: Packet, arrival: Arrival) -> None:
        """Keep an Initial packet that cannot be opened."""
        if len(self.unopened) < MOST_KEPT:
            self.unopened.append(Unopened(arrival, packet.version, len(packet.data)))

    def retry(self, packet: Packet, arrival: Arrival) -> bool:
        """Take a Retry; return whether the client will follow it: only the first, before any other answer.

        Source: RFC 9000 section 17.2.5.2.
        """
        if self.retries or self.client != 1 - arrival.side or self.opened[arrival.side]:
            return False
        self.retries.append(Retry(arrival, packet.source_id, packet.token))
        self._use_id(packet.source_id)
        self.crypto[self.client].restart()
        return True

    def negotiate(self, packet: Packet, arrival: Arrival) -> bool:
        """Take a version negotiation; return whether the client will follow it.

        It will not if the server has answered otherwise, or offers what the client had asked for. Source: RFC 9000
        section 6.2.
        """
        if (
            self.client != 1 - arrival.side
            or self.opened[arrival.side]
            or len(self.negotiations) >= MOST_KEPT
            or self.version in packet.versions
        ):
            return False
        self.negotiations.append(VersionNegotiation(arrival, packet.versions))
        self._refused.update(self.versions)
        if self.crypto[self.client].pieces:
            self.earlier.append(self.crypto)
            self.crypto = CryptoStream(), CryptoStream()
        return True

    @property
    def begins_anew(self) -> bool:
        """Whether the client is expected to begin again in another version."""
        return bool(self.negotiations) and self.version in (None, *self._refused)

    def _use_id(self, destination_id: bytes) -> None:
        """Make keys of this id, too, from now on."""
        if destination_id not in self._key_ids:
            self._key_ids.insert(0, destination_id)
        for old in self._key_ids[MOST_KEY_IDS:]:
            self._key_ids.remove(old)
            self._protections = {n: keys for n, keys in self._protections.items() if n[1] != old}
