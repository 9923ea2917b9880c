"""Commands and answers, as the text protocols of the internet have them.

One side gives commands of one line, the other answers each of them, in order. The protocols differ in what an answer
looks like and in what TLS is called. A `Dialogue` is the pairs; a `Grammar` is a protocol's words; `conclude` finds
with them who asked for TLS, and what came of it.

Answers with numbers (SMTP, FTP, NNTP) are three digits and a text; a hyphen after the digits says that more lines
follow.

Source: RFC 5321 section 4.2 (SMTP); RFC 959 section 4.2 (FTP); RFC 3977 section 3.1 (NNTP).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

from tlsparse.prelude.prelude import Prelude, Refusal, answer_no, left_unserved
from tlsparse.prelude.talk import Line, Talk, Turn, shown


class Answer(NamedTuple):
    """What the server answered to a command."""

    code: str  # 250, OK, +OK
    lines: tuple[str, ...]  # without the code
    turn: Turn

    @property
    def words(self) -> str:
        """The whole answer on one line."""
        return " ".join(filter(None, (self.code, *self.lines)))


class Exchange(NamedTuple):
    """A command and its answer."""

    command: str
    turn: Turn
    answer: Answer | None

    @property
    def verb(self) -> str:
        """The command's first word, in capitals."""
        return self.command.partition(" ")[0].upper()


@dataclass(frozen=True, slots=True)
class Dialogue:
    """All that was said, in pairs."""

    greeting: Answer | None
    exchanges: tuple[Exchange, ...]

    @property
    def opening(self) -> str:
        """The first verb of the client; empty if it said nothing."""
        return self.exchanges[0].verb if self.exchanges else ""


@dataclass(frozen=True, slots=True)
class Grammar:
    """The words in which a protocol asks for TLS. Patterns ignore case and begin at the start."""

    protocol: str
    asks: str  # pattern of the command that asks
    grants: Collection[str]  # codes that grant it
    lists: str  # pattern of the command whose answer lists what the server can do
    listed: Collection[str]  # codes of such an answer
    offers: str  # pattern to be found in a line of the list
    idle: Collection[str] = ()  # verbs after which TLS can still be asked for
    goodbye: str = "QUIT"
    greeting_lists: str | None = None  # pattern of a greeting that is such a list, too


def conclude(talk: Talk, grammar: Grammar, dialogue: Dialogue) -> Prelude:
    """Find who asked for TLS, and what came of it; the last to ask counts."""
    advertised, went_on = None, False
    listing = asked = None
    greeting = dialogue.greeting
    if greeting and grammar.greeting_lists and _any(grammar.greeting_lists, greeting.lines):
        advertised, listing = _any(grammar.offers, greeting.lines), greeting
    for exchange in dialogue.exchanges:
        answer = exchange.answer
        if re.match(grammar.asks, exchange.command, re.IGNORECASE):
            asked, went_on = exchange, False
            if answer and answer.code in grammar.grants:
                break
        elif re.match(grammar.lists, exchange.command, re.IGNORECASE):
            if answer and answer.code in grammar.listed:
                advertised, listing = _any(grammar.offers, answer.lines), answer
        elif exchange.verb != grammar.goodbye and exchange.verb not in grammar.idle:
            went_on = True
    answer = asked.answer if asked else None
    granted = answer.turn if answer and answer.code in grammar.grants else None
    refused: Refusal | None = None
    if answer and not granted:
        refused = answer_no(answer.turn, answer.code, answer.words, advertised=advertised)
    elif listing and not advertised and not asked and not went_on:
        refused = _left(talk, grammar, dialogue, listing)
    return Prelude(
        grammar.protocol,
        greeting=shown(greeting.words) if greeting else "",
        advertised=advertised,
        asked=asked.turn if asked else None,
        request=shown(asked.command) if asked else "",
        granted=granted,
        refused=refused,
        went_on=went_on,
    )


def _left(talk: Talk, grammar: Grammar, dialogue: Dialogue, listing: Answer) -> Refusal | None:
    """Return the refusal of a client that read the list and left, with a word or without."""
    if dialogue.exchanges and dialogue.exchanges[-1].verb == grammar.goodbye:
        return Refusal("server", "not_advertised", "", shown(listing.words), listing.turn)
    return left_unserved(talk, listing.turn, listing.words)


def _any(pattern: str, lines: Iterable[str]) -> bool:
    return any(re.search(pattern, line, re.IGNORECASE) for line in lines)


# --- Answers with numbers -------------------------------------------------------------------------


def read_numbered(talk: Talk, listing: Collection[str] = ()) -> Dialogue:
    """Pair commands with answers that begin with numbers.

    Parameters
    ----------
    talk
        What both sides said.
    listing
        Codes of answers that are followed by lines up to one with a single dot (NNTP).
    """
    return pair(talk.lines("client"), list(_numbered(talk.lines("server"), listing)))


def pair(commands: list[Line], answers: list[Answer]) -> Dialogue:
    """Pair commands and answers in order; an answer before the first command is the greeting."""
    greeting = None
    if answers and (not commands or answers[0].turn.packet < commands[0].turn.packet):
        greeting = answers.pop(0)
    exchanges = tuple(
        Exchange(command.text.strip(), command.turn, answer)
        for command, answer in zip_longest(commands, answers[: len(commands)])
    )
    return Dialogue(greeting, exchanges)


def _numbered(lines: list[Line], listing: Collection[str]) -> Iterator[Answer]:
    """Yield the answers up to the first line that belongs to none."""
    code, last = "", ""
    block: list[str] = []
    for line in lines:
        if not last:
            found = re.match(r"([1-5]\d\d)([ -]|$)", line.text)
            if found is None:
                return
            code, block = found[1], [line.text[4:].strip()]
            last = code + " " if found[2] == "-" else "." if code in listing else ""
            if not last:
                yield Answer(code, tuple(block), line.turn)
        elif last == ".":
            block.append(line.text)
            if line.text == ".":
                yield Answer(code, tuple(block[:-1]), line.turn)
                last = ""
        else:
            own = line.text.startswith((code + "-", last)) or line.text == code
            block.append((line.text[4:] if own else line.text).strip())
            if own and line.text[3:4] != "-":
                yield Answer(code, tuple(block), line.turn)
                last = ""
