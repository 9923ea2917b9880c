"""The diagnosis as JSON objects, one for each handshake."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from tlsparse.diagnosis.judge import has_failed
from tlsparse.frames import (
    TABLES,
    TIME,
    Row,
    alert_row,
    finding_row,
    handshake_row,
    known_time,
)

if TYPE_CHECKING:
    from tlsparse.diagnosis.finding import Finding
    from tlsparse.frames import Contents
    from tlsparse.handshake.handshake import Handshake
    from tlsparse.language import Language


def as_json(contents: Contents) -> Iterator[dict[str, Any]]:
    """Yield one object for each row of `handshakes`, with its alerts and findings."""
    for flow, handshake in contents.each():
        yield handshake_json(flow, handshake, contents.findings[handshake.number])


class JsonLines(NamedTuple):
    """What was read, as lines of JSON."""

    lines: list[tuple[int, str]]  # with the number of the handshake
    failed: int  # how many of the handshakes


def json_lines(contents: Contents, language: Language) -> JsonLines:
    """Write the objects of all handshakes, each as a line without its end; let go of each handshake then."""
    lines: list[tuple[int, str]] = []
    failed = 0
    for handshakes in contents.handshakes:
        for handshake in handshakes:
            findings = contents.findings.pop(handshake.number)
            said = [finding.in_language(language) for finding in findings]
            row = handshake_json(handshake.flow.number, handshake, said)
            lines.append((handshake.number, json.dumps(row)))
            failed += has_failed(handshake, findings)
        handshakes.clear()
    return JsonLines(lines, failed)


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
    names, times = _columns(table)
    values = {name: None if value == "" else value for name, value in zip(names, row, strict=True)}
    for name in times:
        time_ns = known_time(values[name])
        values[name] = None if time_ns is None else rfc3339(time_ns)
    return values


@cache
def _columns(table: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of all columns of a table, and of those that hold times."""
    columns = TABLES[table].columns
    return tuple(columns), tuple(name for name, kind in columns.items() if kind == TIME)


def rfc3339(time_ns: int) -> str:
    """Write a time with all nine digits of its nanoseconds (RFC 3339 section 5.6)."""
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    return f"{_second(seconds)}.{nanoseconds:09}Z"


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    """Write a time without its fraction; the times of a handshake have it in common."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"
