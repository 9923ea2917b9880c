"""SMTP and LMTP: mail, where STARTTLS is a command and 220 grants it.

LMTP is the same with another hello. Exchange knows a second command, X-ANONYMOUSTLS, for its own kind.

Source: RFC 5321 section 3 and 4.3.2; RFC 2033 (LMTP); RFC 3207 section 4 (STARTTLS).
"""

from __future__ import annotations

from dataclasses import replace

from tlsparse.prelude.dialogue import Grammar, conclude, read_numbered
from tlsparse.prelude.prelude import Prelude
from tlsparse.prelude.talk import Talk

GRAMMAR = Grammar(
    "smtp",
    asks=r"(STARTTLS|X-ANONYMOUSTLS)$",
    grants={"220"},
    lists=r"[EL]HLO\b",
    listed={"250"},
    offers=r"^STARTTLS\b",
    idle={"HELO", "NOOP", "RSET", "HELP"},
)

OPENINGS = {"", "EHLO", "HELO", "LHLO", "STARTTLS", "NOOP", "RSET", "HELP", "QUIT", "MAIL"}


def read_smtp(talk: Talk) -> Prelude | None:
    """Recognise SMTP or LMTP by the greeting 220, or by the hello of the client."""
    dialogue = read_numbered(talk)
    greeting, opening = dialogue.greeting, dialogue.opening
    if opening not in OPENINGS:
        return None
    if greeting is None:
        if opening not in {"EHLO", "HELO", "LHLO", "STARTTLS"}:
            return None
        answer = dialogue.exchanges[0].answer
        if talk.server and (answer is None or (opening == "STARTTLS" and answer.code == "382")):
            return None
    elif greeting.code not in {"220", "421", "554"}:
        return None
    if greeting and not opening and "FTP" in greeting.words.upper():
        return None
    prelude = conclude(talk, GRAMMAR, dialogue)
    return replace(prelude, protocol="lmtp") if opening == "LHLO" else prelude
