"""Text from captures, made safe for a terminal.

Names in a capture are chosen by strangers. A control character or a change of writing direction in one must not reach
the terminal of whoever reads it.
"""

from __future__ import annotations

import unicodedata

UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories of characters that do something other than to be seen."""


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
