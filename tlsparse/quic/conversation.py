"""All QUIC connections between two endpoints.

A UDP conversation may hold several connections, one after another or at once; what tells them apart are the
connection ids. Each side chooses the ids by which it wants to be addressed, and may choose none if its address is
enough. The client invents the first id of the server, at random and of 8 bytes or more; the server's own takes its
place. Ids given out later are encrypted, so packets with an id that nobody has seen belong to the latest connection
that they fit.

The client is who sent an Initial packet that opens with the keys of its own destination id. What comes before such a
packet cannot be understood: a few datagrams are held back and looked at again once it has come.

Source: RFC 9000 sections 5.1, 5.2 and 7.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TypeAlias

from tlsparse.errors import DecodeError
from tlsparse.quic.connection import Arrival, Connection
from tlsparse.quic.packet import FIXED_BIT, LONG_HEADER, Packet, PacketType, read_packets
from tlsparse.quic.protection import Protection

SHORTEST_CLIENT_ID = 8
"""Bytes of the first id that a client invents, at least (RFC 9000 section 7.2)."""

SHORTEST_PACKET = 21
"""Bytes of a packet with a short header, at least (RFC 9000 section 10.3)."""

MOST_CANDIDATES = 4
"""Latest connections that a packet with unknown ids is tried with."""

MOST_EARLY = 16
"""Datagrams that are held back until the client's first Initial packet comes."""

MOST_IDS = 64
"""Ids that are kept of a connection; a real one shows four."""

MOST_UNPROVEN = 16
"""Connections that may be something else than QUIC; of more, the oldest are forgotten."""


_Address: TypeAlias = tuple[int, bytes]
"""A side, and an id by which the other side addresses it."""


class Conversation:
    """Takes the datagrams between two endpoints, in the order of the capture, and sorts them into connections.

    Memory follows the number of connections, which the caller may `discard`, and not the number of datagrams. A
    datagram that is not QUIC is passed over; nothing is ever raised.
    """

    __slots__ = ("_connections", "_early", "_lengths", "_owners", "_unproven")

    def __init__(self) -> None:
        self._connections: dict[Connection, set[_Address]] = {}
        self._unproven: dict[Connection, None] = {}
        self._owners: dict[_Address, Connection] = {}
        self._lengths: tuple[set[int], set[int]] = set(), set()  # of those ids
        self._early: list[tuple[Connection, Arrival, bytes]] = []

    def connections(self) -> list[Connection]:
        """Return the connections, in the order in which they began."""
        return list(self._connections)

    def add(self, packet: int, time_ns: int, side: int, datagram: bytes) -> None:
        """Take one datagram.

        Parameters
        ----------
        packet
            Its number in the capture.
        time_ns
            When it was captured: nanoseconds since 1970 UTC.
        side
            Who sent it: 0 or 1.
        datagram
            The payload of UDP. One that was cut in the capture is read as far as it goes.
        """
        arrival = Arrival(packet, time_ns, side)
        if datagram and datagram[0] & LONG_HEADER:
            self._add_long(arrival, datagram)
        elif len(datagram) >= SHORTEST_PACKET and self._connections:
            self._add_short(arrival, datagram)

    def discard(self, connection: Connection) -> None:
        """Forget a connection; packets of it that still come are passed over, or begin a new one that is not proven."""
        self._unproven.pop(connection, None)
        self._early = [entry for entry in self._early if entry[0] is not connection]
        for address in self._connections.pop(connection, ()):
            if self._owners.get(address) is connection:
                del self._owners[address]

    # --- Datagrams ----------------------------------------------------------------------------------------------------

    def _add_short(self, arrival: Arrival, datagram: bytes) -> None:
        """Count a 1-RTT packet; its header has an id, but not how long it is. Source: RFC 9000 section 17.3."""
        receiver = 1 - arrival.side
        for length in self._lengths[receiver]:
            owner = self._owners.get((receiver, datagram[1 : 1 + length]))
            if owner is not None:
                owner.note(PacketType.ONE_RTT, arrival, len(datagram))
                return
        if datagram[0] & FIXED_BIT:
            latest = next(reversed(self._connections))
            latest.note(PacketType.ONE_RTT, arrival, len(datagram))

    def _add_long(self, arrival: Arrival, datagram: bytes) -> None:
        connection: Connection | None = None
        try:
            for packet in read_packets(datagram):
                if packet.type is not PacketType.ONE_RTT:
                    connection = self._take(packet, arrival)
                if connection is not None:
                    connection.note(packet.type, arrival, len(packet.data) - packet.number_at)
        except DecodeError as error:
            if connection is not None:
                connection.trouble(arrival, str(error))
        if connection is not None and not connection.is_proven:
            self._hold(connection, arrival, datagram)

    def _hold(self, connection: Connection, arrival: Arrival, datagram: bytes) -> None:
        """Hold a datagram back, unless its connection has gone into another one meanwhile."""
        if connection in self._connections and len(self._early) < MOST_EARLY:
            self._early.append((connection, arrival, datagram))

    def _replay(self, connection: Connection) -> None:
        """Look again at what came too early to be understood, and may belong to a connection that has begun."""
        claimed = [known for known in self._unproven if self._claims(connection, known)]
        early = [entry for entry in self._early if entry[0] in claimed]
        self._early = [entry for entry in self._early if not entry[0].is_proven]
        for known in claimed:
            self.discard(known)
        for _, arrival, datagram in early:
            self._add_long(arrival, datagram)

    def _claims(self, connection: Connection, other: Connection) -> bool:
        """Tell whether what nothing has proven may be a part of a connection, of which the client is known."""
        client = connection.client if connection in self._connections else None
        if client is None or other is connection or other.is_proven or other.client == 1 - client:
            return False
        return not self._connections[other].isdisjoint(self._connections[connection]) or (
            connection.source_ids[client] == b"" and not other.source_ids[client]
        )

    # --- Packets ------------------------------------------------------------------------------------------------------

    def _take(self, packet: Packet, arrival: Arrival) -> Connection | None:
        """Give a packet with a long header to its connection."""
        if packet.type is PacketType.INITIAL:
            return self._take_initial(packet, arrival)
        if packet.type is PacketType.RETRY:
            return self._take_retry(packet, arrival)
        if packet.type is PacketType.VERSION_NEGOTIATION:
            return self._take_negotiation(packet, arrival)
        owner = self._addressed(packet, arrival.side)
        if owner is None and packet.type is PacketType.HANDSHAKE:
            owner = next(self._nameless(packet, arrival.side), None)
        connection = owner or self._begin(packet, arrival)
        if packet.type is PacketType.UNKNOWN:
            connection.note_version(packet.version)
        return connection

    def _take_initial(self, packet: Packet, arrival: Arrival) -> Connection:
        side = arrival.side
        known = self._addressed(packet, side)
        payload = None
        for connection in self._candidates(known):
            payload = connection.open(packet, side)
            if payload is not None:
                break
        else:
            connection, payload = self._take_first(known, packet, arrival)
        if payload is None:
            connection.note_unopened(packet, arrival)
        else:
            connection.read_initial(packet, payload, arrival)
            self._own(connection, side, packet.source_id)
            if connection.opened[side] == 1:
                self._replay(connection)
        return connection

    def _take_first(
        self, known: Connection | None, packet: Packet, arrival: Arrival
    ) -> tuple[Connection, bytes | None]:
        """Take an Initial packet that no known connection can open: maybe the first of a client.

        It may begin a connection anew: after a version negotiation, or after a Retry that was not captured.
        """
        side = arrival.side
        payload = None
        if len(packet.destination_id) >= SHORTEST_CLIENT_ID:
            keys = Protection(packet.version, packet.destination_id, from_client=True)
            payload = keys.open(packet)
        if payload is None:
            return known or self._begin(packet, arrival), None
        anew = (
            candidate
            for candidate in self._candidates(known)
            if candidate.client == side
            and (candidate.begins_anew or (candidate is known and not known.opened[1 - side]))
        )
        connection = next(anew, None) or self._begin(packet, arrival, client=side)
        connection.use_keys(packet, side, keys)
        connection.source_ids[side] = packet.source_id
        self._own(connection, 1 - side, packet.destination_id)
        return connection, payload

    def _take_retry(self, packet: Packet, arrival: Arrival) -> Connection | None:
        """Take a Retry, which the server's new id makes the keys after. Source: RFC 9000 section 17.2.5."""
        connection = self._answered(packet, arrival)
        if not connection.retry(packet, arrival):
            return None
        connection.note_version(packet.version)
        self._own(connection, arrival.side, packet.source_id)
        self._replay(connection)
        return connection

    def _take_negotiation(self, packet: Packet, arrival: Arrival) -> Connection | None:
        """Take a version negotiation, which repeats both ids of what it answers. Source: RFC 9000 section 17.2.1."""
        asked = self._owners.get((arrival.side, packet.source_id))
        connection = self._answered(packet, arrival)
        if not connection.negotiate(packet, arrival):
            return None
        connection.is_proven = connection.is_proven or asked is not None
        return connection

    # --- Whose packet is it? ------------------------------------------------------------------------------------------

    def _addressed(self, packet: Packet, side: int) -> Connection | None:
        """Return the connection that one of the packet's ids belongs to."""
        return self._owners.get((1 - side, packet.destination_id)) or self._owners.get(
            (side, packet.source_id)
        )

    def _latest(self) -> Iterator[Connection]:
        return islice(reversed(self._connections), MOST_CANDIDATES)

    def _nameless(self, packet: Packet, side: int) -> Iterator[Connection]:
        """Yield the latest connections whose sender has the same id: mostly none."""
        for connection in self._latest():
            if connection.source_ids[side] == packet.source_id:
                yield connection

    def _candidates(self, known: Connection | None) -> Iterator[Connection]:
        """Yield the connections that an Initial packet may belong to, the most probable first."""
        if known is not None:
            yield known
        for connection in self._latest():
            if connection is not known:
                yield connection

    def _answered(self, packet: Packet, arrival: Arrival) -> Connection:
        """Return the connection that a Retry or a version negotiation answers; a new one if that was not captured."""
        server = arrival.side
        known = self._addressed(packet, server)
        if known is None and not packet.destination_id:
            known = next((c for c in self._latest() if c.source_ids[1 - server] == b""), None)
        if known is not None and known.client is not None:
            return known
        connection = self._begin(packet, arrival, client=1 - server)
        connection.source_ids[1 - server] = packet.destination_id
        self._own(connection, 1 - server, packet.destination_id)
        if packet.type is PacketType.VERSION_NEGOTIATION:
            self._own(connection, server, packet.source_id)
        self._replay(connection)
        return connection

    def _begin(self, packet: Packet, arrival: Arrival, client: int | None = None) -> Connection:
        """Begin a connection with its first packet; of those that are not proven, keep only a few."""
        self._unproven = {known: None for known in self._unproven if not known.is_proven}
        if len(self._unproven) >= MOST_UNPROVEN:
            self.discard(next(iter(self._unproven)))
        connection = Connection(
            arrival, arrival, client=client, destination_id=packet.destination_id
        )
        self._connections[connection] = set()
        self._unproven[connection] = None
        if client is None:
            connection.source_ids[arrival.side] = packet.source_id
            self._own(connection, 1 - arrival.side, packet.destination_id)
            self._own(connection, arrival.side, packet.source_id)
        return connection

    def _own(self, connection: Connection, side: int, connection_id: bytes) -> None:
        """Note an id by which a side is addressed on a connection."""
        addresses = self._connections.get(connection)
        if addresses is not None and connection_id and len(addresses) < MOST_IDS:
            addresses.add((side, connection_id))
            self._owners[side, connection_id] = connection
            self._lengths[side].add(len(connection_id))
