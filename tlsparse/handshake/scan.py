"""Who looks at many doors and goes through none.

A port scan connects to one port after another, or to one host after another, and never has a word to say: it learns
from the answer to its SYN what it wants to know. Whoever wants to speak and cannot, tries the same port of the same
service, and says hello where it is let in.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tlsparse.flow.flow import Endpoint
from tlsparse.handshake.handshake import Handshake, Scan

PORTS = 8
"""Ports of one host; no service speaks TLS on as many."""

HOSTS = 8
"""Hosts that are left as soon as they accepted the connection; those that refuse it may all be down."""

TRIES = 2
"""Times that a scan comes to one port: scanners ask once more where nobody answers. Who comes again keeps watch."""


@dataclass(slots=True)
class Visits:
    """Where a client came without a word."""

    times: Counter[Endpoint] = field(default_factory=Counter)  # in order of the first time
    left: set[Endpoint] = field(default_factory=set)  # after the server had accepted
    _ports: Counter[str] | None = None  # only looked at, by host; counted when somebody asks
    _hosts: int = 0  # likewise, that accepted and were left

    def add(self, handshake: Handshake, limit: int | None) -> None:
        """Note one; with a limit the server that was first met makes room."""
        server = handshake.server
        self.times[server] += 1
        if _is_left(handshake):
            self.left.add(server)
        if limit is not None and len(self.times) > limit:
            oldest = next(iter(self.times))
            del self.times[oldest]
            self.left.discard(oldest)
        self._ports = None

    def merged(self, other: Visits) -> Visits:
        """Return these and others of the same client."""
        return Visits(self.times + other.times, self.left | other.left)

    def scan(self, server: Endpoint) -> Scan | None:
        """Return the scan of which a visit to a server is a part."""
        if self._ports is None:
            seen = [server for server, times in self.times.items() if times <= TRIES]
            self._ports = Counter(server.ip for server in seen)
            self._hosts = len({server.ip for server in seen if server in self.left})
        scan = Scan(self._ports[server.ip], self._hosts)
        large = scan.ports >= PORTS or scan.hosts >= HOSTS
        return scan if large and self.times[server] <= TRIES else None


def is_wordless_visit(handshake: Handshake) -> bool:
    """Tell whether a client asked for a TCP connection and, whether it got it or not, sent nothing on it."""
    flow = handshake.flow
    return (
        flow.transport == "tcp"
        and handshake.order == 0
        and handshake.outcome not in ("completed", "cut")
        and handshake.first("syn") is not None
        and not flow.streams[handshake.speech.client].end
    )


def _is_left(handshake: Handshake) -> bool:
    close = handshake.ending.decisive
    ended = close is not None and close.name in ("fin", "rst") and close.sender == "client"
    return ended and handshake.first("syn_ack") is not None
