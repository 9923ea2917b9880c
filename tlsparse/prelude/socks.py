"""SOCKS 4, 4a and 5: a proxy that speaks in bytes.

Version 4 is one request and one answer. In 4a an address 0.0.0.x says that a name follows. Version 5 agrees first on
how the client shows who it is (and may ask for a password), then on the target.

Source: Y.-D. Lee, "SOCKS: A protocol for TCP proxy across firewalls" and "SOCKS 4A"; RFC 1928; RFC 1929.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

from tlsparse.errors import DecodeError
from tlsparse.prelude.prelude import Prelude, answer_no
from tlsparse.prelude.talk import Talk, decoded, shown
from tlsparse.tls.reader import Reader

CONNECT = 1
GRANTED = 0x5A
REPLIES_4 = {
    0x5B: "request rejected or failed",
    0x5C: "the client's identd cannot be reached",
    0x5D: "the client's identd names another user",
}
NO_AUTHENTICATION, PASSWORD, NO_ACCEPTABLE_METHOD = 0x00, 0x02, 0xFF
REPLIES_5 = {
    1: "general SOCKS server failure",
    2: "connection not allowed by ruleset",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "TTL expired",
    7: "command not supported",
    8: "address type not supported",
}
IPV4, NAME, IPV6 = 1, 3, 4


def read_socks(talk: Talk) -> Prelude | None:
    """Recognise SOCKS by the client's first bytes, and the server's if it said any."""
    try:
        if talk.client[:2] == b"\x04\x01":
            return _read_4(talk)
        if talk.client[:1] == b"\x05":
            return _read_5(talk)
    except DecodeError:
        return None
    return None


# --- Version 4 ------------------------------------------------------------------------------------


def _read_4(talk: Talk) -> Prelude | None:
    client, server = Reader(talk.client, "socks4"), Reader(talk.server, "socks4 reply")
    client.opaque(2)
    port, address = client.u16(), client.opaque(4)
    _string(client)  # the user
    named = address[:3] == b"\0\0\0" and address[3] != 0
    host = shown(_string(client)) if named else str(IPv4Address(address))
    prelude = Prelude(
        "socks",
        variant="4a" if named else "4",
        asked=talk.turn("client", client.offset),
        request=f"CONNECT {host}:{port}",
        target=f"{host}:{port}",
    )
    if not len(server):
        return prelude
    if server.u8() != 0:
        return None
    code = server.u8()
    if not GRANTED <= code <= 0x5D:
        return None
    server.opaque(6)
    if code == GRANTED:
        return _opened(talk, prelude, client, server)
    return _refused(talk, prelude, server, code, REPLIES_4[code])


def _string(reader: Reader) -> bytes:
    """Read bytes up to a zero."""
    text = bytearray()
    while byte := reader.u8():
        text.append(byte)
    return bytes(text)


# --- Version 5 ------------------------------------------------------------------------------------


def _read_5(talk: Talk) -> Prelude | None:
    client, server = Reader(talk.client, "socks5"), Reader(talk.server, "socks5 reply")
    client.u8()
    methods = client.vector(1, "methods", 1).rest()
    if len(set(methods)) < len(
        methods
    ):  # nobody repeats a method: other protocols begin with 5, too
        return None
    asked = talk.turn("client", client.offset)
    greeting = Prelude("socks", variant="5", asked=asked, request="methods " + methods.hex(" "))
    if not len(server):  # nothing but its form tells it from anything else
        return greeting if len(asked.data) == 2 + len(methods) and 0 in methods[:2] else None
    if server.u8() != 5:
        return None
    method = server.u8()
    if method == NO_ACCEPTABLE_METHOD:
        return _refused(talk, greeting, server, method, "no acceptable method")
    if method not in methods:
        return None
    try:
        if method == PASSWORD:
            client.u8()
            client.vector(1, "user"), client.vector(1, "password")
            server.u8()
            if status := server.u8():
                return _refused(talk, greeting, server, status, "user or password rejected")
        elif method != NO_AUTHENTICATION:
            return greeting  # what GSSAPI says is not followed
        return _request_5(talk, client, server) or greeting
    except DecodeError:
        return greeting


def _request_5(talk: Talk, client: Reader, server: Reader) -> Prelude | None:
    """Read the request and its answer."""
    version, command, _ = client.u8(), client.u8(), client.u8()
    host = _address(client)
    target = f"{host}:{client.u16()}"
    if version != 5 or command != CONNECT:
        return None
    prelude = Prelude(
        "socks",
        variant="5",
        asked=talk.turn("client", client.offset),
        request=f"CONNECT {target}",
        target=target,
    )
    try:
        server.u8()
        code, _ = server.u8(), server.u8()
        _address(server)
        server.u16()
    except DecodeError:
        return prelude
    if code == 0:
        return _opened(talk, prelude, client, server)
    return _refused(talk, prelude, server, code, REPLIES_5.get(code, f"reply {code}"))


def _address(reader: Reader) -> str:
    kind = reader.u8()
    if kind == IPV4:
        return str(IPv4Address(reader.opaque(4)))
    if kind == IPV6:
        return f"[{IPv6Address(reader.opaque(16))}]"
    if kind != NAME:
        reader.fail(f"has an address of type {kind}")
    return shown(decoded(reader.vector(1, "name").rest()))


# --- Both -----------------------------------------------------------------------------------------


def _opened(talk: Talk, prelude: Prelude, client: Reader, server: Reader) -> Prelude:
    turn = talk.turn("server", server.offset)
    return replace(prelude, granted=turn, opened=(client.offset, server.offset))


def _refused(talk: Talk, prelude: Prelude, server: Reader, code: int, words: str) -> Prelude:
    turn = talk.turn("server", server.offset)
    return replace(prelude, refused=answer_no(turn, str(code), words))
