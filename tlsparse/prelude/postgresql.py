"""PostgreSQL: a database, where SSLRequest is eight bytes and its answer is one: S or N.

A client may ask for GSSAPI encryption first. A server that is older than the request, or has an error to tell,
answers with an ErrorResponse. A client that may go on in plain (sslmode=prefer) sends its startup message then.

Source: PostgreSQL documentation, "Message Flow" (SSL Session Encryption) and "Message Formats".
"""

from __future__ import annotations

import re

from tlsparse.prelude.prelude import Prelude, answer_no
from tlsparse.prelude.talk import Talk, shown

SSL_REQUEST = bytes.fromhex("00000008 04d2162f")
GSSENC_REQUEST = bytes.fromhex("00000008 04d21630")

ANSWERS = {b"S": "willing to perform SSL", b"N": "unwilling to perform SSL"}


def read_postgresql(talk: Talk) -> Prelude | None:
    """Recognise PostgreSQL by the request of the client, or by its startup message."""
    client, answers = talk.client, talk.server
    at = place = 0
    if client[:8] == GSSENC_REQUEST:
        if answers[:1] == b"G":  # what follows is GSSAPI's
            return Prelude("postgresql", went_on=True)
        at = place = 8
        answers, place = answers[1:], 1
    if client[at : at + 8] != SSL_REQUEST:
        started = at > 0 or re.match(rb"\0\0..\0\x03\0[\0-\x02]user\0", client, re.DOTALL)
        return Prelude("postgresql", went_on=len(client) > at) if started else None
    if answers[:1] not in (b"", b"S", b"N", b"E"):
        return None
    asked = talk.turn("client", at + 8)
    answer = talk.turn("server", place + 1) if answers else None
    code = answers[:1].decode("ascii")
    return Prelude(
        "postgresql",
        asked=asked,
        request="SSLRequest",
        granted=answer if code == "S" else None,
        refused=answer_no(answer, code, _words(answers)) if answer and code != "S" else None,
        went_on=code in ("N", "E") and len(client) > at + 8,
    )


def _words(answers: bytes) -> str:
    """Return what a refusal says; the field M of an ErrorResponse is meant for people."""
    if answers[:1] != b"E":
        return f"{answers[:1].decode('ascii')} ({ANSWERS[answers[:1]]})"
    message = re.search(rb"\0M([^\0]+)\0", answers)
    return shown(message[1] if message else answers)
