"""Tables in several formats: for the eye, as CSV, as JSON lines, as Parquet.

A spreadsheet gets no formulas from a capture, and a terminal no control characters.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tlsparse.errors import MissingExtraError, UsageError
from tlsparse.output.objects import rfc3339
from tlsparse.terminal import pad, plain
from tlsparse.terminal import width as columns_of

if TYPE_CHECKING:
    import pandas as pd

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a cell for a formula; a quote before it prevents that."""


def write_frame(frame: pd.DataFrame, form: str, output: str | None) -> None:
    """Write a table to a file, or to standard output.

    Raises
    ------
    UsageError
        If Parquet is to go to a terminal.
    MissingExtraError
        If Parquet is asked for and the extra ``parquet`` is not installed.
    """
    if form == "parquet":
        _write_parquet(frame, output)
        return
    if form == "table":
        text = _spread(frame)
    elif form == "csv":
        text = _defused(frame).to_csv(index=False)
    else:
        text = "".join(json.dumps(row) + "\n" for row in _json_rows(frame))
    if output is None:
        print(text, end="")
    else:
        with open(output, "w", encoding="utf-8", newline="") as file:
            file.write(text)


def _write_parquet(frame: pd.DataFrame, output: str | None) -> None:
    if output is None and sys.stdout.isatty():
        raise UsageError("Parquet is not for a terminal; name a file with -o")
    buffer = io.BytesIO()
    try:
        frame.to_parquet(buffer, index=False)
    except ImportError as error:
        raise MissingExtraError("pyarrow", "parquet", "writing Parquet") from error
    if output is None:
        sys.stdout.buffer.write(buffer.getvalue())
    else:
        with open(output, "wb") as file:
            file.write(buffer.getvalue())


def _spread(frame: pd.DataFrame) -> str:
    """Write a table for the eye, as wide as it is."""
    if frame.empty:
        return f"(no rows; columns: {', '.join(frame.columns)})\n"
    texts = {column: [_cell(value) for value in frame[column]] for column in frame.columns}
    widths = {
        column: max(len(column), *map(columns_of, values)) for column, values in texts.items()
    }
    lines = ["  ".join(column.ljust(widths[column]) for column in texts).rstrip()]
    for row in zip(*texts.values(), strict=True):
        cells = (pad(cell, width) for cell, width in zip(row, widths.values(), strict=True))
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    import pandas as pd

    if isinstance(value, list):
        return plain(", ".join(map(str, value)))
    if pd.isna(value):
        return "-"
    if isinstance(value, pd.Timestamp):
        return rfc3339(value.value)
    return f"{value:.3f}" if isinstance(value, float) else plain(str(value))


def _defused(frame: pd.DataFrame) -> pd.DataFrame:
    """Make all but numbers text, which a spreadsheet cannot take for a formula."""
    import pandas as pd

    texts = {
        column: frame[column].astype(object).map(_defuse, na_action="ignore")
        for column in frame.columns
        if not pd.api.types.is_numeric_dtype(frame[column].dtype)
    }
    return pd.DataFrame({column: texts.get(column, frame[column]) for column in frame.columns})


def _defuse(value: Any) -> str:
    text = _cell(value)
    return f"'{text}" if text[:1] in FORMULA_STARTS else text


def _json_rows(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    import pandas as pd

    for row in frame.itertuples(index=False):
        values: dict[str, Any] = {}
        for column, value in zip(frame.columns, row, strict=True):
            if isinstance(value, pd.Timestamp):
                values[column] = rfc3339(value.value)
            elif isinstance(value, list):
                values[column] = value
            elif pd.isna(value):
                values[column] = None
            else:
                values[column] = value.item() if hasattr(value, "item") else value
        yield values
