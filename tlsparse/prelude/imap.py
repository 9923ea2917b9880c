"""IMAP: mail, where every command has a tag and its answer repeats it.

The list of capabilities comes in an answer, or already in brackets with the greeting.

Source: RFC 9051 sections 6.1.1 (CAPABILITY), 6.2.1 (STARTTLS) and 7.1 (OK, NO, BAD, PREAUTH, BYE).
"""

from __future__ import annotations

import re
from collections import defaultdict, deque

from tlsparse.prelude.dialogue import Answer, Dialogue, Exchange, Grammar, conclude
from tlsparse.prelude.prelude import Prelude
from tlsparse.prelude.talk import Talk

GRAMMAR = Grammar(
    "imap",
    asks=r"STARTTLS$",
    grants={"OK"},
    lists=r"CAPABILITY$",
    listed={"OK"},
    offers=r"\bCAPABILITY\b.*\bSTARTTLS\b",
    idle={"NOOP", "ID"},
    goodbye="LOGOUT",
    greeting_lists=r"\[CAPABILITY\b",
)

OPENINGS = {"", "CAPABILITY", "STARTTLS", "ID", "NOOP", "LOGIN", "AUTHENTICATE", "LOGOUT"}


def read_imap(talk: Talk) -> Prelude | None:
    """Recognise IMAP by the greeting ``* OK``, or by a tagged command and its answer."""
    dialogue = _tagged(talk)
    if dialogue.opening not in OPENINGS:
        return None
    if dialogue.greeting is None and (
        dialogue.opening not in {"CAPABILITY", "STARTTLS", "ID"}
        or (talk.server and dialogue.exchanges[0].answer is None)
    ):
        return None
    return conclude(talk, GRAMMAR, dialogue)


def _tagged(talk: Talk) -> Dialogue:
    """Pair commands and answers by their tags."""
    greeting = None
    answers: defaultdict[str, deque[Answer]] = defaultdict(deque)
    untagged: list[str] = []
    for place, line in enumerate(talk.lines("server")):
        words = line.text.split(" ", 2)
        if place == 0 and words[0] == "*" and words[1:2] and words[1] in {"OK", "PREAUTH", "BYE"}:
            greeting = Answer(words[1], tuple(words[2:]), line.turn)
        elif words[0] == "*":
            untagged.append(line.text[2:])
        elif words[1:2] and words[1] in {"OK", "NO", "BAD"}:
            text = " ".join(words[2:])
            answers[words[0]].append(Answer(words[1], (text, *untagged), line.turn))
            untagged = []
    exchanges = []
    for line in talk.lines("client"):
        found = re.match(r"([!-~]{1,64}) (\S.*)", line.text)
        if found:  # some clients use one tag for all
            answer = answers[found[1]].popleft() if answers[found[1]] else None
            exchanges.append(Exchange(found[2].strip(), line.turn, answer))
    return Dialogue(greeting, tuple(exchanges))
