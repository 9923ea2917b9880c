"""The diagnosis as JSON objects, one for each handshake."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from tlsparse.diagnosis.finding import Finding
    from tlsparse.frames import Contents
    from tlsparse.handshake.handshake import Handshake


def as_json(contents: Contents) -> Iterator[dict[str, Any]]:
    """Yield one object for each row of `handshakes`, with its alerts and findings."""
    for flow, handshake in contents.each():
        yield handshake_json(flow, handshake, contents.findings[handshake.number])


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
