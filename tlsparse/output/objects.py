"""The diagnosis as JSON objects, one for each handshake."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache, lru_cache
from json.encoder import encode_basestring_ascii as _quoted
from typing import TYPE_CHECKING, Any, NamedTuple

from tlsparse.diagnosis.judge import has_failed
from tlsparse.frames import (
    IDS,
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
            said = findings
            if language != contents.language:
                said = [finding.in_language(language) for finding in findings]
            lines.append((handshake.number, handshake_line(handshake.flow.number, handshake, said)))
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


def handshake_line(flow: int, handshake: Handshake, findings: list[Finding]) -> str:
    """Write the object of one handshake as a line: `json.dumps` would say the same of `handshake_json`.

    What kind of value stands in a column is known, so nothing need be asked of each value, and no dict made.
    """
    ids = f'{{"handshake": {handshake.number}, "flow": {flow}, '
    alerts = [
        f"{ids}{_fields('alerts', alert_row(event))}}}"
        for event in handshake.events
        if event.kind == "alert"
    ]
    said = [f"{ids}{_fields('findings', finding_row(f))}}}" for f in findings]
    row = _fields("handshakes", handshake_row(flow, handshake, findings)[len(IDS) :])
    return f'{ids}{row}, "alerts": [{", ".join(alerts)}], "findings": [{", ".join(said)}]}}'


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


def _fields(table: str, row: Row) -> str:
    """Write the fields of a row, its ids left out, as they stand in an object."""
    form, parts = _form(table)
    return form % tuple([write(row[part]) for part, write in parts])


RUNS = {
    "handshakes": {"version": "step", "ja3": "server_stack"},
    "alerts": {"sender": "inferred"},
    "findings": {"cause": "step", "fix": "fix"},
}
"""Columns, from one to another, in which many rows agree: they are written once for all of these."""

MOST_RUNS = 2048
"""What such columns hold that is remembered, for each of them."""

Part = tuple[int | slice, Callable[[Any], str]]
"""One column of a row, or a run of them, and what writes it."""


@cache
def _form(table: str) -> tuple[str, tuple[Part, ...]]:
    """Return the fields of a table, with a place for each part, and these parts."""
    columns = list(TABLES[table].columns.items())[len(IDS) :]
    names = [name for name, _ in columns]
    form: list[str] = []
    parts: list[Part] = []
    begin = 0
    while begin < len(columns):
        name, kind = columns[begin]
        if name in RUNS[table]:
            end = names.index(RUNS[table][name]) + 1
            form.append("%s")
            parts.append((slice(begin, end), _run_writer(columns[begin:end])))
        else:
            end = begin + 1
            form.append(f"{_quoted(name)}: %s")
            parts.append((begin, WRITERS[kind]))
        begin = end
    return ", ".join(form), tuple(parts)


def _run_writer(columns: list[tuple[str, str]]) -> Callable[[Any], str]:
    """Return what writes several columns, with their names."""

    @lru_cache(maxsize=MOST_RUNS)
    def write(values: Row) -> str:
        return ", ".join(
            f"{_quoted(name)}: {WRITERS[kind](value)}"
            for (name, kind), value in zip(columns, values, strict=True)
        )

    return write


def _text(value: str | None) -> str:
    return _quoted(value) if value else "null"


def _number(value: float | None) -> str:
    return "null" if value is None else repr(value)


def _time(time_ns: int | None) -> str:
    known_ns = known_time(time_ns)
    return "null" if known_ns is None else f'"{rfc3339(known_ns)}"'


def _numbers(values: list[int]) -> str:
    return f"[{', '.join(map(str, values))}]"


WRITERS: dict[str, Callable[[Any], str]] = {
    "int64": str,
    "float64": _number,
    "string": _text,
    "boolean": {None: "null", False: "false", True: "true"}.__getitem__,
    TIME: _time,
    "object": _numbers,  # packets
}
"""What writes a value in JSON, by the type of its column."""


def rfc3339(time_ns: int) -> str:
    """Write a time with all nine digits of its nanoseconds (RFC 3339 section 5.6)."""
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    return f"{_second(seconds)}.{nanoseconds:09}Z"


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    """Write a time without its fraction; the times of a handshake have it in common."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"
