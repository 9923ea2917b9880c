"""What the other handshakes of a capture say about one.

A handshake that was completed and then left without a word looks like a refusal. It is none when the same client, by
its address and its hello, trusts the same server under the same name elsewhere in the capture: then it was opened ahead
and not used, as browsers do, or only made a session to come back to.

And a server that refused one client has perhaps accepted another: what that one offered and got is a precedent.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import TypeVar

from tlsparse.flow.flow import Endpoint
from tlsparse.handshake.handshake import Handshake, Precedent

REMEMBERED = 20
"""Precedents that are kept for a server; more would say the same."""

TRUSTED_LIMIT = 1 << 14
"""Clients, each with the server that it trusts, that are remembered in a capture without an end."""

SERVERS_LIMIT = 1 << 8
"""Servers of which precedents are remembered there: with twenty each, some 50 MB at most."""

Key = TypeVar("Key")
Value = TypeVar("Value")

Pair = tuple[str, str | None, object, str | None]
"""Address and hello of a client; the server and the name that it asked for."""


def reconsider(handshakes: Iterable[Handshake]) -> None:
    """Take handshakes that were left unused for completed, in place."""
    all_of_them = list(handshakes)
    doubtful = [h for h in all_of_them if h.outcome == "rejected" and h.ending.side == "client"]
    if not doubtful:
        return
    trusted = {_pair(handshake) for handshake in all_of_them if handshake.outcome == "completed"}
    for handshake in doubtful:
        if _pair(handshake) in trusted:
            reconsider_one(handshake)


def reconsider_one(handshake: Handshake) -> None:
    """Take a handshake that was left unused for completed, in place."""
    handshake.ending.outcome = "completed"
    handshake.ending.step = "application_data"
    handshake.ending.side = None


def _pair(handshake: Handshake) -> Pair:
    return handshake.client.ip, handshake.ja4, handshake.server, handshake.server_name


def remember(handshakes: Iterable[Handshake]) -> None:
    """Tell each handshake that failed what its server accepted from others, in place."""
    all_of_them = list(handshakes)
    failed = [h for h in all_of_them if h.outcome not in ("completed", "cut")]
    known: dict[Endpoint, list[Precedent]] = {h.server: [] for h in failed}
    for handshake in all_of_them if known else ():
        precedents = known.get(handshake.server)
        if precedents is None or len(precedents) == REMEMBERED:
            continue
        if (precedent := _precedent(handshake)) is not None:
            precedents.append(precedent)
    for handshake in failed:
        handshake.precedents = tuple(known[handshake.server])


def _precedent(handshake: Handshake) -> Precedent | None:
    """Return what a server accepted in a handshake, if it was completed."""
    offer, choice = handshake.client_hello, handshake.server_hello
    asked, answer = handshake.first("client_hello"), handshake.first("server_hello")
    if (
        handshake.outcome != "completed"
        or offer is None
        or choice is None
        or asked is None
        or answer is None
    ):
        return None
    group, scheme = handshake.group, handshake.signature_scheme
    return Precedent(handshake.client.ip, offer, choice, group, scheme, answer, asked)


class Company:
    """The handshakes that came before, as far as they tell about the next: for captures that have no end.

    What `reconsider` and `remember` find out from all handshakes of a capture is here found out from those before; and
    of these only the latest count.
    """

    def __init__(self) -> None:
        self._trusted: OrderedDict[Pair, None] = OrderedDict()
        self._precedents: OrderedDict[Endpoint, list[Precedent]] = OrderedDict()

    def meet(self, handshake: Handshake) -> None:
        """Tell a handshake what those before it say about it, in place, and note what it says about others."""
        pair = _pair(handshake)
        refused = handshake.outcome == "rejected" and handshake.ending.side == "client"
        if refused and pair in self._trusted:
            reconsider_one(handshake)
        if handshake.outcome == "completed":
            _put(self._trusted, pair, None, TRUSTED_LIMIT)
        precedents = self._precedents.get(handshake.server, [])
        if (precedent := _precedent(handshake)) is not None:
            precedents = [*precedents[-REMEMBERED + 1 :], precedent]
            _put(self._precedents, handshake.server, precedents, SERVERS_LIMIT)
        elif handshake.outcome not in ("completed", "cut"):
            handshake.precedents = tuple(precedents)


def _put(latest: OrderedDict[Key, Value], key: Key, value: Value, most: int) -> None:
    """Put a value where the latest are; the one that was put there first makes room."""
    latest[key] = value
    latest.move_to_end(key)
    if len(latest) > most:
        latest.popitem(last=False)
