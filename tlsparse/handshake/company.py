"""What the other handshakes of a capture say about one.

A handshake that was completed and then left without a word looks like a refusal. It is none when the same client, by
its address and its hello, trusts the same server under the same name elsewhere in the capture: then it was opened ahead
and not used, as browsers do, or only made a session to come back to.

And a server that refused one client has perhaps accepted another: what that one offered and got is a precedent. What
the same client tried next, and how far that got, tells whether it was for what it had offered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tlsparse.flow.flow import Endpoint
from tlsparse.handshake.handshake import Handshake, Precedent, Retry

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
    """Tell each handshake that failed what its server accepted from others and its client tried next, in place."""
    all_of_them = list(handshakes)
    failed = [h for h in all_of_them if h.outcome not in ("completed", "cut")]
    known: dict[Endpoint, list[Precedent]] = {h.server: [] for h in failed}
    tries: dict[tuple[str, Endpoint], list[Handshake]] = {}
    for handshake in failed:
        tries.setdefault((handshake.client.ip, handshake.server), []).append(handshake)
    for handshake in all_of_them if known else ():
        precedents = known.get(handshake.server)
        if precedents is None or len(precedents) == REMEMBERED or handshake.outcome != "completed":
            continue
        offer, choice = handshake.client_hello, handshake.server_hello
        answer = handshake.first("server_hello")
        if offer is not None and choice is not None and answer is not None:
            group, scheme = handshake.group, handshake.signature_scheme
            ip = handshake.client.ip
            precedents.append(Precedent(ip, offer, choice, group, scheme, answer))
    for handshake in failed:
        handshake.precedents = tuple(known[handshake.server])
        handshake.retries = tuple(_retries(handshake, tries[handshake.client.ip, handshake.server]))


def _retries(handshake: Handshake, tries: list[Handshake]) -> Iterator[Retry]:
    """Yield what a client tried after a handshake, if the server acknowledged the hello and did not cut it off."""
    for other in tries[:REMEMBERED]:
        asked, offer = other.first("client_hello"), other.client_hello
        if asked is None or offer is None or other.start_ns <= handshake.start_ns:
            continue
        if other.outcome in ("silent", "alerted") and not other.unacknowledged("client"):
            yield Retry(offer, asked)
