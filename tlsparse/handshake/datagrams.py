"""Datagrams in, handshakes of DTLS and QUIC out.

Between two endpoints either may be spoken, one association or connection after another. Each of them is a flow of its
own with one handshake. The rooms `dtls` and `quic` sort the datagrams; here their conversations are kept as long as
they go on, and then told in the words of all other handshakes.

A datagram that comes again at once, byte for byte, is a copy that the recording made. Who sends something again gives
it a new number in both protocols.

Source: RFC 6347 section 4.2.1 (record numbers), RFC 9000 section 12.3 (packet numbers).
"""

from __future__ import annotations

from collections import deque
from operator import attrgetter

from tlsparse.dtls.association import Association
from tlsparse.dtls.association import Conversation as DtlsConversation
from tlsparse.dtls.recognition import FIRST_BYTES
from tlsparse.dtls.records import HANDSHAKE
from tlsparse.flow.datagrams import Datagram, Pair
from tlsparse.flow.flow import Endpoint, Flow, Milestone
from tlsparse.flow.streams import Stream
from tlsparse.handshake.dtls_line import read_association
from tlsparse.handshake.event import Line
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.order import IN_ORDER, milestone_event
from tlsparse.handshake.outcome_datagrams import conclude_datagrams
from tlsparse.handshake.quic_line import read_connection
from tlsparse.handshake.speech import Speech, is_usual
from tlsparse.pcap.block import NO_TIME
from tlsparse.quic.connection import Connection
from tlsparse.quic.conversation import Conversation as QuicConversation
from tlsparse.quic.packet import LONG_HEADER, looks_like_quic

COPIED_NS = 5_000_000
"""How much later a copy may come."""

COPIES_AMONG = 8
"""Latest datagrams of a conversation among which the original of a copy is looked for."""


class DatagramReader:
    """All conversations in DTLS or QUIC that go on."""

    def __init__(self) -> None:
        self._dtls: dict[int, DtlsConversation] = {}  # by slot
        self._quic: dict[int, QuicConversation] = {}
        self._latest: dict[int, deque[tuple[int, int, int]]] = {}  # time, sender, hash
        self._dismissed: set[int] = set()

    def add(self, datagram: Datagram) -> bool:
        """Take a datagram; return whether anything of DTLS or QUIC is known between its endpoints."""
        slot, data = datagram.slot, datagram.data
        if slot in self._dismissed:
            if not _begins(data):
                return True
            self._dismissed.discard(slot)
        known = slot in self._dtls or slot in self._quic
        if self._is_copy(datagram):
            return known
        if data[0] in FIRST_BYTES and (slot in self._dtls or not known):
            talk = self._dtls.get(slot) or DtlsConversation()
            if talk.add(datagram.packet, datagram.time_ns, datagram.side, data):
                self._dtls[slot] = talk
                return True
            return known
        if slot not in self._quic:
            if not looks_like_quic(data):
                return known
            self._quic[slot] = QuicConversation()
        self._quic[slot].add(datagram.packet, datagram.time_ns, datagram.side, data)
        return True

    def _is_copy(self, datagram: Datagram) -> bool:
        """Tell whether a datagram was captured a moment ago; remember it if not."""
        now_ns = datagram.time_ns
        latest = self._latest.setdefault(datagram.slot, deque(maxlen=COPIES_AMONG))
        digest = hash(datagram.data)
        for time_ns, side, known in latest:
            same = known == digest and side == datagram.side and NO_TIME not in (now_ns, time_ns)
            if same and abs(now_ns - time_ns) <= COPIED_NS:
                return True
        latest.append((now_ns, datagram.side, digest))
        return False

    def end(self, pair: Pair) -> list[Handshake]:
        """Make the handshakes of two endpoints whose conversation is over, in order."""
        handshakes = self.peek(pair)
        self._let_go(pair.slot)
        self._dismissed.discard(pair.slot)
        return handshakes

    def dismiss(self, slot: int) -> None:
        """Let go of a conversation that goes on, and take no more of its application data; another may begin."""
        self._let_go(slot)
        self._dismissed.add(slot)

    def _let_go(self, slot: int) -> None:
        self._latest.pop(slot, None)
        self._dtls.pop(slot, None)
        self._quic.pop(slot, None)

    def peek(self, pair: Pair) -> list[Handshake]:
        """Make the handshakes of two endpoints as far as they have come, in order."""
        handshakes = []
        dtls = self._dtls.get(pair.slot)
        quic = self._quic.get(pair.slot)
        if dtls is not None:
            handshakes += [_of_association(known, pair) for known in dtls.associations()]
        if quic is not None:
            handshakes += [_of_connection(c, pair) for c in quic.connections() if c.is_proven]
        handshakes.sort(key=attrgetter("flow.first_packet"))
        for i, handshake in enumerate(handshakes):
            until = handshakes[i + 1].flow.first_packet if i + 1 < len(handshakes) else None
            handshakes[i] = _with_errors(handshake, pair.errors, until)
        if handshakes:  # what passed by unread went on with the last
            last = handshakes[-1].flow
            last.packets += pair.passed
            last.end_ns = max(last.end_ns, pair.last_ns)
            _conclude(handshakes[-1])
        return handshakes


def _begins(data: bytes) -> bool:
    """Tell whether a datagram may begin an association or a connection: a plain handshake record, a long header."""
    return data[0] >= LONG_HEADER or (data[0] == HANDSHAKE and data[3:5] == bytes(2))


def _of_association(association: Association, pair: Pair) -> Handshake:
    client = _client(association.client, pair.endpoints)
    line = read_association(association, client)
    flow = _flow("udp", pair, client, association.datagrams)
    flow.first_packet = association.first_packet
    flow.start_ns, flow.end_ns = association.start_ns, association.end_ns
    flow.retransmissions = association.retransmissions[0], association.retransmissions[1]
    return _handshake(flow, client, line, association.datagrams)


def _of_connection(connection: Connection, pair: Pair) -> Handshake:
    client = _client(connection.client, pair.endpoints)
    line = read_connection(connection, client, pair.seen_until_ns)
    flow = _flow("quic", pair, client, connection.datagrams)
    flow.first_packet = connection.first.packet
    flow.start_ns, flow.end_ns = connection.first.time_ns, connection.last.time_ns
    flow.retransmissions = connection.retransmissions
    return _handshake(flow, client, line, connection.datagrams)


def _flow(transport: str, pair: Pair, client: int, datagrams: list[int]) -> Flow:
    """Make a flow; it has no streams, and no milestones of its own, since UDP has none."""
    return Flow(
        transport=transport,
        number=0,
        endpoints=pair.endpoints,
        first_packet=0,
        start_ns=0,
        end_ns=0,
        packets=sum(datagrams),
        opener=client,
        rtt_ns=None,
        streams=(Stream(), Stream()),
        milestones=[],
        notes=([], []),
        records=(0, 0),
        retransmissions=(0, 0),
        acknowledged=(None, None),
        seen_until_ns=pair.seen_until_ns,
    )


def _handshake(flow: Flow, client: int, line: Line, datagrams: list[int]) -> Handshake:
    """Make the handshake of a flow; in its speech a side begins at 0 if it was heard at all."""
    begins = [0 if count else None for count in datagrams]
    speech = Speech(client, begins[client], begins[1 - client])
    handshake = Handshake(flow, speech, line, line.events)
    _conclude(handshake)
    return handshake


def _with_errors(
    handshake: Handshake, errors: tuple[Milestone, ...], until: int | None
) -> Handshake:
    """Return a handshake with what ICMP says of its datagrams: what came before packet `until`, where others begin."""
    begin, client = handshake.flow.first_packet, handshake.speech.client
    own = [e for e in errors if begin < e.packet and (until is None or e.packet < until)]
    if not own:
        return handshake
    line = handshake.line
    line.events += [milestone_event(error, client) for error in own]
    line.events.sort(key=IN_ORDER)
    handshake.flow.milestones += own
    told = Handshake(handshake.flow, handshake.speech, line, line.events)
    _conclude(told)
    return told


def _conclude(handshake: Handshake) -> None:
    handshake.ending = conclude_datagrams(handshake)


def _client(known: int | None, endpoints: tuple[Endpoint, Endpoint]) -> int:
    """Return the side of the client; where nothing shows it, the ports decide."""
    if known is not None:
        return known
    usual = [is_usual(endpoint) for endpoint in endpoints]
    if usual[0] != usual[1]:
        return usual.index(False)
    return 0 if endpoints[0].port > endpoints[1].port else 1
