"""What the other handshakes of a capture say about one.

A handshake that was completed and then left without a word looks like a refusal. It is none when the same client, by
its address and its hello, trusts the same server under the same name elsewhere in the capture: then it was opened ahead
and not used, as browsers do, or only made a session to come back to.

And a server that refused one client has perhaps accepted another: what that one offered and got is a precedent. A
client that refused one server has perhaps accepted another, so that its clock and its list of roots are not out of
order.
"""

from __future__ import annotations

from collections.abc import Iterable

from tlsparse.flow.flow import Endpoint
from tlsparse.handshake.clocks import tell_clocks
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake, Precedent

REMEMBERED = 20
"""Precedents that are kept for a server; more would say the same."""

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
        if precedents is None or len(precedents) == REMEMBERED or handshake.outcome != "completed":
            continue
        offer, choice = handshake.client_hello, handshake.server_hello
        answer = handshake.first("server_hello")
        if offer is not None and choice is not None and answer is not None:
            group, scheme = handshake.group, handshake.signature_scheme
            shown = handshake.first("certificate", "server")
            ip = handshake.client.ip
            precedents.append(Precedent(ip, offer, choice, group, scheme, answer, shown))
    accepted = _accepted(all_of_them) if failed else {}
    for handshake in failed:
        handshake.precedents = tuple(known[handshake.server])
        others = accepted.get(handshake.client.ip, ())
        handshake.accepted = next((e for s, e in others if s != handshake.server), None)
    tell_clocks(all_of_them, failed)


def _accepted(handshakes: list[Handshake]) -> dict[str, list[tuple[Endpoint, Event]]]:
    """Return for each client two servers whose certificates it accepted, each with its ServerHello."""
    found: dict[str, list[tuple[Endpoint, Event]]] = {}
    for handshake in handshakes:
        if handshake.outcome != "completed" or handshake.resumed is not False:
            continue
        servers = found.setdefault(handshake.client.ip, [])
        answer = handshake.first("server_hello")
        if answer is not None and len(servers) < 2 and handshake.server not in dict(servers):
            servers.append((handshake.server, answer))
    return found
