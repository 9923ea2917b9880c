"""What the other handshakes of a capture say about one.

A handshake that was completed and then left without a word looks like a refusal. It is none when the same client, by
its address and its hello, trusts the same server under the same name elsewhere in the capture: then it was opened ahead
and not used, as browsers do, or only made a session to come back to.

And a server that refused one client has perhaps accepted another: what that one offered and got is a precedent.

Who connects and leaves without a word, again and again in the same time, keeps watch: such a rhythm is told, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from statistics import median

from tlsparse.flow.flow import Endpoint
from tlsparse.handshake.handshake import Handshake, Precedent, Rhythm

REMEMBERED = 20
"""Precedents that are kept for a server; more would say the same."""

BEATS = 5
"""Times that somebody comes and leaves before it is a rhythm: who tries again gives up or slows down sooner."""

SLOWEST_NS, FASTEST_NS = 60_000_000_000, 500_000_000
"""Intervals at which load balancers check their servers."""

EVEN = 0.05
"""By how much each of these intervals may differ from the one in their middle."""

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


def keep_time(handshakes: Iterable[Handshake]) -> None:
    """Tell each handshake that was left without a word whether that happens in a rhythm, in place."""
    all_of_them = list(handshakes)
    left: dict[Pair, list[Handshake]] = {}
    for handshake in all_of_them:
        if is_left_wordless(handshake):
            left.setdefault(_pair(handshake), []).append(handshake)
    often = [beats for beats in left.values() if len(beats) >= BEATS]
    if not often:
        return
    busy = {
        (handshake.client.ip, handshake.server)
        for handshake in all_of_them
        if handshake.outcome != "cut" and not is_left_wordless(handshake)
    }
    for beats in often:
        rhythm = _rhythm(beats)
        if rhythm is not None and (beats[0].client.ip, beats[0].server) not in busy:
            for handshake in beats:
                handshake.rhythm = rhythm


def _rhythm(beats: list[Handshake]) -> Rhythm | None:
    """Return the rhythm of handshakes that follow one another; None if they have none."""
    intervals = [b.start_ns - a.start_ns for a, b in pairwise(beats)]
    middle = int(median(intervals))
    even = all(abs(interval - middle) <= EVEN * middle for interval in intervals)
    return Rhythm(len(beats), middle) if even and FASTEST_NS <= middle <= SLOWEST_NS else None


def is_left_wordless(handshake: Handshake) -> bool:
    """Tell whether a client went, by FIN or reset, before its hello, or as soon as the handshake was through."""
    close = handshake.ending.decisive
    if close is None or close.name not in ("fin", "rst") or close.sender != "client":
        return False
    if handshake.outcome == "rejected":
        return True
    return handshake.outcome in ("closed", "reset") and not any(
        event.kind != "transport" for event in handshake.events
    )
