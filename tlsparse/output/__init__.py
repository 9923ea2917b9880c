"""What the command prints: the diagnosis as text and as JSON, and tables in several formats.

Everything that comes from a capture is made safe for where it goes: a terminal gets no control characters, a
spreadsheet no formulas. The text is made in three steps, one file each: what belongs together (`groups`), what is said
of it (`text`, with the words of `phrases`), and how it is laid out (`layout`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tlsparse.output.layout import Layout
    from tlsparse.output.objects import JsonLines, as_json, handshake_json, json_lines, rfc3339
    from tlsparse.output.tables import write_frame
    from tlsparse.output.text import Totals, as_text, handshake_text

__all__ = [
    "JsonLines",
    "Layout",
    "Totals",
    "as_json",
    "as_text",
    "handshake_json",
    "handshake_text",
    "json_lines",
    "rfc3339",
    "write_frame",
]

_HOMES = {
    "layout": ("Layout",),
    "objects": ("JsonLines", "as_json", "handshake_json", "json_lines", "rfc3339"),
    "tables": ("write_frame",),
    "text": ("Totals", "as_text", "handshake_text"),
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: who wants JSON does not wait for the layout of text."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"tlsparse.output.{module}"), name)
    raise AttributeError(f"module 'tlsparse.output' has no attribute {name!r}")
