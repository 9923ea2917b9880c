"""Who of the two is the client, and from where on do they speak TLS?

The client is who sent the ClientHello, whatever the ports and whoever sent the SYN. Where the capture does not show
one, the ServerHello, the SYN, and at last the ports decide. Before the first record there may be anything: SMTP, a
proxy, or nothing. It is read where there is something: a connection that begins with a ClientHello costs nothing more.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from ipaddress import IPv6Address
from typing import TYPE_CHECKING

from tlsparse.flow.flow import Endpoint, Flow
from tlsparse.flow.streams import Stream
from tlsparse.tls.records import (
    begins_hello,
    begins_record,
    find_client_hello,
    is_ssl2_client_hello,
)
from tlsparse.tls.ssl2 import is_ssl2_answer

if TYPE_CHECKING:
    from tlsparse.prelude.prelude import Prelude

SERVER_HELLO = 2

TUNNELS = ("http_connect", "socks", "proxy")
"""Preludes that lead to another server, and ask for no TLS themselves."""


PROXIES = ("http_connect", "socks")
"""Those of them in which the client asks for the other server."""

TARGET = re.compile(
    r"(?:([A-Za-z0-9_][A-Za-z0-9_.-]{0,252})|\[([0-9A-Fa-f:.]{2,45})\]):([0-9]{1,5})"
)
"""Name or address of a target, and its port: such as may be put into a command, whoever wrote it."""


@dataclass(slots=True, frozen=True)
class Speech:
    """Where TLS begins on a flow."""

    client: int  # 0 or 1: which endpoint
    client_begin: int | None  # stream offset of the first record; None if that side never spoke TLS
    server_begin: int | None
    ssl2: bool = False  # the first ClientHello has the form of SSL 2.0
    ssl2_answer: bool = False  # ... and the server answered in SSL 2.0
    prelude: Prelude | None = None  # what was said before TLS, or instead of it
    inside: tuple[Stream, Stream] | None = None  # what A and B sent, without the TDS around it

    @property
    def tls(self) -> bool:
        """Whether either side spoke TLS."""
        return self.client_begin is not None or self.server_begin is not None

    @property
    def sought_tls(self) -> bool:
        """Whether TLS was asked for in the prelude, or missed in it.

        Who asks a proxy for a tunnel is after TLS if the tunnel is to lead to a port of TLS. One of HTTP that was not
        opened counts in any case: as a rule it serves nothing else.
        """
        prelude = self.prelude
        if prelude is None:
            return False
        if prelude.protocol == "http_connect" and prelude.granted is None:
            return True
        if prelude.protocol in TUNNELS:
            return prelude.asked is not None and leads_to_tls(prelude.target)
        return prelude.asked is not None or prelude.refused is not None

    @property
    def target(self) -> Endpoint | None:
        """The server that a proxy opened a tunnel to, of several the innermost; its address may be a name.

        None without a tunnel, and where what it was to lead to is neither a name nor an address.
        """
        tunnel = self.prelude
        while tunnel is not None and tunnel.protocol not in PROXIES:
            tunnel = tunnel.through
        if tunnel is None or (tunnel.granted is None and not self.tls):
            return None
        return _endpoint(tunnel.target)


def _endpoint(target: str) -> Endpoint | None:
    """Return a target, written host:port, as name or address and port; None if it is anything else."""
    found = TARGET.fullmatch(target)
    if found is None or int(found[3]) > 0xFFFF:
        return None
    try:
        host = str(IPv6Address(found[2])) if found[2] else found[1]
    except ValueError:
        return None
    return Endpoint(host, int(found[3]))


def listen(flow: Flow) -> Speech:
    """Find client and server, where each begins to speak TLS, and what was said before that."""
    speech = hear(flow, flow.streams)
    if speech.client_begin == 0:
        return speech
    # Most captures have nothing of the kind, and should not wait until it is imported.
    from tlsparse.handshake.plain_speech import hear_plain

    return hear_plain(flow, speech)


def hear(flow: Flow, streams: tuple[Stream, Stream]) -> Speech:
    """Find client and server, and where each begins to speak TLS in its stream."""
    hellos = []
    for side, stream in enumerate(streams):
        begin, ssl2 = _client_hello(stream)
        if begin is not None:
            hellos.append((stream.arrival(begin + 1)[0], side, begin, ssl2))
    if hellos:  # of two, the second is an echo
        packet, side, begin, ssl2 = min(hellos)
        other = streams[1 - side]
        if ssl2 and other.runs and other.runs[0].start == 0 and is_ssl2_answer(other.runs[0].data):
            return Speech(side, begin, 0, ssl2, ssl2_answer=True)
        answer = _first_record(other, after_packet=packet)
        if answer is None and begin == 0:  # a capture may hold the answer before the question
            answer = _first_record(other)
        return Speech(side, begin, answer, ssl2)
    begins = [_first_record(stream) for stream in streams]
    client = _client_by_habit(flow, streams, begins)
    return Speech(client, begins[client], begins[1 - client])


def _client_hello(stream: Stream) -> tuple[int | None, bool]:
    """Return where the first ClientHello begins, and whether it has the form of SSL 2.0."""
    for start, data in stream.runs:
        found = find_client_hello(data)
        if found >= 0:
            return start + found, False
    if stream.runs and stream.runs[0].start == 0 and is_ssl2_client_hello(stream.runs[0].data):
        return 0, True
    return None, False


def _first_record(stream: Stream, after_packet: int = 0) -> int | None:
    """Return where the first segment begins that begins with a record, among those that came after a packet."""
    runs = iter(stream.runs)
    run = next(runs, None)
    for offset, (packet, _) in zip(stream.starts, stream.arrivals, strict=True):
        while run is not None and run.end <= offset:
            run = next(runs, None)
        if run is None:
            return None
        if run.start <= offset and packet > after_packet:
            place = offset - run.start
            if begins_record(run.data, place) or _begins_server_flight(run.data, place):
                return offset
    return None


def _begins_server_flight(data: bytes, at: int) -> bool:
    """Tell whether a record, the end of which need not have been captured, has a ServerHello or Certificate."""
    if data[at : at + 2] == b"\x16\x03":
        return data[at + 5 : at + 6] in (b"\x02", b"\x0b")
    return begins_hello(data, at) and data[at + 5] == SERVER_HELLO


def _client_by_habit(flow: Flow, streams: tuple[Stream, Stream], begins: list[int | None]) -> int:
    """Guess the client of a flow that shows no ClientHello."""
    for side, begin in enumerate(begins):
        if begin is None:
            continue
        for start, data in streams[side].runs:
            if start <= begin < start + len(data):
                head = data[begin - start :][:6]
                if head[:1] == b"\x16" and head[5:6] == bytes([SERVER_HELLO]):
                    return 1 - side
    if flow.opener is not None:
        return flow.opener
    usual = [is_usual(endpoint) for endpoint in flow.endpoints]
    if usual[0] != usual[1]:
        return usual.index(False)
    return 0 if flow.endpoints[0].port > flow.endpoints[1].port else 1


def is_usual(server: Endpoint) -> bool:
    """Tell whether TLS is usual on a server's port."""
    return server.port in usual_ports()


def leads_to_tls(target: str) -> bool:
    """Tell whether TLS is usual on the port of a target, written host:port."""
    port = target.rpartition(":")[2]
    return port in {str(usual) for usual in usual_ports()}


@cache
def usual_ports() -> frozenset[int]:
    """Return the ports on which TLS is spoken from the first byte, by registration or habit."""
    text = resources.files("tlsparse.handshake").joinpath("usual_ports.csv").read_text("utf-8")
    return frozenset(int(row["port"]) for row in csv.DictReader(text.splitlines()))
