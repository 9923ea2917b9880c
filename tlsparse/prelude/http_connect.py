"""HTTP CONNECT: a proxy that opens a tunnel, or says with a status why not.

A client may ask again after 407, with credentials. The last answer counts. Of the request only its first line is kept
as text: what follows may hold a password.

Source: RFC 9110 section 9.3.6 (CONNECT) and 15 (status codes); RFC 9112 section 2 (messages).
"""

from __future__ import annotations

import re

from tlsparse.prelude.prelude import Prelude, answer_no
from tlsparse.prelude.talk import Talk, decoded, shown

REQUEST = re.compile(
    rb"^CONNECT (\S{1,512}) HTTP/1\.[01]\r?\n(?:[^\r\n]+\r?\n){0,100}\r?\n", re.MULTILINE
)
STATUS = re.compile(
    rb"^(HTTP/1\.[01] (\d{3})[^\r\n]*)\r?\n(?:[^\r\n]+\r?\n){0,100}\r?\n", re.MULTILINE
)


def read_http_connect(talk: Talk) -> Prelude | None:
    """Recognise CONNECT by the client's first line."""
    if not talk.client.startswith(b"CONNECT ") or (
        talk.server and not talk.server.startswith(b"HTTP/1.")
    ):
        return None
    requests = list(REQUEST.finditer(talk.client))
    if not requests:
        return None
    answers = [found for found in STATUS.finditer(talk.server) if found[2][:1] != b"1"]
    opened = next((found for found in answers if found[2][:1] == b"2"), None)
    request = requests[-1]
    if opened:  # requests after that one go through the tunnel
        request = requests[min(answers.index(opened), len(requests) - 1)]
    last = answers[-1] if answers and not opened and len(answers) >= len(requests) else None
    return Prelude(
        "http_connect",
        asked=talk.turn("client", request.end()),
        request=shown(request[0].splitlines()[0]),
        target=shown(decoded(request[1])),
        granted=talk.turn("server", opened.end()) if opened else None,
        refused=answer_no(talk.turn("server", last.end()), last[2].decode(), last[1])
        if last
        else None,
        opened=(request.end(), opened.end()) if opened else None,
    )
