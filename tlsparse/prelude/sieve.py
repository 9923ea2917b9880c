"""ManageSieve: filters of mail, where the server greets with the list of what it can do.

A line that begins with OK, NO or BYE ends an answer; the lines before it are quoted strings.

Source: RFC 5804 sections 1.2 (answers), 1.7 (capabilities) and 2.2 (STARTTLS).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tlsparse.prelude.dialogue import Answer, Grammar, conclude, pair
from tlsparse.prelude.prelude import Prelude
from tlsparse.prelude.talk import Line, Talk

GRAMMAR = Grammar(
    "sieve",
    asks=r"STARTTLS$",
    grants={"OK"},
    lists=r"CAPABILITY$",
    listed={"OK"},
    offers=r'^"STARTTLS"',
    idle={"NOOP"},
    goodbye="LOGOUT",
    greeting_lists=r'^"(IMPLEMENTATION|SASL|SIEVE)"',
)


def read_sieve(talk: Talk) -> Prelude | None:
    """Recognise ManageSieve by the greeting with its name of the implementation."""
    lines = talk.lines("server")
    if not lines or not re.match(r'"(IMPLEMENTATION|SASL|SIEVE|STARTTLS)"', lines[0].text):
        return None
    return conclude(talk, GRAMMAR, pair(talk.lines("client"), list(_answers(lines))))


def _answers(lines: list[Line]) -> Iterator[Answer]:
    block: list[str] = []
    for line in lines:
        found = re.match(r"(OK|NO|BYE)\b\s*(.*)", line.text)
        if found is None:
            block.append(line.text.strip())
        else:
            yield Answer(found[1], (*filter(None, [found[2]]), *block), line.turn)
            block = []
