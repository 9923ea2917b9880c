"""Who of the two is the client, and from where on do they speak TLS?

The client is who sent the ClientHello, whatever the ports and whoever sent the SYN. Where the capture does not show
one, the ServerHello, the SYN, and at last the ports decide. Before the first record there may be anything: SMTP, a
proxy, or nothing.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

from tlsparse.flow.flow import Endpoint, Flow
from tlsparse.flow.streams import Stream
from tlsparse.tls.records import find_client_hello, find_record, is_ssl2_client_hello

SERVER_HELLO = 2


@dataclass(slots=True, frozen=True)
class Speech:
    """Where TLS begins on a flow."""

    client: int  # 0 or 1: which endpoint
    client_begin: int | None  # stream offset of the first record; None if that side never spoke TLS
    server_begin: int | None
    ssl2: bool = False  # the first ClientHello has the form of SSL 2.0

    @property
    def tls(self) -> bool:
        """Whether either side spoke TLS."""
        return self.client_begin is not None or self.server_begin is not None


def listen(flow: Flow) -> Speech:
    """Find client and server, and where each begins to speak TLS."""
    for side in (0, 1):
        begin, ssl2 = _client_hello(flow.streams[side])
        if begin is not None:
            packet, _ = flow.streams[side].arrival(begin + 1)
            other = flow.streams[1 - side]
            answer = _first_record(other, after_packet=packet)
            if answer is None and begin == 0:  # a capture may hold the answer before the question
                answer = _first_record(other)
            return Speech(side, begin, answer, ssl2)
    begins = [_first_record(stream) for stream in flow.streams]
    client = _client_by_habit(flow, begins)
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
    arrivals = dict(zip(stream.starts, stream.arrivals, strict=True))
    for start, data in stream.runs:
        for offset in stream.starts:
            if (
                start <= offset < start + len(data)
                and arrivals[offset][0] > after_packet
                and _begins_record(data[offset - start :])
            ):
                return offset
    return None


def _begins_record(data: bytes) -> bool:
    """Tell whether bytes begin with a record; one whose end was not captured must be a readable alert or hello."""
    if find_record(data[: 1 << 15], 0) == 0:
        return True
    return data[:1] == b"\x16" and data[1:2] == b"\x03" and data[5:6] in (b"\x02", b"\x0b")


def _client_by_habit(flow: Flow, begins: list[int | None]) -> int:
    """Guess the client of a flow that shows no ClientHello."""
    for side, begin in enumerate(begins):
        if begin is None:
            continue
        for start, data in flow.streams[side].runs:
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


@cache
def usual_ports() -> frozenset[int]:
    """Return the ports on which TLS is spoken from the first byte, by registration or habit."""
    text = resources.files("tlsparse.handshake").joinpath("usual_ports.csv").read_text("utf-8")
    return frozenset(int(row["port"]) for row in csv.DictReader(text.splitlines()))
