"""What the other handshakes of a capture say about one.

A handshake that was completed and then left without a word looks like a refusal. It is none when the same client, by
its address and its hello, trusts the same server under the same name elsewhere in the capture: then it was opened ahead
and not used, as browsers do, or only made a session to come back to.

And a server that refused one client has perhaps accepted another: what that one offered and got is a precedent. A
client that refused one server has perhaps accepted another, so that its clock and its list of roots are not out of
order. What the same client tried next, and how far that got, tells whether it was for what it had offered.

Who connects and leaves without a word, again and again in the same time, keeps watch: such a rhythm is told, too.
So is a scan: who comes to many servers and never says hello.

A `Company` learns from each handshake what it says about others, and tells each what others say about it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from operator import itemgetter
from typing import TypeVar

from tlsparse.flow.flow import Endpoint
from tlsparse.handshake.clocks import Offset, clock_of, offset_of
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake, Precedent, Retry, Rhythm, Scan
from tlsparse.handshake.rhythm import is_left_wordless, rhythm_of
from tlsparse.handshake.scan import Visits, is_wordless_visit

REMEMBERED = 20
"""Precedents that are kept for a server; more would say the same."""

ACCEPTED = 2
"""Servers that are kept for a client: one of them is another than the one it refused."""

HELLOS = 64
"""Hellos of one client by which its clock is told."""

TRUSTED_LIMIT = 1 << 14
"""Clients, each with the server that it trusts, that are remembered in a capture without an end."""

SERVERS_LIMIT = 1 << 8
"""Servers of which precedents are remembered there: with twenty each, some 50 MB at most."""

CLIENTS_LIMIT = 1 << 12
"""Clients of which more is remembered there."""

BEATS_LIMIT = 64
"""Times that a client left without a word that are remembered there."""

VISITS_LIMIT = 64
"""Servers to which a client came without a word that are remembered there."""

Key = TypeVar("Key")
Value = TypeVar("Value")

Order = tuple[int, int]
"""By which handshakes are sorted: first packet of the flow, and place among its handshakes."""

Pair = tuple[str, str | None, Endpoint, str | None]
"""Address and hello of a client; the server and the name that it asked for."""


class Asking:
    """Of which clients and servers handshakes want to hear."""

    def __init__(self, handshakes: Iterable[Handshake] = ()) -> None:
        asking = [handshake for handshake in handshakes if wants_to_hear(handshake)]
        self.clients = {handshake.client.ip for handshake in asking}
        self.servers = {handshake.target for handshake in asking}

    def add(self, other: Asking) -> None:
        """Ask for others as well."""
        self.clients |= other.clients
        self.servers |= other.servers


def wants_to_hear(handshake: Handshake) -> bool:
    """Tell whether anything about a handshake depends on others."""
    return handshake.outcome not in ("completed", "cut")


class Company:
    """What was learnt from handshakes.

    Parameters
    ----------
    latest
        Whether only the latest count, for captures that have no end. Otherwise all do, and the first precedents of a
        server stand for the rest.
    """

    def __init__(self, *, latest: bool = False) -> None:
        self._latest = latest
        self._trusted: _Kept[Pair, bool] = _Kept(TRUSTED_LIMIT if latest else None)
        servers, clients = (SERVERS_LIMIT, CLIENTS_LIMIT) if latest else (None, None)
        self._precedents: _Kept[Endpoint, list[tuple[Order, Precedent]]] = _Kept(servers)
        self._accepted: _Kept[str, list[tuple[Order, Endpoint, Event]]] = _Kept(clients)
        self._retries: _Kept[tuple[str, Endpoint], list[tuple[Order, int, Retry]]] = _Kept(clients)
        self._offsets: _Kept[str, list[tuple[Order, Offset]]] = _Kept(clients)
        self._beats: _Kept[Pair, list[int]] = _Kept(
            clients
        )  # when a client came that left without a word
        self._busy: _Kept[tuple[str, Endpoint], bool] = _Kept(TRUSTED_LIMIT if latest else None)
        self._rhythms: _Kept[Pair, Rhythm | None] = _Kept(clients)
        self._visits: _Kept[str, Visits] = _Kept(clients)
        self._greeted: _Kept[str, bool] = _Kept(TRUSTED_LIMIT if latest else None)  # said hello

    def learn(self, handshake: Handshake) -> None:
        """Note what a handshake says about others. Handshakes of a capture are learnt in their order."""
        client, server = handshake.client.ip, handshake.target
        order = handshake.flow.first_packet, handshake.order
        offsets = self._offsets.get(client, [])
        if len(offsets) < HELLOS and (told := offset_of(handshake)) is not None:
            self._put_offsets(client, [*offsets, (order, told)])
        if handshake.first("client_hello") is not None:
            self._greeted.put(client, True)
        elif is_wordless_visit(handshake):
            visits = self._visits.get(client) or Visits()
            visits.add(handshake, VISITS_LIMIT if self._latest else None)
            self._visits.put(client, visits)
        outcome = handshake.outcome
        if is_left_wordless(handshake):
            self._learn_beat(_pair(handshake), handshake.start_ns)
        elif outcome != "cut":
            self._busy.put((client, server), True)
        if outcome in ("silent", "alerted"):
            self._learn_retry(handshake, order)
        if outcome != "completed":
            return
        self._trusted.put(_pair(handshake), True)
        known = self._precedents.get(server, [])
        if self._latest or len(known) < REMEMBERED:
            precedent = _precedent(handshake)
            if precedent is not None:
                self._put_precedents(server, [*known, (order, precedent)])
        accepted = self._accepted.get(client, [])
        again = not self._latest and any(o < order and s == server for o, s, _ in accepted)
        if len(accepted) < ACCEPTED and not again:
            answer = handshake.first("server_hello")
            if answer is not None and handshake.resumed is False:
                self._put_accepted(client, [*accepted, (order, server, answer)])

    def _learn_retry(self, handshake: Handshake, order: Order) -> None:
        """Note a try that failed, if the server acknowledged its hello and did not cut it off."""
        key = handshake.client.ip, handshake.target
        known = self._retries.get(key, [])
        asked, offer = handshake.first("client_hello"), handshake.client_hello
        heard = asked is not None and not handshake.unacknowledged("client")
        if heard and asked is not None and offer is not None and len(known) < REMEMBERED:
            self._retries.put(key, [*known, (order, handshake.start_ns, Retry(offer, asked))])

    def _learn_beat(self, pair: Pair, start_ns: int) -> None:
        beats = self._beats.get(pair) or self._beats.put(pair, [])
        beats.append(start_ns)
        if self._latest:
            del beats[:-BEATS_LIMIT]
        self._rhythms.pop(pair, None)

    def tell(self, handshake: Handshake) -> None:
        """Tell a handshake what others say about it, in place; most want to hear nothing."""
        if not wants_to_hear(handshake):
            return
        left = handshake.outcome == "rejected" and handshake.ending.side == "client"
        if left and _pair(handshake) in self._trusted:
            handshake.ending.outcome = "completed"
            handshake.ending.step = "application_data"
            handshake.ending.side = None
            return
        if is_wordless_visit(handshake):
            handshake.scan = self._scan(handshake)
        if is_left_wordless(handshake):
            handshake.rhythm = self._rhythm(_pair(handshake))
        handshake.precedents = tuple(p for _, p in self._precedents.get(handshake.target, ()))
        client = handshake.client.ip
        tries = self._retries.get((client, handshake.target), ())
        begun_ns = handshake.start_ns
        handshake.retries = tuple(retry for _, later_ns, retry in tries if later_ns > begun_ns)
        others = self._accepted.get(client, ())
        handshake.accepted = next((e for _, s, e in others if s != handshake.target), None)
        ahead_s = (offset.ahead_s for _, offset in self._offsets.get(client, ()))
        handshake.told_clock = clock_of(handshake, ahead_s)

    def _rhythm(self, pair: Pair) -> Rhythm | None:
        """Return the rhythm in which a client comes and leaves, if it does nothing else at that server."""
        client, _, server, _ = pair
        if (client, server) in self._busy:
            return None
        if pair not in self._rhythms:
            self._rhythms.put(pair, rhythm_of(sorted(self._beats.get(pair, ()))))
        return self._rhythms[pair]

    def _scan(self, handshake: Handshake) -> Scan | None:
        """Return the scan of which a visit is a part, if its client does nothing but look."""
        client = handshake.client.ip
        visits = self._visits.get(client)
        return visits.scan(handshake.server) if visits and client not in self._greeted else None

    def about(self, asking: Asking) -> Company:
        """Return the part of it that handshakes which ask want to hear."""
        clients, servers = asking.clients, asking.servers
        part = Company()
        part._precedents.update((s, v) for s, v in self._precedents.items() if s in servers)
        part._accepted.update((c, v) for c, v in self._accepted.items() if c in clients)
        part._offsets.update((c, v) for c, v in self._offsets.items() if c in clients)
        part._visits.update((c, v) for c, v in self._visits.items() if c in clients)
        part._greeted.update((c, v) for c, v in self._greeted.items() if c in clients)
        part._trusted.update((key, v) for key, v in self._trusted.items() if key[0] in clients)
        part._retries.update((key, v) for key, v in self._retries.items() if key[0] in clients)
        part._beats.update((key, v) for key, v in self._beats.items() if key[0] in clients)
        part._busy.update((key, v) for key, v in self._busy.items() if key[0] in clients)
        return part

    def merge(self, other: Company) -> None:
        """Take over what another company has learnt from other handshakes of the same capture."""
        self._trusted.update(other._trusted)
        self._busy.update(other._busy)
        for pair, beats in other._beats.items():
            self._beats.put(pair, [*self._beats.get(pair, ()), *beats])
        self._rhythms.clear()
        self._greeted.update(other._greeted)
        for client, visits in other._visits.items():
            self._visits.put(client, self._visits.get(client, Visits()).merged(visits))
        for server, precedents in other._precedents.items():
            self._put_precedents(server, [*self._precedents.get(server, ()), *precedents])
        for key, tries in other._retries.items():
            merged = sorted([*self._retries.get(key, ()), *tries], key=itemgetter(0))
            self._retries.put(key, merged[:REMEMBERED])
        for client, accepted in other._accepted.items():
            self._put_accepted(client, [*self._accepted.get(client, ()), *accepted])
        for client, offsets in other._offsets.items():
            self._put_offsets(client, [*self._offsets.get(client, ()), *offsets])

    def _put_precedents(self, server: Endpoint, precedents: list[tuple[Order, Precedent]]) -> None:
        precedents.sort(key=itemgetter(0))
        kept = precedents[-REMEMBERED:] if self._latest else precedents[:REMEMBERED]
        self._precedents.put(server, kept)

    def _put_accepted(self, client: str, accepted: list[tuple[Order, Endpoint, Event]]) -> None:
        if len(accepted) > 1:
            accepted.sort(key=itemgetter(0))
            once = {server: (order, server, event) for order, server, event in reversed(accepted)}
            accepted = sorted(once.values(), key=itemgetter(0))[:ACCEPTED]
        self._accepted.put(client, accepted)

    def _put_offsets(self, client: str, offsets: list[tuple[Order, Offset]]) -> None:
        if len(offsets) > 1:
            offsets.sort(key=itemgetter(0))
            once = {told.random: (order, told) for order, told in reversed(offsets)}
            offsets = sorted(once.values(), key=itemgetter(0))[:HELLOS]
        self._offsets.put(client, offsets)


class _Kept(OrderedDict[Key, Value]):
    """Values by keys; with a limit the latest of them: the one that was put there first makes room."""

    def __init__(self, limit: int | None) -> None:
        super().__init__()
        self._limit = limit

    def __reduce__(self) -> tuple[object, ...]:
        return _Kept, (self._limit,), None, None, iter(self.items())

    def put(self, key: Key, value: Value) -> Value:
        self[key] = value
        if self._limit is not None:
            self.move_to_end(key)
            if len(self) > self._limit:
                self.popitem(last=False)
        return value


def _pair(handshake: Handshake) -> Pair:
    return handshake.client.ip, handshake.ja4, handshake.target, handshake.server_name


def _precedent(handshake: Handshake) -> Precedent | None:
    """Return what a server accepted in a handshake, as far as it can be read."""
    offer, choice = handshake.client_hello, handshake.server_hello
    asked, answer = handshake.first("client_hello"), handshake.first("server_hello")
    if offer is None or choice is None or asked is None or answer is None:
        return None
    return Precedent(
        handshake.client.ip,
        offer,
        choice,
        handshake.group,
        handshake.signature_scheme,
        answer,
        asked,
        handshake.first("certificate", "server"),
    )
