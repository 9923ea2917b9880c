"""MySQL and MariaDB: databases, where the server lists its capabilities and the client picks CLIENT_SSL, or not.

The server greets. A client that wants TLS answers with the first 32 bytes of its HandshakeResponse, CLIENT_SSL among
the capabilities, and begins TLS at once; one that does not sends the whole of it. Numbers are little-endian.

Source: MySQL Internals, "Connection Phase" (HandshakeV10, SSLRequest, HandshakeResponse41, ERR_Packet).
"""

from __future__ import annotations

from typing import NamedTuple

from tlsparse.errors import DecodeError
from tlsparse.prelude.prelude import Prelude, Refusal, answer_no, left_unserved
from tlsparse.prelude.talk import Side, Talk, Turn, shown
from tlsparse.tls.reader import Reader

CLIENT_SSL = 0x0800
CLIENT_PROTOCOL_41 = 0x0200
HANDSHAKE_V10, ERROR = 0x0A, 0xFF
SSL_REQUEST_BYTES = 32


class _Packet(NamedTuple):
    sequence: int
    payload: bytes
    turn: Turn


class _Greeting(NamedTuple):
    version: str
    ssl: bool


def read_mysql(talk: Talk) -> Prelude | None:
    """Recognise MySQL by the server's greeting, or by an SSLRequest of the client."""
    server, client = _packets(talk, "server"), _packets(talk, "client")
    greeting = _greeting(server[0]) if server else None
    response = client[0] if client and client[0].sequence == 1 else None
    asks = response is not None and _asks(response)
    if greeting is None:
        if server and _error(server[0]) and not talk.client:
            return Prelude("mysql", greeting=shown(_error(server[0]) or ""))
        if talk.server or not (asks and response):
            return None
        return Prelude("mysql", asked=response.turn, request="SSLRequest")
    if client and response is None:
        return None
    advertised = greeting.ssl
    return Prelude(
        "mysql",
        greeting=shown(greeting.version),
        advertised=advertised,
        asked=response.turn if response and asks else None,
        request="SSLRequest" if asks else "",
        granted=server[0].turn if asks and advertised else None,
        refused=_refusal(talk, server, greeting, response, asks),
        went_on=response is not None and not asks,
    )


def _refusal(
    talk: Talk,
    server: list[_Packet],
    greeting: _Greeting,
    response: _Packet | None,
    asks: bool,
) -> Refusal | None:
    """A server without CLIENT_SSL refuses whoever asks all the same, or leaves over it."""
    words = f"{greeting.version}: capabilities without CLIENT_SSL"
    if asks:
        error = _error(server[1]) if len(server) > 1 else None
        if error:
            return answer_no(server[1].turn, "ERR", error, advertised=greeting.ssl)
        return None if greeting.ssl else answer_no(server[0].turn, "", words, advertised=False)
    if response is not None or greeting.ssl:
        return None
    return left_unserved(talk, server[0].turn, words)


def _packets(talk: Talk, side: Side) -> list[_Packet]:
    """Return the first packets of a side; TLS or something else may follow them."""
    reader = Reader(talk.said(side), "packet")
    packets: list[_Packet] = []
    try:
        while len(reader) and len(packets) < 4:
            length = int.from_bytes(reader.opaque(3), "little")
            sequence = reader.u8()
            payload = reader.opaque(length)
            packets.append(_Packet(sequence, payload, talk.turn(side, reader.offset)))
    except DecodeError:
        return packets
    return packets


def _greeting(packet: _Packet) -> _Greeting | None:
    """Read a HandshakeV10."""
    reader = Reader(packet.payload, "HandshakeV10")
    if packet.sequence != 0:
        return None
    try:
        if reader.u8() != HANDSHAKE_V10:
            return None
        version, ended, _ = packet.payload[1:].partition(b"\0")
        reader.opaque(len(version) + 1)
        reader.opaque(4 + 8 + 1)  # thread id, first part of the salt, filler
        capabilities = int.from_bytes(reader.opaque(2), "little")
    except DecodeError:
        return None
    if not ended or not version or not version.isascii() or not version.decode().isprintable():
        return None
    return _Greeting(version.decode("ascii"), bool(capabilities & CLIENT_SSL))


def _asks(packet: _Packet) -> bool:
    """Tell whether a packet is an SSLRequest."""
    payload = packet.payload
    capabilities = int.from_bytes(payload[:4], "little")
    wanted = CLIENT_SSL | CLIENT_PROTOCOL_41
    return len(payload) == SSL_REQUEST_BYTES and capabilities & wanted == wanted


def _error(packet: _Packet) -> str | None:
    """Return the text of an ERR_Packet, with its number."""
    payload = packet.payload
    if len(payload) < 4 or payload[0] != ERROR:
        return None
    number = int.from_bytes(payload[1:3], "little")
    return f"{number} {shown(payload[3:])}" if 1000 <= number < 5000 else None
