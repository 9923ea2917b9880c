"""Any decoded value as one short line of text, for a cell of a table.

Decoders give plain values: numbers, text, codes, bytes, tuples, and small dataclasses that know how
to print themselves. `describe` puts them together. Bytes are hexadecimal, and cut: a reader of a
table wants to compare two tickets, not to read them.
"""

from __future__ import annotations

from datetime import datetime

# Enough to tell two random values apart and to see a 32-byte key whole.
SHOWN_BYTES = 32


def describe(value: object) -> str:
    """Return `value` as one line.

    Names, comma between items, bytes as hex with their length when cut.
    """
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case bytes() if len(value) > SHOWN_BYTES:
            return f"{value[:SHOWN_BYTES].hex()}… ({len(value)} bytes)"
        case bytes():
            return value.hex()
        case tuple() | list():
            return ", ".join(map(describe, value))
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
    return str(value)
