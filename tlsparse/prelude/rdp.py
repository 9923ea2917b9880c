"""RDP: remote desktops, where the connection request of X.224 asks for a kind of security.

Anything but the old security of RDP itself means TLS. The server picks one kind, or says why none will do; a server
that does not negotiate at all goes on with the old.

Source: RFC 1006 section 6 (TPKT); [MS-RDPBCGR] sections 2.2.1.1 (request) and 2.2.1.2 (response, failure codes).
"""

from __future__ import annotations

from typing import NamedTuple

from tlsparse.errors import DecodeError
from tlsparse.prelude.prelude import Prelude, answer_no
from tlsparse.prelude.talk import Side, Talk, Turn
from tlsparse.tls.reader import Reader

TPKT_VERSION = 3
CONNECTION_REQUEST, CONNECTION_CONFIRM = 0xE0, 0xD0
NEGOTIATION_REQUEST, NEGOTIATION_RESPONSE, NEGOTIATION_FAILURE = 1, 2, 3

PROTOCOL_RDP = 0
PROTOCOLS = {1: "SSL", 2: "HYBRID", 4: "RDSTLS", 8: "HYBRID_EX", 16: "RDSAAD"}
FAILURES = {
    1: "SSL_REQUIRED_BY_SERVER",
    2: "SSL_NOT_ALLOWED_BY_SERVER",
    3: "SSL_CERT_NOT_ON_SERVER",
    4: "INCONSISTENT_FLAGS",
    5: "HYBRID_REQUIRED_BY_SERVER",
    6: "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER",
}


class _Negotiation(NamedTuple):
    kind: int  # 0 where nothing is negotiated
    value: int
    turn: Turn


def read_rdp(talk: Talk) -> Prelude | None:
    """Recognise RDP by the X.224 connection request of the client, or the confirmation of the server."""
    request = _negotiation(talk, "client", CONNECTION_REQUEST)
    answer = _negotiation(talk, "server", CONNECTION_CONFIRM)
    if (talk.client and request is None) or (talk.server and answer is None):
        return None
    if request is None and (answer is None or answer.kind == 0):
        return None
    asks = request is not None and request.kind == NEGOTIATION_REQUEST and request.value != 0
    granted = answer is not None and (
        answer.kind == NEGOTIATION_RESPONSE and answer.value != PROTOCOL_RDP
    )
    return Prelude(
        "rdp",
        asked=request.turn if request and asks else None,
        request=_wishes(request.value) if request and asks else "",
        granted=answer.turn if answer and granted else None,
        refused=answer_no(answer.turn, *_words(answer))
        if answer and not granted and (asks or answer.kind == NEGOTIATION_FAILURE)
        else None,
        went_on=request is not None
        and answer is not None
        and not granted
        and talk.later("client", answer.turn),
    )


def _negotiation(talk: Talk, side: Side, kind: int) -> _Negotiation | None:
    """Read a side's first TPKT packet, which must be an X.224 message of a kind."""
    reader = Reader(talk.said(side), "TPKT")
    try:
        if reader.u8() != TPKT_VERSION or reader.u8() != 0:
            return None
        length = reader.u16()
        if length < 11:
            return None
        packet = reader.part(length - 4, "X.224")
        turn = talk.turn(side, reader.offset)
        packet.u8()  # length indicator
        if packet.u8() & 0xF0 != kind:
            return None
        packet.opaque(5)  # references and class
        rest = packet.rest()
        tail = rest[-8:]  # a cookie or routing token may stand before it
        if len(tail) < 8 or tail[0] not in (1, 2, 3) or tail[2:4] != b"\x08\0":
            old = not rest or rest.startswith(b"Cookie: ")
            return _Negotiation(0, PROTOCOL_RDP, turn) if old else None
        return _Negotiation(tail[0], int.from_bytes(tail[4:], "little"), turn)
    except DecodeError:
        return None


def _wishes(value: int) -> str:
    """Name the protocols that a client would take."""
    return "+".join(name for bit, name in PROTOCOLS.items() if value & bit) or hex(value)


def _words(answer: _Negotiation) -> tuple[str, str]:
    """Return code and words of an answer that grants no TLS."""
    if answer.kind == NEGOTIATION_FAILURE:
        return str(answer.value), FAILURES.get(answer.value, f"failure {answer.value}")
    return "", "PROTOCOL_RDP: the security of RDP itself, without TLS"
