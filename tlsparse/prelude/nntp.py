"""NNTP: news, where STARTTLS is granted by 382.

Source: RFC 3977 sections 5.1 (greeting) and 5.2 (CAPABILITIES); RFC 4642 section 2.
"""

from __future__ import annotations

from tlsparse.prelude.dialogue import Grammar, conclude, read_numbered
from tlsparse.prelude.prelude import Prelude
from tlsparse.prelude.talk import Talk

GRAMMAR = Grammar(
    "nntp",
    asks=r"STARTTLS$",
    grants={"382"},
    lists=r"CAPABILITIES\b",
    listed={"101"},
    offers=r"^STARTTLS\b",
    idle={"MODE", "DATE", "HELP"},
)

LISTINGS = {"100", "101"}

OPENINGS = {
    "", "STARTTLS", "CAPABILITIES", "MODE", "AUTHINFO", "GROUP", "LIST", "HELP", "DATE", "QUIT"
}  # fmt: skip


def read_nntp(talk: Talk) -> Prelude | None:
    """Recognise NNTP by the greeting 200 or 201, or by the answer 382."""
    dialogue = read_numbered(talk, LISTINGS)
    greeting, opening = dialogue.greeting, dialogue.opening
    if opening not in OPENINGS:
        return None
    if greeting is None:
        first = dialogue.exchanges[0].answer if dialogue.exchanges else None
        granted = opening == "STARTTLS" and first is not None and first.code == "382"
        if not granted and opening != "CAPABILITIES":
            return None
    elif greeting.code not in {"200", "201", "400", "502"}:
        return None
    return conclude(talk, GRAMMAR, dialogue)
