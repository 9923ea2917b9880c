"""Microsoft SQL Server, where both sides tell in their prelogin what they think of encryption.

Off still means TLS, for the login alone; only a side that says "not supported" goes without. If the client insists,
that is a refusal.

Source: [MS-TDS] section 2.2.6.5 (PRELOGIN, option ENCRYPTION and the table of outcomes).
"""

from __future__ import annotations

from typing import NamedTuple

from tlsparse.errors import DecodeError
from tlsparse.prelude.prelude import Prelude, answer_no
from tlsparse.prelude.talk import Side, Talk, Turn
from tlsparse.prelude.tds import PRELOGIN, TABULAR_RESULT, read_packets
from tlsparse.tls.reader import Reader

ENCRYPTION, TERMINATOR = 0x01, 0xFF
OFF, ON, NOT_SUPPORTED, REQUIRED = 0x00, 0x01, 0x02, 0x03
NAMES = {
    OFF: "ENCRYPT_OFF",
    ON: "ENCRYPT_ON",
    NOT_SUPPORTED: "ENCRYPT_NOT_SUP",
    REQUIRED: "ENCRYPT_REQ",
}
CLIENT_CERTIFICATE = 0x80


class _Prelogin(NamedTuple):
    encryption: int
    turn: Turn


def read_mssql(talk: Talk) -> Prelude | None:
    """Recognise TDS by the prelogin message of the client, or of the server."""
    offer = _prelogin(talk, "client", PRELOGIN)
    answer = _prelogin(talk, "server", TABULAR_RESULT)
    if offer is None and (talk.client or answer is None):
        return None
    wanted = offer.encryption if offer else OFF
    asked = offer.turn if offer and wanted != NOT_SUPPORTED else None
    lacking = answer is not None and answer.encryption == NOT_SUPPORTED
    return Prelude(
        "mssql",
        advertised=not lacking if answer else None,
        asked=asked,
        request=NAMES.get(wanted, "") if asked else "",
        granted=answer.turn if answer and asked and not lacking else None,
        refused=answer_no(answer.turn, NAMES[NOT_SUPPORTED], "encryption is not supported")
        if answer and lacking and offer and wanted in (ON, REQUIRED)
        else None,
        went_on=bool(offer and answer)
        and (lacking or not asked)
        and offer is not None
        and talk.later("client", offer.turn),
    )


def _prelogin(talk: Talk, side: Side, kind: int) -> _Prelogin | None:
    """Read the option ENCRYPTION out of a side's first packet."""
    data = talk.said(side)
    packet = next(read_packets(data), None)
    if packet is None or packet.type != kind:
        return None
    options = Reader(packet.data, "prelogin")
    try:
        while (token := options.u8()) != TERMINATOR:
            offset, length = options.u16(), options.u16()
            if token == ENCRYPTION and length == 1 and offset < len(packet.data):
                encryption = packet.data[offset] & ~CLIENT_CERTIFICATE
                return _Prelogin(encryption, talk.turn(side, packet.end))
    except DecodeError:
        return None
    return None
