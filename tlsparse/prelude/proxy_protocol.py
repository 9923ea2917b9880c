"""The PROXY protocol: a load balancer says for whom it speaks, before the first word of the client itself.

Nobody asks for anything and nobody answers; what follows is the connection proper.

Source: W. Tarreau, "The PROXY protocol, versions 1 & 2", sections 2.1 (a line of text) and 2.2 (bytes).
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address

from tlsparse.errors import DecodeError
from tlsparse.prelude.prelude import Prelude
from tlsparse.prelude.talk import Talk, shown
from tlsparse.tls.reader import Reader

LINE = re.compile(rb"PROXY (UNKNOWN|TCP[46] (\S+) (\S+) (\d{1,5}) (\d{1,5}))[^\r\n]*\r\n")
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
TCP_IPV4, TCP_IPV6 = 0x11, 0x21


def read_proxy_protocol(talk: Talk) -> Prelude | None:
    """Recognise the PROXY protocol by the client's first line or bytes."""
    line = LINE.match(talk.client[:108])  # 107 bytes at most, with the end of the line
    if line:
        target = shown(line[3] + b":" + line[5]) if line[2] else ""
        return Prelude("proxy", variant="1", target=target, opened=(line.end(), 0))
    if talk.client.startswith(SIGNATURE):
        return _read_2(Reader(talk.client, "PROXY"))
    return None


def _read_2(reader: Reader) -> Prelude | None:
    try:
        reader.opaque(len(SIGNATURE))
        version_and_command, family = reader.u8(), reader.u8()
        addresses = reader.vector(2, "addresses")
        if version_and_command >> 4 != 2:
            return None
        target = _destination(family, addresses)
    except DecodeError:
        return None
    return Prelude("proxy", variant="2", target=target, opened=(reader.offset, 0))


def _destination(family: int, addresses: Reader) -> str:
    """Return address and port that the connection was made to; empty for a connection of the proxy's own."""
    if family == TCP_IPV4:
        addresses.opaque(4)
        host = str(IPv4Address(addresses.opaque(4)))
    elif family == TCP_IPV6:
        addresses.opaque(16)
        host = f"[{IPv6Address(addresses.opaque(16))}]"
    else:
        return ""
    addresses.u16()
    return f"{host}:{addresses.u16()}"
