"""Text for a terminal: made safe, and laid out in its columns.

Names in a capture are chosen by strangers. A control character or a change of writing direction in one must not reach
the terminal of whoever reads it.

A Chinese character takes two columns, and a line may break beside any of them, but not before a mark that closes nor
after one that opens.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories of characters that do something other than to be seen."""

NEVER_FIRST = {"Pe", "Pf", "Po"}
"""Unicode categories of marks that no line begins with: what closes, commas and stops."""

NEVER_LAST = {"Ps", "Pi"}
"""Unicode categories of marks that no line ends with: what opens."""


def plain(text: str) -> str:
    """Return text with every character that could do something to a terminal written as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        if unicodedata.category(character) not in UNSAFE
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def brief(text: str, most: int) -> str:
    """Return text made plain, without its middle where it is longer than `most` characters.

    The beginning and the end of a host name both matter, and a hostile one may be 64 KB long.
    """
    # No more can be seen than twice this, whatever the escapes make of it.
    shown = plain(text if len(text) <= 2 * most else text[:most] + text[-most:])
    if len(shown) <= most:
        return shown
    tail = most // 3
    return f"{shown[: most - tail - 1]}…{shown[-tail:]}"


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def pad(text: str, columns: int) -> str:
    """Return a text with spaces after it, so that it takes some columns."""
    return text + " " * (columns - width(text))


def wrap(text: str, columns: int, indent: str = "", hanging: str | None = None) -> list[str]:
    """Break a text into lines: between words, beside Chinese characters, and inside what is longer than a line.

    Parameters
    ----------
    text
        One paragraph.
    columns
        The most that a line takes, its indent included.
    indent
        What stands before the first line.
    hanging
        What stands before the others; the same by default.
    """
    rest = indent if hanging is None else hanging
    lines: list[str] = []
    line, room = "", columns - width(indent)
    for piece in _pieces(text):
        if line and width(line) + width(piece.rstrip()) > room:
            lines.append(indent + line.rstrip())
            indent, line, room = rest, "", columns - width(rest)
        while width(piece.rstrip()) > room:  # longer than a line
            head = _head(piece, room)
            lines.append(indent + head)
            piece, indent, room = piece[len(head) :], rest, columns - width(rest)
        line += piece
    return [*lines, indent + line.rstrip()] if line.strip() else lines


def _pieces(text: str) -> Iterator[str]:
    """Yield the pieces of a text between which a line may break, each with the spaces after it."""
    piece = ""
    for character in text:
        if piece and _may_break(piece[-1], character):
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def _head(piece: str, room: int) -> str:
    """Return as much of a piece as has room; at least one character, so that there is an end."""
    taken = 0
    for place, character in enumerate(piece):
        taken += _columns(character)
        if taken > room and place:
            return piece[:place]
    return piece


def _may_break(left: str, right: str) -> bool:
    if right == " ":
        return False
    if left == " ":
        return True
    if unicodedata.category(right) in NEVER_FIRST or unicodedata.category(left) in NEVER_LAST:
        return False
    return _columns(right) > 0 and 2 in (_columns(left), _columns(right))


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
