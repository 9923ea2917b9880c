"""LDAP: directories, where StartTLS is an extended request and its result code says yes or no.

Every message is a SEQUENCE of a number and an operation, whose tag tells its kind.

Source: RFC 4511 sections 4.1.1 (LDAPMessage), 4.1.9 (LDAPResult), 4.12 (extended operations) and 4.14 (StartTLS).
"""

from __future__ import annotations

from typing import NamedTuple

from tlsparse.errors import DecodeError
from tlsparse.prelude.prelude import Prelude, answer_no
from tlsparse.prelude.talk import Side, Talk, Turn, decoded
from tlsparse.tls.der import INTEGER, OCTET_STRING, SEQUENCE, contents, element
from tlsparse.tls.reader import Reader

START_TLS = b"1.3.6.1.4.1.1466.20037"

UNBIND_REQUEST, EXTENDED_REQUEST, EXTENDED_RESPONSE = 0x42, 0x77, 0x78
OPERATIONS = {
    0x60, 0x61, UNBIND_REQUEST, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x4A, 0x6B, 0x6C, 0x6D,
    0x6E, 0x6F, 0x50, 0x73, EXTENDED_REQUEST, EXTENDED_RESPONSE, 0x79,
}  # fmt: skip

REQUEST_NAME = 0x80
ENUMERATED = 0x0A
SUCCESS = 0
RESULTS = {
    1: "operationsError",
    2: "protocolError",
    10: "referral",
    50: "insufficientAccessRights",
    51: "busy",
    52: "unavailable",
    53: "unwillingToPerform",
    80: "other",
}
"""Result codes that RFC 4511 section 4.14.2 and appendix A.2 let one expect."""


class _Message(NamedTuple):
    number: int
    operation: int
    body: bytes
    turn: Turn


def read_ldap(talk: Talk) -> Prelude | None:
    """Recognise LDAP by the first message of either side."""
    requests, responses = _messages(talk, "client"), _messages(talk, "server")
    if not (requests or responses) or (talk.client and not requests):
        return None
    if talk.server and not responses:
        return None
    asked = next((message for message in requests if _asks(message)), None)
    if asked is None:
        went_on = any(message.operation != UNBIND_REQUEST for message in requests)
        return Prelude("ldap", went_on=went_on)
    number = asked.number
    answer = next((m for m in responses if m.number == number), None)
    code, words = _result(answer) if answer else (SUCCESS, "")
    return Prelude(
        "ldap",
        asked=asked.turn,
        request=f"StartTLS ({START_TLS.decode()})",
        granted=answer.turn if answer and code == SUCCESS else None,
        refused=answer_no(answer.turn, str(code), words) if answer and code != SUCCESS else None,
        went_on=code != SUCCESS
        and any(m.number > number and m.operation != UNBIND_REQUEST for m in requests),
    )


def _messages(talk: Talk, side: Side) -> list[_Message]:
    """Return the messages of a side up to the first that cannot be read."""
    reader = Reader(talk.said(side), "LDAPMessage")
    messages = []
    try:
        while len(reader):
            message = contents(reader, "message", SEQUENCE)
            number = int.from_bytes(contents(message, "messageID", INTEGER).rest(), "big")
            operation, body = element(message, "protocolOp")
            if operation not in OPERATIONS:
                break
            turn = talk.turn(side, reader.offset)
            messages.append(_Message(number, operation, body.rest(), turn))
    except DecodeError:
        return messages
    return messages


def _asks(message: _Message) -> bool:
    """Tell whether a message is the request to start TLS."""
    if message.operation != EXTENDED_REQUEST:
        return False
    try:
        return contents(Reader(message.body), "requestName", REQUEST_NAME).rest() == START_TLS
    except DecodeError:
        return False


def _result(message: _Message) -> tuple[int, str]:
    """Read the result code and what is said with it; an answer without one grants nothing."""
    reader = Reader(message.body, "LDAPResult")
    try:
        code = int.from_bytes(contents(reader, "resultCode", ENUMERATED).rest(), "big")
        contents(reader, "matchedDN", OCTET_STRING)
        text = decoded(contents(reader, "diagnosticMessage", OCTET_STRING).rest())
    except DecodeError as error:
        return -1, str(error)
    name = RESULTS.get(code, f"result {code}")
    return code, f"{name}: {text}" if text else name
