"""Lines for a terminal: wrapped by what characters take on the screen, and coloured where that helps.

Nothing is said by a colour alone, so a pipe, a file and ``NO_COLOR`` lose nothing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TextIO

from tlsparse.language import ENGLISH
from tlsparse.terminal import width as columns_of
from tlsparse.terminal import wrap

WIDTH, NARROWEST, WIDEST = 100, 80, 120
"""Columns where nobody looks at a terminal, and the bounds of what is made of a terminal's own: longer lines are hard
to read, and in shorter ones a command does not fit."""

BOLD, DIM, RED, YELLOW, GREEN, CYAN = "1", "2", "31", "33", "32", "36"

GAP = 2
"""Columns between what stands at the left of a line and what stands at its right."""


@dataclass(frozen=True)
class Layout:
    """How wide lines are, whether there are colours, and the language of what is said."""

    width: int = WIDTH
    colour: bool = False
    language: str = ENGLISH

    @classmethod
    def of(cls, stream: TextIO, language: str = ENGLISH) -> Layout:
        """Choose what suits a stream: colours and its width for a terminal, neither for anything else."""
        if not stream.isatty():
            return cls(language=language)
        columns = shutil.get_terminal_size((WIDTH, 24)).columns
        colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return cls(min(max(columns, NARROWEST), WIDEST), colour, language)

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
        return wrap(text, self.width, first, others)
