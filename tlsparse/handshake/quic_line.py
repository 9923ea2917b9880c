"""A QUIC connection, read into one line of events.

The hellos are in the CRYPTO frames of Initial packets, which anybody can open. Of what follows the packet types tell:
Handshake packets hold the encrypted handshake and the acknowledgments of it, which are shorter than any message; 0-RTT
packets are early data; and a client that sends 1-RTT packets has sent its Finished. A CONNECTION_CLOSE in a Handshake
packet cannot be read, but a client that answers the server's flight with a last Handshake packet, and never sends a
1-RTT packet, has refused the flight.

A CONNECTION_CLOSE with an error from 0x0100 to 0x01ff is the TLS alert of that number.

Source: RFC 9000 sections 6, 8.1, 12.2 and 19.19; RFC 9001 sections 4 and 4.8.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tlsparse.handshake.bodies import Bodies
from tlsparse.handshake.event import Event, Kind, Line, Side, Trouble
from tlsparse.handshake.inference import hash_bytes
from tlsparse.handshake.order import IN_ORDER, sender_of
from tlsparse.handshake.outcome import PATIENCE_NS
from tlsparse.quic.connection import Arrival, Closed, Connection, Sized
from tlsparse.quic.crypto import CryptoStream
from tlsparse.quic.packet import PacketType, version_name
from tlsparse.tls.alert import Alert
from tlsparse.tls.codes import AlertDescription, AlertLevel, HandshakeType

FATAL = 2

ACKNOWLEDGING = 40
"""Protected bytes of a packet that holds no message: number, tag, and an acknowledgment or a PING. A Finished has 36 of
its own."""

SEALED = 2 + 16
"""Bytes of the packet number, mostly, and of the tag, among the protected ones."""

DOUBT = 24
"""By how much a packet with a Finished may be longer than that: by its frame header, and by an acknowledgment."""

OPENING, SHOWN, HIDDEN, LATER, CLOSING = 0, 1 << 32, 2 << 32, 3 << 32, 4 << 32
"""Places of events that one packet brought: `Event.start`."""


def read_connection(connection: Connection, client: int, seen_until_ns: int) -> Line:
    """Read everything that happened on a connection, in order.

    Parameters
    ----------
    connection, client
        What was seen, and which side is the client.
    seen_until_ns
        How long the capture goes on.
    """
    reader = _Reader(connection, client)
    reader.read()
    reader.infer_refusal(seen_until_ns)
    reader.line.events.sort(key=IN_ORDER)
    return reader.line


class _Message(NamedTuple):
    """One handshake message, and where in the stream it begins and ends."""

    type: int
    body: bytes
    start: int
    end: int


def _messages(stream: CryptoStream) -> Iterator[_Message]:
    """Cut the first run of a stream, if it begins at the beginning, into messages (RFC 9846 section 4)."""
    data = stream.runs[0].data if stream.runs and stream.runs[0].start == 0 else b""
    at = 0
    while len(data) - at >= 4:
        end = at + 4 + int.from_bytes(data[at + 1 : at + 4], "big")
        if end > len(data):
            return
        yield _Message(data[at], data[at + 4 : end], at, end)
        at = end


class _Reader:
    """Makes the events of one connection."""

    def __init__(self, connection: Connection, client: int) -> None:
        self.line = Line()
        self._connection = connection
        self._client = client
        self._client_bodies, self._server_bodies = Bodies("client"), Bodies("server")

    def read(self) -> None:
        """Take everything that the connection has."""
        connection, client = self._connection, self._client
        for streams in [*connection.earlier, connection.crypto]:
            self._stream(streams[1 - client], "server", self._server_bodies)
            chosen = self._server_bodies
            self._client_bodies.choose(chosen.version, chosen.cipher_suite)
            self._stream(streams[client], "client", self._client_bodies)
        for retry in connection.retries:
            self._event("transport", "retry", retry.arrival, OPENING, len(retry.token))
        for offer in connection.negotiations:
            event = self._event("transport", "version_negotiation", offer.arrival, OPENING)
            event.meaning = ", ".join(version_name(version) for version in offer.versions)
        for closed in connection.closes:
            self._close(closed)
        for (kind, _), seen in connection.seen.items():
            if kind is PacketType.HANDSHAKE:
                for packet in seen.early:
                    if packet.length > ACKNOWLEDGING:
                        self._hidden("message", "encrypted", packet, HIDDEN)
            elif kind in (PacketType.ONE_RTT, PacketType.ZERO_RTT):
                early = seen.early
                if seen.last.packet != early[-1].arrival.packet:
                    early = [*early, Sized(seen.last, 0)]
                for packet in early:
                    event = self._hidden("data", "application_data", packet, LATER)
                    event.meaning = "early_data" if kind is PacketType.ZERO_RTT else ""
        for trouble in connection.troubles:
            sender = sender_of(trouble.arrival.side, client)
            text = f"{sender}: {trouble.text}"
            self.line.troubles.append(Trouble(trouble.arrival.packet, "quic", text))

    def infer_refusal(self, seen_until_ns: int) -> None:
        """Take a client's last Handshake packet for an alert, if it is one that refuses the server's flight.

        It is, if the client never sent a 1-RTT packet, and if it is no Finished: by its length, or because nothing
        follows though the capture goes on.
        """
        connection = self._connection
        sent = connection.seen.get((PacketType.HANDSHAKE, self._client))
        flight = connection.packets(PacketType.HANDSHAKE, 1 - self._client)
        if (
            sent is None
            or not flight
            or not self._server_bodies.is_tls13
            or connection.packets(PacketType.ONE_RTT, self._client)
        ):
            return
        packets = [packet for packet in sent.early if packet.length > ACKNOWLEDGING]
        if not packets:
            return
        content = packets[-1].length - SEALED
        finished = [4 + size for size in hash_bytes(self._server_bodies.cipher_suite)]
        is_like_finished = any(0 <= content - length <= DOUBT for length in finished)
        goes_on_ns = seen_until_ns - connection.last.time_ns
        if is_like_finished and goes_on_ns < PATIENCE_NS:
            return
        first = next(packet for packet in packets if packet.length == packets[-1].length)
        for event in self.line.events:
            if (
                event.sender == "client"
                and event.start >= HIDDEN
                and event.packet == first.arrival.packet
                and event.kind == "message"
            ):
                event.kind, event.inferred = "alert", True

    # --- One kind of thing each ---------------------------------------------------------------------------------------

    def _stream(self, stream: CryptoStream, sender: Side, bodies: Bodies) -> None:
        """Take the messages of one side, and what it sent again."""
        end = 0
        for message in _messages(stream):
            end = message.end
            packet, time_ns = stream.arrival(end)
            kind = HandshakeType(message.type)
            event = Event(
                "message",
                kind.name,
                sender,
                packet,
                time_ns,
                len(message.body),
                start=SHOWN + message.start,
            )
            self.line.events.append(event)
            fault = bodies.read(event, kind, message.body)
            if fault:
                self.line.troubles.append(Trouble(packet, "tls", f"{sender}: {fault}"))
        if end < stream.end:
            packet, _ = stream.arrival(stream.end)
            text = (
                f"{sender}: of {stream.end} bytes of the handshake only {end} make whole messages"
            )
            self.line.troubles.append(Trouble(packet, "quic", text))
        for repeat in stream.repeats:
            self.line.events.append(
                Event(
                    "transport",
                    "retransmission",
                    sender,
                    repeat.packet,
                    repeat.time_ns,
                    repeat.length,
                    start=SHOWN + repeat.start,
                )
            )

    def _close(self, closed: Closed) -> None:
        """Take a CONNECTION_CLOSE: an alert, or the end for another reason."""
        close = closed.close
        if close.alert is None:
            event = self._event("transport", "close", closed.arrival, CLOSING)
            event.meaning = f"error 0x{close.error_code:x} {close.reason}".rstrip()
            return
        description = AlertDescription(close.alert)
        event = self._event("alert", description.name, closed.arrival, CLOSING)
        event.level = AlertLevel(FATAL).name
        event.body = Alert(AlertLevel(FATAL), description)
        event.meaning = close.reason

    def _hidden(self, kind: Kind, name: str, packet: Sized, place: int) -> Event:
        event = self._event(kind, name, packet.arrival, place, packet.length)
        event.encrypted = True
        return event

    def _event(self, kind: Kind, name: str, arrival: Arrival, place: int, length: int = 0) -> Event:
        sender = sender_of(arrival.side, self._client)
        event = Event(kind, name, sender, arrival.packet, arrival.time_ns, length, start=place)
        self.line.events.append(event)
        return event
