"""What the other handshakes of a capture say about one.

A handshake that was completed and then left without a word looks like a refusal. It is none when the same client, by
its address and its hello, trusts the same server under the same name elsewhere in the capture: then it was opened ahead
and not used, as browsers do, or only made a session to come back to.

And a server that refused one client has perhaps accepted another: what that one offered and got is a precedent.
"""

from __future__ import annotations

from collections.abc import Iterable

from tlsparse.flow.flow import Endpoint
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
        asked, answer = handshake.first("client_hello"), handshake.first("server_hello")
        if offer is not None and choice is not None and asked is not None and answer is not None:
            group, scheme = handshake.group, handshake.signature_scheme
            ip = handshake.client.ip
            precedents.append(Precedent(ip, offer, choice, group, scheme, answer, asked))
    for handshake in failed:
        handshake.precedents = tuple(known[handshake.server])
