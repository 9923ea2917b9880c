"""The pipeline: a source goes in; conversations come out, each as the handshakes that were seen on it.

`Reading` is one run over a source. `Gathering` takes what it yields: it knows which conversations have a row, and puts
them in order, with what is to be said of each, when all are there. A conversation is a list of handshakes, never
empty, all of one flow.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

from tlsparse.ahead import ahead
from tlsparse.compiled import LARGE_BYTES, compile_kernels
from tlsparse.diagnosis.judge import diagnose
from tlsparse.flow.datagrams import DatagramTable, Pair
from tlsparse.flow.flow import Endpoint, Flow
from tlsparse.flow.share import WHOLE, Share, leave_to_others
from tlsparse.flow.table import FlowTable
from tlsparse.frames import Contents, Problem
from tlsparse.handshake.company import Asking, Company
from tlsparse.handshake.crowd import Crowd, is_unheard, is_wordless, opener_of
from tlsparse.handshake.handshake import Handshake, build_handshakes
from tlsparse.handshake.speech import is_usual, usual_ports
from tlsparse.net.copies import Copies
from tlsparse.net.fragments import Fragments
from tlsparse.net.packets import Packets, locate_packets
from tlsparse.net.unlocated import Unlocated
from tlsparse.pcap.block import Block
from tlsparse.pcap.source import Source, read_blocks

if TYPE_CHECKING:
    from tlsparse.handshake.datagrams import DatagramReader
    from tlsparse.trust.trust import Trust

Conversation: TypeAlias = list[Handshake]

DOUBTFUL_LIMIT = 4096
"""Latest connections without TLS that are remembered in case their server speaks it later in the capture."""

BLOCKS_AT_A_TIME = 3
"""Of a large capture: while the flows of one are followed, the packets of the next are found, and one may be ready."""


class Reading:
    """One run over a source.

    Parameters
    ----------
    all_flows
        Whether a TCP connection that never spoke TLS matters on any port.
    progress
        Told again and again how many bytes of the source are done.
    share
        Which conversations to follow, where others follow the rest.
    table
        What follows TCP.

    Attributes
    ----------
    packets
        How many there were so far.
    """

    def __init__(
        self,
        all_flows: bool,
        progress: Callable[[int], None] | None = None,
        share: Share = WHOLE,
        table: type[FlowTable] = FlowTable,
    ) -> None:
        self.packets = 0
        self._share = share
        self._table = table(range(1 << 16) if all_flows else usual_ports())
        self._progress = progress
        self._done = 0  # bytes
        self._datagrams = DatagramTable()
        self._unlocated = Unlocated()
        self._damage: list[Problem] = []
        self._all_flows = all_flows
        self._crowd = Crowd()

    def conversations(self, source: Source) -> Iterator[Conversation]:
        """Yield each conversation when it is over; whatever is open at the end of the source is over then."""
        for block, packets in self.blocks(source):
            yield from self._heard(self._table.add(block, packets))
            self._take_datagrams(block, packets)
            yield from self._ended(self._datagrams.retire())
            self._tell()
        for conversation in self._heard(self._table.finish()):
            yield conversation
            self._tell()
        yield from self._ended(self._datagrams.finish())

    def problems(self) -> list[Problem]:
        """Return what could not be read, apart from what was said on conversations."""
        unlocated = (Problem(n, None, "net", text) for n, text in self._unlocated.problems())
        return [*self._damage, *unlocated, *self.left_out()]

    def left_out(self) -> list[Problem]:
        """Return how many conversations of this share have no row because there were too many."""
        if not self._crowd.left_out:
            return []
        text = f"{self._crowd.left_out} more attempts that nobody answered have no rows"
        return [Problem(self._crowd.first_left_out, None, "handshake", text)]

    def blocks(
        self, source: Source, idle_s: float | None = None
    ) -> Iterator[tuple[Block, Packets]]:
        """Yield the packets of a source: found, put together from fragments, copies marked.

        With `idle_s` a block is empty when a live source has brought nothing for so many seconds.
        """
        fragments, copies = Fragments(), Copies()
        if size_of(source) >= LARGE_BYTES and compile_kernels():
            located = self._located(source, fragments, valid=BLOCKS_AT_A_TIME)
            located = ahead(located, BLOCKS_AT_A_TIME)
        else:
            located = self._located(source, fragments, idle_s)
        for block, packets in located:
            copies.mark(block, packets)
            leave_to_others(packets, block.count, self._share)
            self.packets += block.count
            self._unlocated.add(block, packets)
            yield block, packets
        fragments.finish()
        self._unlocated.add_fragments(fragments)

    def _located(
        self, source: Source, fragments: Fragments, idle_s: float | None = None, valid: int = 1
    ) -> Iterator[tuple[Block, Packets]]:
        """Find the packets of a source, and put fragments together: all that may be done in another thread."""
        blocks = read_blocks(
            source, self._note_damage, idle_s=idle_s, progress=self._note_done, valid=valid
        )
        for block in blocks:
            packets = locate_packets(block)
            yield fragments.put_together(block, packets), packets

    def _note_done(self, done: int) -> None:
        self._done = done

    def _tell(self) -> None:
        """Tell how far it is, from where the conversations are asked for: the source may be read in another thread."""
        if self._progress is not None:
            self._progress(self._done)

    def _note_damage(self, packet: int | None, layer: str, text: str) -> None:
        self._damage.append(Problem(packet, None, layer, text))

    # --- TCP ----------------------------------------------------------------------------------------------------------

    def _heard(self, flows: Iterable[Flow]) -> Iterator[Conversation]:
        for flow in flows:
            if not is_told_of(flow) or self._is_crowded_out(flow):
                continue
            conversation = hear(flow)
            if is_wordless(flow) or self._is_admitted(conversation[0]):
                yield conversation

    def _is_crowded_out(self, flow: Flow) -> bool:
        """Tell of a connection that came to nothing whether too many others did so before."""
        expected = self._all_flows or any(is_usual(endpoint) for endpoint in flow.endpoints)
        return is_wordless(flow) and expected and not self._crowd.admits(flow, opener_of(flow))

    def _is_admitted(self, first: Handshake) -> bool:
        """Tell whether a handshake has a row: if nobody answered it, unless too many others had no answer before."""
        return not is_unheard(first) or self._crowd.admits(first.flow, first.speech.client)

    # --- UDP ----------------------------------------------------------------------------------------------------------

    @cached_property
    def _reader(self) -> DatagramReader:
        """The reader of DTLS and QUIC, imported when there is the first datagram for it: most captures have none."""
        from tlsparse.handshake.datagrams import DatagramReader

        return DatagramReader()

    def _take_datagrams(self, block: Block, packets: Packets) -> None:
        for datagram in self._datagrams.add(block, packets):
            if not self._reader.add(datagram):
                self._datagrams.forget(datagram.slot)

    def _ended(self, pairs: Iterable[Pair]) -> Iterator[Conversation]:
        """Yield the handshakes between endpoints that have fallen silent; each is a conversation of its own."""
        for pair in pairs:
            for handshake in self._reader.end(pair):
                if self._is_admitted(handshake):
                    yield [handshake]


def is_told_of(flow: Flow) -> bool:
    """Tell whether the capture shows anything of a connection, rather than a few packets without a word."""
    return bool(flow.milestones) or not is_wordless(flow)


def hear(flow: Flow) -> Conversation:
    """Make the handshakes of a flow, and let go of its bytes: all that was in them has been decoded."""
    handshakes = build_handshakes(flow)
    for stream in (*flow.streams, *(handshakes[0].speech.inside or ())):
        stream.runs.clear()
    return handshakes


def size_of(source: Source) -> int:
    """Return how many bytes a source has, as far as that is known before it is read; 0 if it is not."""
    if isinstance(source, bytes | bytearray | memoryview):
        return len(source)
    if isinstance(source, str | os.PathLike) and os.path.isfile(source):
        return os.path.getsize(source)
    return 0


# --- Which conversations have a row? ---------------------------------------------------------------------------------


class Interest(Enum):
    """Whether a conversation has a row."""

    TLS = "it spoke TLS, and so does its server"
    SOUGHT = "TLS was asked for, or is usual there"
    DOUBTFUL = "if its server speaks TLS elsewhere in the capture"
    NONE = "it began before the capture and nothing tells of TLS"


def interest(conversation: Conversation, all_flows: bool) -> Interest:
    """Tell whether a conversation has a row; with `all_flows` every one has."""
    first = conversation[0]
    flow = first.flow
    if flow.transport != "tcp" or spoke_tls(conversation):
        return Interest.TLS
    if (
        first.speech.sought_tls
        or all_flows
        or any(is_usual(endpoint) for endpoint in flow.endpoints)
    ):
        return Interest.SOUGHT
    return Interest.DOUBTFUL if flow.opener is not None else Interest.NONE


def spoke_tls(conversation: Conversation) -> bool:
    """Tell whether a side spoke TLS."""
    return any(
        event.kind in ("message", "alert")
        for handshake in conversation
        for event in handshake.events
    ) or bool(conversation[0].speech.tls)


def serves_tls(conversation: Conversation) -> bool:
    """Tell whether the server of a connection over TCP spoke TLS."""
    first = conversation[0]
    return first.flow.transport == "tcp" and first.speech.server_begin is not None


class Gathering:
    """The conversations of a capture that have a row, or may have one.

    Parameters
    ----------
    all_flows
        Whether every conversation has one.
    trust
        Whom the reader of the capture trusts besides the public roots.
    """

    def __init__(self, all_flows: bool, trust: Trust | None = None) -> None:
        self._all_flows = all_flows
        self._trust = trust
        self._taken: list[Conversation] = []
        self._doubtful: deque[Conversation] = deque(maxlen=DOUBTFUL_LIMIT)
        self._servers: set[Endpoint] = set()  # that speak TLS over TCP

    def take(self, conversation: Conversation) -> None:
        """Take a conversation that is over."""
        how = interest(conversation, self._all_flows)
        if how is Interest.DOUBTFUL and conversation[0].server not in self._servers:
            self._doubtful.append(conversation)
        elif how is not Interest.NONE:
            self._taken.append(conversation)
        if how is Interest.TLS and serves_tls(conversation):
            self._servers.add(conversation[0].server)

    def knowledge(self) -> Knowledge:
        """Return what is to be known of these conversations where others are judged."""
        self._taken.sort(key=_first_packet)
        company = Company()
        for conversation in self._taken:
            for handshake in conversation:
                company.learn(handshake)
        rows = [(_first_packet(c), len(c), None) for c in self._taken]
        doubts = [(_first_packet(c), len(c), c[0].server) for c in self._doubtful]
        return Knowledge(company, self._servers, [*rows, *doubts])

    def asking(self) -> Asking:
        """Return of whom these conversations want to hear."""
        return Asking(h for c in (*self._taken, *self._doubtful) for h in c)

    def contents(self, knowledge: Knowledge) -> Contents:
        """Put the conversations in order, number everything, and judge it by what is known of all."""
        doubtful = [c for c in self._doubtful if c[0].server in knowledge.servers]
        conversations = sorted([*self._taken, *doubtful], key=_first_packet)
        contents = Contents()
        places = knowledge.places()
        for conversation in conversations:
            flow = conversation[0].flow
            flow.number, first = places[flow.first_packet].pop()
            contents.flows.append(flow)
            contents.handshakes.append(conversation)
            for number, handshake in enumerate(conversation, first):
                handshake.number = number
                handshake.trust = self._trust
                knowledge.company.tell(handshake)
                contents.findings[number] = diagnose(handshake)
            contents.problems += troubles(conversation, flow.number)
        return contents


def _first_packet(conversation: Conversation) -> int:
    return conversation[0].flow.first_packet


@dataclass
class Knowledge:
    """What is to be known of all conversations of a capture to judge one."""

    company: Company
    servers: set[Endpoint]  # that speak TLS over TCP
    rows: list[tuple[int, int, Endpoint | None]]
    """For each conversation its first packet, how many handshakes it has, and where it has a row only if its server
    speaks TLS, the server."""

    def about(self, asking: Asking) -> Knowledge:
        """Return the part of it that conversations which ask need."""
        return Knowledge(self.company.about(asking), self.servers, self.rows)

    def merge(self, other: Knowledge) -> None:
        """Take over what is known of other conversations of the same capture."""
        self.company.merge(other.company)
        self.servers |= other.servers
        self.rows += other.rows

    def places(self) -> dict[int, list[tuple[int, int]]]:
        """Return, by first packet, the numbers of the conversations that have a row, and of their first handshakes.

        A packet of QUIC may begin several conversations: the first of them stands last.
        """
        found: dict[int, list[tuple[int, int]]] = {}
        handshakes = 0
        rows = (row for row in self.rows if row[2] is None or row[2] in self.servers)
        for number, (packet, count, _) in enumerate(sorted(rows, key=itemgetter(0))):
            found.setdefault(packet, []).insert(0, (number, handshakes))
            handshakes += count
        return found


def troubles(conversation: Conversation, number: int) -> Iterator[Problem]:
    """Yield what could not be read of a conversation, the flow with that number."""
    for trouble in conversation[0].line.troubles:
        yield Problem(trouble.packet, number, trouble.layer, trouble.text)
