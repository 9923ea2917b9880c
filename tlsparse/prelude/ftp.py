"""FTP: files, where AUTH TLS asks on the control connection and 234 grants it.

AUTH has other mechanisms (GSSAPI, KERBEROS_V4), which ask for no TLS. AUTH SSL and the two forms of the drafts,
TLS-C and TLS-P, are still sent.

Source: RFC 959; RFC 2228 section 3 (AUTH); RFC 2389 (FEAT); RFC 4217 section 4.
"""

from __future__ import annotations

from tlsparse.prelude.dialogue import Dialogue, Grammar, conclude, read_numbered
from tlsparse.prelude.prelude import Prelude
from tlsparse.prelude.talk import Talk

GRAMMAR = Grammar(
    "ftp",
    asks=r"AUTH\s+(TLS(-[CP])?|SSL)\b",
    grants={"234"},
    lists=r"FEAT\b",
    listed={"211"},
    offers=r"^AUTH\b.*\b(TLS|SSL)\b",
    idle={"SYST", "NOOP", "HELP", "HOST", "CLNT"},
)

OPENINGS = {"", "AUTH", "USER", "FEAT", "SYST", "HOST", "CLNT", "OPTS", "NOOP", "QUIT", "HELP"}


def read_ftp(talk: Talk) -> Prelude | None:
    """Recognise FTP by the greeting 220 and a first command that is FTP's."""
    dialogue = read_numbered(talk)
    greeting, opening = dialogue.greeting, dialogue.opening
    if opening not in OPENINGS:
        return None
    if greeting is None:
        first = dialogue.exchanges[0] if dialogue.exchanges else None
        if opening not in {"AUTH", "FEAT"} or (talk.server and first and first.answer is None):
            return None
    elif greeting.code not in {"220", "120", "421"}:
        return None
    if greeting and not opening and "SMTP" in greeting.words.upper():
        return None
    return conclude(talk, GRAMMAR, _without_interim(dialogue))


def _without_interim(dialogue: Dialogue) -> Dialogue:
    """Drop what follows the first preliminary answer (1xx): another answer to the same command comes after it."""
    for place, exchange in enumerate(dialogue.exchanges):
        if exchange.answer and exchange.answer.code.startswith("1"):
            return Dialogue(dialogue.greeting, dialogue.exchanges[:place])
    return dialogue
