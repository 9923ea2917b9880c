"""The page of each cause: what it looks like, how it is told apart, what misleads, who acts, what to do.

A page is a file in `pages`, one for each language, named for its cause; its title and first sentence are those of
`causes.toml`. What Markdown it may have is little, so that it reads well in a terminal too: headings, paragraphs, lists
of one level, and blocks of commands. Its last section names the causes that are near.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from importlib import resources
from typing import Literal, NamedTuple

from tlsparse.diagnosis.causes import Cause, causes
from tlsparse.errors import UsageError
from tlsparse.language import ENGLISH, find_language, translate

ID = re.compile(r"`([a-z_]+(?:\.[a-z_]+)*)`")


class Block(NamedTuple):
    """A piece of a page."""

    kind: Literal["heading", "paragraph", "item", "code"]
    text: str  # a paragraph on one line, code as it stands


class Page(NamedTuple):
    """What is to be said of a cause, in one language."""

    cause: str
    title: str
    meaning: str
    blocks: tuple[Block, ...]
    near: tuple[Cause, ...]  # causes that it is mistaken for, or that go with it
    near_heading: str


def find_cause(word: str) -> Cause:
    """Return a cause by its id.

    Raises
    ------
    UsageError
        If there is none; says which may be meant.
    """
    try:
        return causes()[word]
    except KeyError:
        alike = _alike(word)
        hint = (
            f"did you mean {' or '.join(alike)}?" if alike else "tlsparse explain names all of them"
        )
        raise UsageError(f"there is no cause {word!r}; {hint}") from None


def _alike(word: str) -> list[str]:
    """Return the ids that a word may stand for: those that end with it or have it in them, else the most like."""
    known = list(causes())
    said = word.strip(".").lower().replace("-", "_").replace(" ", "_")
    for fits in (
        [id for id in known if said and id.rpartition(".")[2] == said],
        [id for id in known if said and said in id],
    ):
        if fits:
            return fits[:3]
    names: dict[str, str] = {id.rpartition(".")[2]: id for id in reversed(known)}
    names |= {id: id for id in known}
    return [names[name] for name in difflib.get_close_matches(said, names, n=1)]


def find_page(word: str, language: str = ENGLISH) -> Page:
    """Return the page of a cause.

    Parameters
    ----------
    word
        The id of a cause, ``certificate.expired``.
    language
        One of `tlsparse.language.LANGUAGES`.

    Raises
    ------
    UsageError
        If there is no such cause, or no such language.
    """
    cause = find_cause(word)
    folder = resources.files("tlsparse.diagnosis").joinpath("pages", find_language(language))
    blocks = list(_blocks(folder.joinpath(f"{cause.id}.md").read_text("utf-8")))
    near_heading, near = blocks.pop(-2), blocks.pop()
    return Page(
        cause.id,
        translate(cause.title, language),
        translate(cause.meaning, language),
        tuple(blocks),
        tuple(causes()[id] for id in ID.findall(near.text)),
        near_heading.text,
    )


def _blocks(text: str) -> Iterator[Block]:
    """Take a page apart. Lines of a paragraph or an item belong together until a blank line or the next item."""
    for part in re.split(r"\n\n+", text.strip()):
        if part.startswith("```"):
            yield Block("code", part.strip("`").strip("\n"))
        elif part.startswith("## "):
            yield Block("heading", part.removeprefix("## "))
        elif part.startswith("- "):
            for item in re.split(r"\n- ", part.removeprefix("- ")):
                yield Block("item", " ".join(item.split()))
        else:
            yield Block("paragraph", " ".join(part.split()))
