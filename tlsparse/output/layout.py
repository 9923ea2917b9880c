"""Lines for a terminal: wrapped by what characters take on the screen, and coloured where that helps.

Nothing is said by a colour alone, so a pipe, a file and ``NO_COLOR`` lose nothing.
"""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TextIO

WIDTH, NARROWEST, WIDEST = 100, 80, 120
"""Columns where nobody looks at a terminal, and the bounds of what is made of a terminal's own: longer lines are hard
to read, and in shorter ones a command does not fit."""

BOLD, DIM, RED, YELLOW, GREEN, CYAN = "1", "2", "31", "33", "32", "36"

GAP = 2
"""Columns between what stands at the left of a line and what stands at its right."""


@dataclass(frozen=True)
class Layout:
    """How wide lines are, and whether there are colours."""

    width: int = WIDTH
    colour: bool = False

    @classmethod
    def of(cls, stream: TextIO) -> Layout:
        """Choose what suits a stream: colours and its width for a terminal, neither for anything else."""
        if not stream.isatty():
            return cls()
        columns = shutil.get_terminal_size((WIDTH, 24)).columns
        colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return cls(min(max(columns, NARROWEST), WIDEST), colour)

    def paint(self, text: str, code: str) -> str:
        """Colour a text that is laid out already."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def apart(self, left: str, right: str, indent: str) -> list[str]:
        """Put two texts at both ends of a line, or of two where one is too short."""
        room = self.width - columns_of(left) - columns_of(right)
        if room >= GAP:
            return [(left + " " * room + right).rstrip()]
        return [*self.wrapped(left, "", indent), *self.wrapped(right, indent)]

    def joined(self, parts: Iterable[str], indent: str) -> list[str]:
        """Put texts into one line if they have room there, else each into its own."""
        texts = [text for text in parts if text]
        line = indent + (" " * GAP).join(texts)
        if columns_of(line) <= self.width:
            return [line]
        return [line for text in texts for line in self.wrapped(text, indent, indent + "    ")]

    def wrapped(self, text: str, first: str, others: str | None = None) -> list[str]:
        """Break a text into lines, the first with one indent and the others with another."""
        indent, rest = first, first if others is None else others
        lines, line, room = [], "", self.width - len(first)
        for word in _words(text):
            size = columns_of(word.rstrip())
            if line and columns_of(line) + size > room:
                lines.append(indent + line.rstrip())
                indent, line, room = rest, "", self.width - len(rest)
            while columns_of(word.rstrip()) > room:  # longer than a line
                head = _head(word, room)
                lines.append(indent + head)
                word, indent, room = word[len(head) :], rest, self.width - len(rest)
            line += word
        return [*lines, indent + line.rstrip()] if line.strip() else lines


def columns_of(text: str) -> int:
    """Return how many columns a text takes: two for a wide character, none for one that sits on another."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _words(text: str) -> Iterator[str]:
    """Yield what must stay in one piece, with the space behind it: words, and each wide character by itself."""
    word = ""
    for character in text:
        if word and (_columns(character) == 2 or (word[-1] == " " != character)):
            yield word
            word = ""
        word += character
    if word:
        yield word


def _head(word: str, room: int) -> str:
    """Return as much of a word as has room; at least one character, so that there is an end."""
    taken = 0
    for place, character in enumerate(word):
        taken += _columns(character)
        if taken > room and place:
            return word[:place]
    return word
