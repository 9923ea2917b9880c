"""Handshakes as they end, from a source that need not end: `stream`.

`read` judges when it has seen everything. Here the pipeline is the same, but from time to time, by the clock of the
packets and while none comes by that of the wall, it looks at the conversations on which something is new, and tells the
handshakes that are over (`handshake.over`). What has been told is let go: its packets are still followed, so that they
begin nothing new, and only where another handshake may follow on the same connection its bytes are kept, in bounds.

So memory follows the handshakes that are under way. What one handshake says about another (`handshake.company`, and
whether a server speaks TLS at all) is known of the latest only.
"""

from __future__ import annotations

import heapq
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice

from tlsparse.errors import UsageError
from tlsparse.flow.datagrams import Pair
from tlsparse.flow.flow import Endpoint, Flow
from tlsparse.flow.watched import WatchedTable
from tlsparse.frames import Problem
from tlsparse.handshake.company import Company
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.order import is_tls13
from tlsparse.handshake.over import OVERDUE_NS, STRAGGLERS_NS, is_over
from tlsparse.net.packets import Packets
from tlsparse.pcap.block import NO_TIME, Block
from tlsparse.pcap.live import LiveCapture, capture_interface
from tlsparse.pcap.source import Source
from tlsparse.reading import (
    Conversation,
    Interest,
    Reading,
    hear,
    interest,
    is_told_of,
    serves_tls,
    troubles,
)
from tlsparse.trust.trust import PathLike, Trust, read_trust

IDLE_S = 0.2
"""While no packet comes, the conversations are looked at so often."""

LOOK_NS = 100_000_000
LOOK_PACKETS = 1 << 12
"""While packets come, after so much of their time, and after so many."""

FIRST_LOOK_NS = 700_000_000
"""A conversation is looked at so long after it has begun. Most handshakes are over by then."""

LATEST_LOOK_NS = 30_000_000_000
"""Each time that a conversation is not over, it is left alone for twice as long, up to this."""

FOLLOWED_LIMIT = 10_000
"""Connections that were told and may hold another handshake; of more, those told first are followed no longer."""

DOUBTFUL_LIMIT = 1_000
"""Connections without TLS that are remembered in case that their server turns out to speak it."""

SERVERS_LIMIT = 10_000
"""Servers that speak TLS, as far as they are remembered."""

TOGETHER = 10_000
"""Connections that are told together when the source has ended."""

STOP_S = 2.0
"""A source that is asked to end is read on for so long, until it brings nothing."""


def stream(
    source: Source | None = None,
    *,
    interface: str | None = None,
    capture_filter: str | None = None,
    all_flows: bool = False,
    roots: PathLike | Iterable[PathLike] = (),
    crls: PathLike | Iterable[PathLike] = (),
    on_problem: Callable[[Problem], None] | None = None,
) -> Generator[Handshake]:
    """Yield each handshake of a source when it ends, not when the source does.

    One that completed comes a second after it was through, whatever happens on its connection afterwards; one that
    failed, when its connection is closed; one in which a side stopped answering, after ten seconds. What is still open
    when the source ends comes then. `tlsparse.diagnose` says of each why it failed.

    Memory is bounded, so a handshake is judged by those before it, and not by those after it as in `read`.

    Parameters
    ----------
    source
        As in `read`; a pipe is read as packets arrive.
    interface
        In place of a source, the name of a network interface to capture on, through dumpcap or tcpdump.
    capture_filter
        Which packets to capture there, in the language of pcap-filter(7): ``tcp port 443``.
    all_flows
        As in `read`: also connections that never spoke TLS, on ports where nobody would expect it.
    roots, crls
        As in `read`: authorities and revocation lists by which certificates are judged besides the public ones.
    on_problem
        Told what could not be read, when it is met.

    Yields
    ------
    Handshake
        Its ``number`` counts from 0 in the order in which they are told, and so does ``flow.number``.

    Raises
    ------
    UsageError
        Neither a source nor an interface was given, or both were.
    LiveCaptureError
        There is no program to capture with, it may not, or the interface does not exist.
    NotACaptureError, MissingExtraError, OSError
        As in `read`, when the first handshake is asked for.
    """
    streaming = Streaming(all_flows, on_problem, read_trust(roots, crls))
    if interface is not None and source is None:
        return streaming.capture(interface, capture_filter)
    if interface is not None or source is None:
        raise UsageError("give either a source or an interface to capture on")
    if capture_filter is not None:
        raise UsageError("a capture filter needs an interface to capture on")
    return streaming.handshakes(source)


class Streaming(Reading):
    """One run over a source that need not end.

    Parameters
    ----------
    all_flows
        Whether a TCP connection that never spoke TLS has a handshake on any port.
    on_problem
        Told what could not be read.
    trust
        Whom the reader of the capture trusts besides the public roots.

    Attributes
    ----------
    problems_met
        How much of that there was so far.
    """

    _table: WatchedTable

    def __init__(
        self,
        all_flows: bool,
        on_problem: Callable[[Problem], None] | None = None,
        trust: Trust | None = None,
    ) -> None:
        super().__init__(all_flows, table=WatchedTable)
        self.problems_met = 0
        self._on_problem = on_problem
        self._clock = _Clock()
        self._connections = _Watches()  # by the number of the conversation
        self._pairs = _Watches()  # by the slot of the endpoints
        self._followed: OrderedDict[int, None] = OrderedDict()
        self._teller = _Teller(all_flows, self._meet, trust)
        self._live: LiveCapture | None = None
        self._stop_s: float | None = None

    def capture(self, interface: str, capture_filter: str | None = None) -> Generator[Handshake]:
        """Yield the handshakes on a network interface."""
        with capture_interface(interface, capture_filter) as live:
            self._live = live
            with closing(self.handshakes(live.packets)) as handshakes:
                yield from handshakes
            if (complaint := live.complaint()) is not None:
                self._meet(Problem(None, None, "capture", complaint))

    def handshakes(self, source: Source) -> Generator[Handshake]:
        """Yield the handshakes of a source."""
        for block, packets in self.blocks(source, IDLE_S):
            self._clock.set(block)
            if block.count:
                yield from self._tell_over(self._table.add(block, packets))
                self._take_datagrams(block, packets)
                yield from self._tell_ended(self._datagrams.retire())
            if self._clock.is_time():
                yield from self._look()
            if self._is_stopped(idle=not block.count):
                break
        yield from self._tell_last()
        yield from self._tell_ended(self._datagrams.finish())
        for problem in self.problems():
            self._meet(problem)

    def _meet(self, problem: Problem) -> None:
        self.problems_met += 1
        if self._on_problem is not None:
            self._on_problem(problem)

    def stop(self) -> None:
        """End soon, as if the source had; may be called by a signal handler."""
        self._stop_s = time.monotonic()
        if self._live is not None:
            self._live.stop()

    def _is_stopped(self, idle: bool) -> bool:
        return self._stop_s is not None and (idle or time.monotonic() - self._stop_s > STOP_S)

    def _look(self) -> Iterator[Handshake]:
        """Tell what has ended since the last look."""
        now_ns = self._clock.now_ns
        for slot, news in self._table.touched().items():
            self._note_touched(slot, news, now_ns)
        for watch in self._connections.due(now_ns):
            yield from self._look_at_connection(watch, now_ns)
        for watch in self._pairs.due(now_ns):
            yield from self._look_at_pair(watch, now_ns)

    # --- TCP ----------------------------------------------------------------------------------------------------------

    def _note_touched(self, slot: int, news: bool, now_ns: int) -> None:
        """Plan to look at a connection of which something is new; `news` if a handshake record is."""
        number = self._table.number(slot)
        watch = self._connections.get(number, slot)
        closed = self._table.is_closed(slot)
        if number in self._followed and not (news or watch.news):
            if closed:
                self._dismiss(watch)
            return
        watch.news = True
        self._connections.plan(watch, now_ns + (STRAGGLERS_NS if closed else watch.interval_ns))

    def _look_at_connection(self, watch: _Watch, now_ns: int) -> Iterator[Handshake]:
        slot = watch.slot
        closed = self._table.is_closed(slot)
        quiet_ns = now_ns - self._table.last_ns(slot)
        if not (closed or self._table.speaks_tls(slot) or quiet_ns > OVERDUE_NS):
            self._connections.postpone(watch, now_ns)
            return
        flow = self._table.peek(slot, now_ns)
        if not is_told_of(flow):
            return
        conversation = hear(flow)
        if not closed and self._teller.interest(conversation) in (Interest.DOUBTFUL, Interest.NONE):
            return  # TLS may still come, and will be noticed
        over = watch.told + self._count_over(conversation[watch.told :], now_ns, closed)
        yield from self._teller.tell(conversation, watch, over)
        if over == len(conversation):
            watch.news = False
            self._follow(conversation[-1], watch, closed)
        else:
            self._connections.postpone(watch, now_ns)

    def _count_over(self, untold: Conversation, now_ns: int, closed: bool) -> int:
        """Count the handshakes that are over, as far as there is none before them that is not."""
        for count, handshake in enumerate(untold):
            is_last = count == len(untold) - 1
            if not is_over(handshake, now_ns, closed=closed, is_last=is_last):
                return count
        return len(untold)

    def _follow(self, told: Handshake, watch: _Watch, closed: bool) -> None:
        """Let a connection go of which all was told, unless it may hold a renegotiation."""
        if closed or told.outcome != "completed" or is_tls13(told.version):
            self._dismiss(watch)
            return
        self._followed[watch.key] = None
        self._followed.move_to_end(watch.key)
        if len(self._followed) > FOLLOWED_LIMIT:
            first = next(iter(self._followed))
            self._dismiss(self._connections.all[first])

    def _dismiss(self, watch: _Watch) -> None:
        self._table.dismiss(watch.slot)
        self._connections.drop(watch.key)
        self._followed.pop(watch.key, None)

    def _tell_over(self, flows: Iterable[Flow]) -> Iterator[Handshake]:
        """Tell what is left of connections that are over."""
        for flow in flows:
            watch = self._connections.drop(flow.number) or _Watch(flow.number, -1)
            for conversation in self._left_of(flow, watch):
                yield from self._teller.tell(conversation, watch, len(conversation))

    def _tell_last(self) -> Iterator[Handshake]:
        """Tell what is left at the end of the source: what completed first, since it tells why others did not."""
        flows = self._table.finish()
        while some := list(islice(flows, TOGETHER)):
            left = []
            for flow in some:
                watch = self._connections.drop(flow.number) or _Watch(flow.number, -1)
                left += [(conversation, watch) for conversation in self._left_of(flow, watch)]
            left.sort(key=_completed_first)
            for conversation, watch in left:
                yield from self._teller.tell(conversation, watch, len(conversation))

    def _left_of(self, flow: Flow, watch: _Watch) -> Iterator[Conversation]:
        """Yield the conversation of a connection that is over, if not all of it was told."""
        followed = flow.number in self._followed
        self._followed.pop(flow.number, None)
        if is_told_of(flow) and (watch.news or not followed):
            yield hear(flow)

    # --- UDP ----------------------------------------------------------------------------------------------------------

    def _take_datagrams(self, block: Block, packets: Packets) -> None:
        for datagram in self._datagrams.add(block, packets):
            if self._reader.add(datagram):
                watch = self._pairs.get(datagram.slot, datagram.slot)
                self._pairs.plan(watch, self._clock.now_ns + watch.interval_ns)
            else:
                self._datagrams.forget(datagram.slot)
                self._pairs.drop(datagram.slot)

    def _look_at_pair(self, watch: _Watch, now_ns: int) -> Iterator[Handshake]:
        handshakes = self._reader.peek(self._datagrams.peek(watch.slot, now_ns))
        for handshake in handshakes:
            if is_over(handshake, now_ns, closed=False):
                yield from self._tell_once(handshake, watch)
        if all(h.flow.first_packet in watch.told_packets for h in handshakes):
            if all(h.outcome == "completed" for h in handshakes):
                self._reader.dismiss(watch.slot)
                self._pairs.drop(watch.key)
        else:
            self._pairs.postpone(watch, now_ns)

    def _tell_once(self, handshake: Handshake, watch: _Watch) -> Iterator[Handshake]:
        """Tell a handshake over UDP, each of which is a flow of its own."""
        if handshake.flow.first_packet not in watch.told_packets:
            watch.told_packets.add(handshake.flow.first_packet)
            yield from self._teller.tell([handshake], _Watch(-1, -1), 1)

    def _tell_ended(self, pairs: Iterable[Pair]) -> Iterator[Handshake]:
        """Tell what is left between endpoints that have fallen silent."""
        for pair in pairs:
            watch = self._pairs.drop(pair.slot) or _Watch(pair.slot, pair.slot)
            for handshake in self._reader.end(pair):
                yield from self._tell_once(handshake, watch)


def _completed_first(left: tuple[Conversation, _Watch]) -> tuple[bool, int]:
    conversation = left[0]
    failed = any(handshake.outcome != "completed" for handshake in conversation)
    return failed, conversation[0].flow.first_packet


class _Clock:
    """What time it is in the capture: that of the latest packet, and since then that of the wall."""

    def __init__(self) -> None:
        self.now_ns = NO_TIME
        self._packet_ns = NO_TIME
        self._came_ns = 0
        self._looked_ns = NO_TIME
        self._packets = 0

    def set(self, block: Block) -> None:
        """Take the time of a block of packets; of an empty one, how long nothing has come."""
        wall_ns = time.monotonic_ns()
        if block.count:
            self._packets += block.count
            latest_ns = block.time_ns[block.count - 1]
            if latest_ns != NO_TIME:
                self.now_ns = self._packet_ns = latest_ns
                self._came_ns = wall_ns
        elif self._packet_ns != NO_TIME:
            self.now_ns = self._packet_ns + wall_ns - self._came_ns

    def is_time(self) -> bool:
        """Tell whether to look again."""
        if self._packets < LOOK_PACKETS and abs(self.now_ns - self._looked_ns) < LOOK_NS:
            return False
        self._looked_ns, self._packets = self.now_ns, 0
        return True


@dataclass(slots=True)
class _Watch:
    """A conversation that goes on."""

    key: int
    slot: int
    interval_ns: int = FIRST_LOOK_NS
    due_ns: int | None = None  # when to look at it
    told: int = 0  # of its handshakes, the first
    told_packets: set[int] = field(default_factory=set)  # first packets of those told, over UDP
    flow: int = -1  # its number, once something of it was told
    news: bool = False


class _Watches:
    """The conversations that go on, and when to look at each."""

    def __init__(self) -> None:
        self.all: dict[int, _Watch] = {}
        self._plan: list[tuple[int, int]] = []  # a heap; what has another time by now is void

    def get(self, key: int, slot: int) -> _Watch:
        """Return the watch of a conversation; there is one from the first time on."""
        watch = self.all.get(key)
        if watch is None:
            watch = self.all[key] = _Watch(key, slot)
        return watch

    def drop(self, key: int) -> _Watch | None:
        """Watch a conversation no longer."""
        return self.all.pop(key, None)

    def plan(self, watch: _Watch, due_ns: int) -> None:
        """Look at a conversation then, or earlier if that is planned already."""
        if watch.due_ns is None or due_ns < watch.due_ns:
            watch.due_ns = due_ns
            heapq.heappush(self._plan, (due_ns, watch.key))

    def postpone(self, watch: _Watch, now_ns: int) -> None:
        """Look at a conversation again after a while, each time a longer one."""
        self.plan(watch, now_ns + watch.interval_ns)
        watch.interval_ns = min(2 * watch.interval_ns, LATEST_LOOK_NS)

    def due(self, now_ns: int) -> Iterator[_Watch]:
        """Yield the conversations to look at now."""
        while self._plan and self._plan[0][0] <= now_ns:
            due_ns, key = heapq.heappop(self._plan)
            watch = self.all.get(key)
            if watch is not None and watch.due_ns == due_ns:
                watch.due_ns = None
                yield watch


class _Teller:
    """Decides which handshakes are told, and puts in order what is known of each when it is."""

    def __init__(
        self, all_flows: bool, on_problem: Callable[[Problem], None], trust: Trust | None
    ) -> None:
        self._all_flows = all_flows
        self._on_problem = on_problem
        self._trust = trust
        self._company = Company(latest=True)
        self._servers: OrderedDict[Endpoint, None] = OrderedDict()  # that speak TLS over TCP
        self._doubtful: OrderedDict[int, Conversation] = OrderedDict()
        self._count = 0  # of handshakes told
        self._flows = 0
        self._doubts = 0

    def interest(self, conversation: Conversation) -> Interest:
        """Tell whether a conversation has handshakes to tell; more may be known of its server by now."""
        how = interest(conversation, self._all_flows)
        if how is Interest.DOUBTFUL and conversation[0].server in self._servers:
            return Interest.SOUGHT
        return how

    def tell(self, conversation: Conversation, watch: _Watch, until: int) -> Iterator[Handshake]:
        """Yield the handshakes of a conversation that were not told, up to one; and what else follows from them."""
        told, watch.told = watch.told, until
        how = self.interest(conversation)
        if how is Interest.DOUBTFUL:
            self._remember_doubtful(conversation)
        elif how is not Interest.NONE and told < until:
            yield from self._number(conversation, watch, told, until)
            if how is Interest.TLS and serves_tls(conversation):
                yield from self._speaks_tls(conversation[0].server)

    def _number(
        self, conversation: Conversation, watch: _Watch, told: int, until: int
    ) -> Iterator[Handshake]:
        if watch.flow < 0:
            watch.flow = self._flows
            self._flows += 1
            for problem in troubles(conversation, watch.flow):
                self._on_problem(problem)
        conversation[0].flow.number = watch.flow
        for handshake in conversation[told:until]:
            handshake.number = self._count
            self._count += 1
            handshake.trust = self._trust
            self._company.tell(handshake)
            self._company.learn(handshake)
            yield handshake

    def _remember_doubtful(self, conversation: Conversation) -> None:
        self._doubtful[self._doubts] = conversation
        self._doubts += 1
        if len(self._doubtful) > DOUBTFUL_LIMIT:
            self._doubtful.popitem(last=False)

    def _speaks_tls(self, server: Endpoint) -> Iterator[Handshake]:
        """Note that a server speaks TLS, and tell the connections to it on which it did not."""
        known = server in self._servers
        self._servers[server] = None
        self._servers.move_to_end(server)
        if len(self._servers) > SERVERS_LIMIT:
            self._servers.popitem(last=False)
        if not known:
            mine = [key for key, c in self._doubtful.items() if c[0].server == server]
            for key in mine:
                conversation = self._doubtful.pop(key)
                yield from self._number(conversation, _Watch(-1, -1), 0, len(conversation))
