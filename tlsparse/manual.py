"""The pages of causes as `tlsparse explain` prints them, and as the documents in `docs`."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.causes import causes
from tlsparse.diagnosis.pages import Block, Page, find_page
from tlsparse.language import translate
from tlsparse.terminal import pad, wrap

TITLE = "Why TLS handshakes fail"

OPENING = (
    "The causes that tlsparse tells apart, from general to particular. A finding names the most particular one that "
    "the evidence bears. `tlsparse explain CAUSE` prints the same pages."
)


# --- For a terminal ---------------------------------------------------------------------------------


def list_causes(language: str) -> str:
    """Write all causes with their titles, each general one before its particular ones."""
    names = {id: "  " * id.count(".") + id for id in causes()}
    widest = max(map(len, names.values()))
    return "\n".join(
        f"{pad(names[cause.id], widest)}  {translate(cause.title, language)}"
        for cause in causes().values()
    )


def print_page(page: Page, language: str, columns: int) -> str:
    """Write a page for a terminal of some columns."""
    lines = [*wrap(page.title, columns), page.cause, "", *wrap(page.meaning, columns)]
    before = ""
    for block in page.blocks:
        if not (block.kind == before == "item"):
            lines.append("")
        lines += _printed(block, columns)
        before = block.kind
    if page.near:
        lines += ["", *wrap(page.near_heading, columns)]
        widest = max(len(cause.id) for cause in page.near)
        lines += [
            f"  {pad(cause.id, widest)}  {translate(cause.title, language)}" for cause in page.near
        ]
    return "\n".join(lines)


def _printed(block: Block, columns: int) -> list[str]:
    if block.kind == "heading":
        return wrap(block.text, columns)
    if block.kind == "code":
        return [
            f"      {line}" for line in block.text.split("\n")
        ]  # whole, so that it can be copied
    if block.kind == "item":
        return wrap(block.text, columns, "  - ", "    ")
    return wrap(block.text, columns, "  ")


# --- For a browser ----------------------------------------------------------------------------------


def as_markdown(language: str) -> str:
    """Write all pages as one document."""
    parts = [f"# {translate(TITLE, language)}", translate(OPENING, language)]
    parts.append("\n".join(_contents(language)))
    for id in causes():
        parts += _section(find_page(id, language), language)
    return "\n\n".join(parts) + "\n"


def _contents(language: str) -> Iterator[str]:
    for id, cause in causes().items():
        title = translate(cause.title, language)
        yield f"{'  ' * id.count('.')}- [`{id}`](#{id}) {title}"


def _section(page: Page, language: str) -> Iterator[str]:
    yield f'<a id="{page.cause}"></a>'
    yield f"## {page.title}"
    yield f"`{page.cause}`"
    yield page.meaning
    items: list[str] = []
    for block in (*page.blocks, Block("heading", page.near_heading)):
        if block.kind == "item":
            items.append(f"- {block.text}")
            continue
        if items:
            yield "\n".join(items)
            items = []
        if block.kind == "heading":
            yield f"### {block.text}"
        elif block.kind == "code":
            yield f"```\n{block.text}\n```"
        else:
            yield block.text
    yield "\n".join(
        f"- [`{cause.id}`](#{cause.id}) {translate(cause.title, language)}" for cause in page.near
    )
