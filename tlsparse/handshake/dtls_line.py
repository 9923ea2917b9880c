"""A DTLS association, read into one line of events.

The messages are those of TLS, and so are the events. What a side said again because no answer came is not told twice:
it is a `retransmission`. Messages are numbered, so one that no packet of the capture holds is a `gap`.

Up to DTLS 1.2 the content type of an encrypted record can be read; with a connection id, and in DTLS 1.3, it cannot.
There the epoch tells: 1 is early data, 2 the handshake, 3 and more are application data. With a connection id the first
record behind ChangeCipherSpec is Finished.

Source: RFC 6347 section 4.1 (epochs), RFC 9146 section 4 (connection ids), RFC 9147 section 6.1 (epochs of DTLS 1.3).
"""

from __future__ import annotations

from itertools import pairwise

from tlsparse.dtls.association import Association, Item, Sighting
from tlsparse.dtls.records import ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, TLS12_CID
from tlsparse.errors import DecodeError
from tlsparse.handshake.bodies import Bodies
from tlsparse.handshake.event import Event, Kind, Line, RecordSeen, Side, Trouble
from tlsparse.handshake.inference import ALERT_BYTES, tag_bytes
from tlsparse.handshake.order import IN_ORDER, sender_of
from tlsparse.tls.alert import decode_alert
from tlsparse.tls.codes import HandshakeType

EARLY_DATA, HANDSHAKE_EPOCH = 1, 2
"""Epochs of DTLS 1.3."""


def read_association(association: Association, client: int) -> Line:
    """Read everything that happened on an association, in order; `client` is the side of the client."""
    line = _Reader(association, client).line
    for seen in association.records:
        line.records.append(
            RecordSeen(
                sender_of(seen.side, client),
                seen.packet,
                seen.time_ns,
                seen.content_type,
                seen.version,
                seen.length,
            )
        )
    for trouble in association.troubles:
        sender = sender_of(trouble.side, client)
        line.troubles.append(Trouble(trouble.packet, "dtls", f"{sender}: {trouble.text}"))
    for side, message in association.unfinished:
        kind = HandshakeType(message.type).name
        text = f"{sender_of(side, client)}: a {kind} ends after {message.had} of {message.length} bytes"
        line.troubles.append(Trouble(association.last_packet, "dtls", text))
    if association.dropped:
        text = f"{association.dropped} records or fragments of an association were too many to keep"
        line.troubles.append(Trouble(association.last_packet, "dtls", text))
    return line


class _Reader:
    """Makes an event of each item, in their order."""

    def __init__(self, association: Association, client: int) -> None:
        self.line = Line()
        self._client = client
        self._bodies: dict[Side, Bodies] = {"client": Bodies("client"), "server": Bodies("server")}
        self._ciphered: set[Side] = set()  # who sent ChangeCipherSpec
        self._finished: set[Side] = set()  # ... and a message behind it
        for item in association.items:
            self._item(item)
        for item in association.repeats:
            self._repeat(item)
        for side in (0, 1):
            self._gaps(side, association)
        for side, traffic in enumerate(association.traffic):
            last = traffic.last
            if last is not None and all(item.packet != last.packet for item in association.items):
                event = self._event("data", "application_data", sender_of(side, client), last)
                event.encrypted = True
        self.line.events.sort(key=IN_ORDER)

    def _event(self, kind: Kind, name: str, sender: Side, at: Item | Sighting) -> Event:
        """Put down an event; events that one packet brought keep the order in which they are put down."""
        place = len(self.line.events)
        event = Event(kind, name, sender, at.packet, at.time_ns, at.length, start=place)
        self.line.events.append(event)
        return event

    def _item(self, item: Item) -> None:
        sender = sender_of(item.side, self._client)
        if item.message_type is not None:
            self._message(item, sender)
        elif item.content_type == CHANGE_CIPHER_SPEC:
            self._event("message", "change_cipher_spec", sender, item)
            self._ciphered.add(sender)
        elif item.content_type == ALERT:
            self._alert(item, sender)
        elif item.content_type == HANDSHAKE:
            self._event("message", "encrypted", sender, item).encrypted = True
            self._finished.add(sender)
        elif item.content_type in (APPLICATION_DATA, TLS12_CID):
            self._hidden(item, sender)

    def _message(self, item: Item, sender: Side) -> None:
        kind = HandshakeType(item.message_type or 0)
        event = self._event("message", kind.name, sender, item)
        fault = self._bodies[sender].read(event, kind, item.body)
        if fault:
            self.line.troubles.append(Trouble(item.packet, "tls", f"{sender}: {fault}"))
        server = self._bodies["server"]
        if sender == "server" and server.version is not None:
            self._bodies["client"].choose(server.version, server.cipher_suite)

    def _alert(self, item: Item, sender: Side) -> None:
        event = self._event("alert", "encrypted", sender, item)
        event.encrypted = item.encrypted
        if item.encrypted:
            return
        try:
            alert = decode_alert(item.body)
        except DecodeError as error:
            event.encrypted = True
            self.line.troubles.append(Trouble(item.packet, "tls", f"{sender}: {error}"))
            return
        event.name, event.level, event.body = alert.description.name, alert.level.name, alert

    def _hidden(self, item: Item, sender: Side) -> None:
        """Take a record whose content type is encrypted, or application data."""
        server = self._bodies["server"]
        event = self._event("data", "application_data", sender, item)
        event.encrypted = True
        if not server.is_tls13:
            if item.content_type == TLS12_CID and sender in self._ciphered - self._finished:
                event.kind, event.name = "message", "encrypted"
                self._finished.add(sender)
        elif item.length == ALERT_BYTES + 1 + tag_bytes(server.cipher_suite):
            event.kind, event.name, event.inferred = "alert", "encrypted", True
        elif item.epoch == HANDSHAKE_EPOCH:
            event.kind, event.name = "message", "encrypted"
        if item.epoch == EARLY_DATA and (server.is_tls13 or server.version is None):
            event.meaning = "early_data"

    def _gaps(self, side: int, association: Association) -> None:
        """Note the messages between two others that never came, or not whole."""
        sender = sender_of(side, self._client)
        messages = {item.message_seq or 0: item for item in reversed([*association.messages(side)])}
        for before, after in pairwise(sorted(messages)):
            if after > before + 1:
                event = self._event("transport", "gap", sender, messages[after])
                event.length, event.meaning = 0, f"{after - before - 1} messages"
                text = f"{sender}: messages are missing between number {before} and number {after}"
                self.line.troubles.append(Trouble(event.packet, "dtls", text))

    def _repeat(self, item: Item) -> None:
        """Note what was said again; a readable message is kept in `Line.repeats`, too."""
        sender = sender_of(item.side, self._client)
        self._event("transport", "retransmission", sender, item)
        if item.message_type is not None:
            name = HandshakeType(item.message_type).name
            again = Event("message", name, sender, item.packet, item.time_ns, item.length)
            self.line.repeats.append(again)
