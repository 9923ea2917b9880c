"""What the command prints: the diagnosis as text and as JSON, and tables in several formats.

Everything that comes from a capture is made safe for where it goes: a terminal gets no control characters, a
spreadsheet no formulas. The text is made in three steps, one file each: what belongs together (`groups`), what is said
of it (`text`, with the words of `phrases`), and how it is laid out (`layout`).
"""

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
