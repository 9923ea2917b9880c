"""Attempts that nobody answered: which of them have a row?

A scan and a flood are a million attempts that are all alike. A row for each would take gigabytes and hide the one
failure that somebody looks for. So of one client, to one server, and of all together only the first have rows; the
others are counted. Whoever is no part of a crowd never notices: neither a client that tries in vain for hours nor a
server that is down all day has as many.
"""

from __future__ import annotations

from collections import Counter

from tlsparse.flow.flow import Endpoint, Flow
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.speech import is_usual

EACH_LIMIT = 5_000
"""Rows without an answer of one client, or of one server: one a second for more than an hour."""

ALL_LIMIT = 20_000
"""Rows without an answer in all. One takes about 4 KB, so these take 80 MB."""


class Crowd:
    """The attempts without an answer so far.

    Attributes
    ----------
    left_out
        How many have no row.
    first_left_out
        Number of the first packet of the first of them; 0 if there is none.
    """

    def __init__(self) -> None:
        self.left_out = 0
        self.first_left_out = 0
        self._clients: Counter[str] = Counter()  # by address
        self._servers: Counter[Endpoint] = Counter()
        self._all = 0

    def admits(self, flow: Flow, client: int) -> bool:
        """Tell whether an attempt has a row, and count it."""
        ip, server = flow.endpoints[client].ip, flow.endpoints[1 - client]
        if (
            self._all >= ALL_LIMIT
            or self._clients[ip] >= EACH_LIMIT
            or self._servers[server] >= EACH_LIMIT
        ):
            self.left_out += 1
            self.first_left_out = min(self.first_left_out or flow.first_packet, flow.first_packet)
            return False
        self._all += 1
        self._clients[ip] += 1
        self._servers[server] += 1
        return True


def is_wordless(flow: Flow) -> bool:
    """Tell whether a TCP connection came to nothing: neither side sent a byte."""
    return not any(stream.end for stream in flow.streams)


def opener_of(flow: Flow) -> int:
    """Return who opened a connection, or is likely to have done so: 0 or 1."""
    if flow.opener is not None:
        return flow.opener
    return 1 if is_usual(flow.endpoints[0]) else 0


def is_unheard(handshake: Handshake) -> bool:
    """Tell whether a client spoke, and the capture has no word of the server.

    Over UDP a hello alone may be all that somebody kept; still, so many of them are a flood.
    """
    if handshake.flow.transport != "tcp":
        return handshake.is_unheard and handshake.outcome in ("silent", "cut")
    server = handshake.flow.streams[1 - handshake.speech.client]
    return handshake.outcome == "silent" and not server.end
