"""What the other handshakes of a capture say about one.

A handshake that was completed and then left without a word looks like a refusal. It is none when the same client, by
its address and its hello, trusts the same server under the same name elsewhere in the capture: then it was opened ahead
and not used, as browsers do, or only made a session to come back to.
"""

from __future__ import annotations

from collections.abc import Iterable

from tlsparse.handshake.handshake import Handshake

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
