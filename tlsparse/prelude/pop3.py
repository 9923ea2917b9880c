"""POP3: mail, where STLS asks and every answer is +OK or -ERR.

Some answers go on to a line with a single dot. Before TLS those are the answers to CAPA and to a bare AUTH.

Source: RFC 1939 section 3; RFC 2449 section 5 (CAPA); RFC 2595 section 4 (STLS).
"""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.prelude.dialogue import Answer, Grammar, conclude, pair
from tlsparse.prelude.prelude import Prelude
from tlsparse.prelude.talk import Line, Talk

GRAMMAR = Grammar(
    "pop3",
    asks=r"STLS$",
    grants={"+OK"},
    lists=r"CAPA$",
    listed={"+OK"},
    offers=r"^STLS$",
    idle={"NOOP"},
)

OPENINGS = {"", "CAPA", "STLS", "USER", "APOP", "AUTH", "NOOP", "QUIT"}


def read_pop3(talk: Talk) -> Prelude | None:
    """Recognise POP3 by a greeting of +OK or -ERR, or by STLS and CAPA."""
    commands, lines = talk.lines("client"), talk.lines("server")
    if lines and not lines[0].text.startswith(("+OK", "-ERR")):
        return None
    greeted = bool(lines) and (not commands or lines[0].turn.packet < commands[0].turn.packet)
    dialogue = pair(commands, list(_answers(lines, commands, greeted)))
    opening = dialogue.opening
    if opening not in OPENINGS or (not greeted and opening not in {"CAPA", "STLS"}):
        return None
    return conclude(talk, GRAMMAR, dialogue)


def _answers(lines: list[Line], commands: list[Line], greeted: bool) -> Iterator[Answer]:
    """Yield the answers: which of them go on to a dot depends on the command."""
    asked = iter(command.text.strip().upper() for command in commands)
    command = "" if greeted else next(asked, "")
    rest = iter(lines)
    for line in rest:
        code, _, text = line.text.partition(" ")
        block = [text.strip()]
        if code not in {"+OK", "-ERR"}:
            return
        if code == "+OK" and command in {"CAPA", "AUTH"}:
            for line in rest:  # the answer ends with the last of these
                if line.text == ".":
                    break
                block.append(line.text.strip())
        yield Answer(code, tuple(block), line.turn)
        command = next(asked, "")
