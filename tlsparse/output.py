"""What the command prints: the diagnosis as text and as JSON, and tables in several formats.

Everything that comes from a capture is made safe for where it goes: a terminal gets no control characters, a
spreadsheet no formulas.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tlsparse.errors import MissingExtraError, UsageError
from tlsparse.frames import (
    TABLES,
    TIME,
    Row,
    alert_row,
    finding_row,
    handshake_row,
    known,
    known_time,
)
from tlsparse.language import ENGLISH, Phrase, phrase_of, say_code, translate
from tlsparse.terminal import brief, pad, plain, wrap
from tlsparse.terminal import width as columns_of

if TYPE_CHECKING:
    import pandas as pd

    from tlsparse.capture import Capture
    from tlsparse.diagnosis.finding import Finding
    from tlsparse.handshake.handshake import Handshake

WIDTH = 100

NOTHING = "No TLS was seen, and no attempt at it. --all-flows names every TCP connection."

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a cell for a formula; a quote before it prevents that."""


# --- Text -----------------------------------------------------------------------------------------


def as_text(capture: Capture, *, every: bool = False) -> str:
    """Write the diagnosis of a capture: failed handshakes first, each as a block, then the others.

    Parameters
    ----------
    capture
        What was read.
    every
        Whether handshakes that completed are named one by one, rather than counted.
    """
    contents = capture.contents
    language = contents.language
    handshakes = [handshake for _, handshake in contents.each()]
    failed = [h for h in handshakes if h.outcome not in ("completed", "cut")]
    cut = [h for h in handshakes if h.outcome == "cut"]
    fine = [h for h in handshakes if h.outcome == "completed"]
    blocks = [capture.headline]
    blocks += [
        _block(handshake, contents.findings[handshake.number], language) for handshake in failed
    ]
    blocks += [
        _block(handshake, contents.findings[handshake.number], language, mark="!")
        for handshake in fine
        if contents.findings[handshake.number]
    ]
    if not handshakes:
        blocks.append(translate(NOTHING, language))
    for group, mark in ((cut, "?"), (fine, "+")):
        if every and group:
            blocks.append(
                "\n".join(f"{mark}  {_who(h)}  {say_code(h.outcome, language)}" for h in group)
            )
    return "\n\n".join(blocks)


def handshake_text(handshake: Handshake, findings: list[Finding], language: str = ENGLISH) -> str:
    """Write one handshake by itself: as a block if there is something to say of it, and as a line if not."""
    if handshake.outcome in ("completed", "cut") and not findings:
        mark = "+" if handshake.outcome == "completed" else "?"
        return f"{mark}  {_who(handshake)}  {say_code(handshake.outcome, language)}"
    mark = {"completed": "!", "cut": "?"}.get(handshake.outcome, "x")
    return _block(handshake, findings, language, mark)


def _who(handshake: Handshake) -> str:
    parts = [
        f"#{handshake.number}",
        f"{handshake.client} -> {handshake.server}",
        brief(handshake.server_name or "", WIDTH),
        str(handshake.version or ""),
        str(handshake.cipher_suite or ""),
    ]
    return "  ".join(part for part in parts if part)


def _block(handshake: Handshake, findings: list[Finding], language: str, mark: str = "x") -> str:
    """Write a handshake of which there is something to say.

    The most probable finding stands whole. Of a failure the others are what else it may be, of a handshake that
    completed what else is to be mended.
    """
    completed = handshake.outcome == "completed"
    lines = [f"{mark}  {_who(handshake)}", f"   {_ended(handshake, language)}"]
    for finding in findings[:1]:
        who = Phrase("{side} must act", side=phrase_of(finding.side)).say(language)
        lines.append(f"   {finding.cause}  {finding.confidence:.2f}  {who}")
        lines += wrap(plain(str(finding.summary)), WIDTH, "   ")
        lines += wrap(Phrase("Do: {fix}", fix=finding.fix).say(language), WIDTH, "   ")
        if finding.wireshark_filter:
            look = Phrase("Look: {filter}", filter=finding.wireshark_filter)
            lines.append(f"   {look.say(language)}")
    for finding in findings[1:]:
        another = Phrase(
            "Also {cause} ({confidence:.2f}): {summary}"
            if completed
            else "Or {cause} ({confidence:.2f}): {summary}",
            cause=finding.cause,
            confidence=finding.confidence,
            summary=finding.summary,
        )
        lines += wrap(another.say(language), WIDTH, "   ")
    return "\n".join(lines)


def _ended(handshake: Handshake, language: str) -> str:
    outcome = say_code(handshake.outcome, language)
    if handshake.outcome == "completed":
        return outcome
    step = say_code(handshake.step, language)
    return Phrase("{outcome} at {step}", outcome=outcome, step=step).say(language)


# --- JSON -----------------------------------------------------------------------------------------


def as_json(capture: Capture) -> Iterator[dict[str, Any]]:
    """Yield one object for each row of `handshakes`, with its alerts and findings."""
    for flow, handshake in capture.contents.each():
        yield handshake_json(flow, handshake, capture.contents.findings[handshake.number])


def handshake_json(flow: int, handshake: Handshake, findings: list[Finding]) -> dict[str, Any]:
    """Make the object of one handshake, on the flow with that number."""
    ids = (handshake.number, flow)
    row = _readable("handshakes", handshake_row(flow, handshake, findings))
    row["alerts"] = [
        _readable("alerts", (*ids, *alert_row(event))) for event in handshake.all("alert")
    ]
    row["findings"] = [_readable("findings", (*ids, *finding_row(f))) for f in findings]
    return row


def _readable(table: str, row: Row) -> dict[str, Any]:
    """Name the values of a row, and write its times as RFC 3339."""
    values: dict[str, Any] = {}
    for (column, kind), value in zip(TABLES[table].columns.items(), row, strict=True):
        if kind == TIME:
            time_ns = known_time(value)
            values[column] = None if time_ns is None else rfc3339(time_ns)
        else:
            values[column] = known(value)
    return values


def rfc3339(time_ns: int) -> str:
    """Write a time with all nine digits of its nanoseconds (RFC 3339 section 5.6)."""
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09}Z"


# --- Tables ---------------------------------------------------------------------------------------


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
