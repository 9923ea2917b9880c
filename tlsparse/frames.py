"""The same as tables: one schema and one function for each.

A table is a list of columns with their types, and a function that yields its rows from flows and handshakes. Rows are
plain tuples in the order of the columns; pandas is imported only when somebody asks for a DataFrame, and the command
line's JSON is made from the same rows without it.

Times are nanoseconds since 1970 UTC until they become ``datetime64[ns, UTC]``; what is not known is None here and NA
in the DataFrame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from tlsparse import collector
from tlsparse.errors import UsageError
from tlsparse.flow.flow import Flow
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.stacks import Stack, client_stack, server_stack
from tlsparse.language import ENGLISH, Language
from tlsparse.pcap.block import NO_TIME
from tlsparse.tls.codes import Code, ContentType, ProtocolVersion
from tlsparse.tls.describe import describe
from tlsparse.tls.hello import ClientHello, ServerHello
from tlsparse.tls.x509 import describe_certificate

if TYPE_CHECKING:
    import pandas as pd

    from tlsparse.diagnosis.finding import Finding
    from tlsparse.diagnosis.pattern import Pattern

TIME = "datetime64[ns, UTC]"

ROWS_AT_A_TIME = 4096
"""Rows of a table that there are, as tuples, while its columns are made."""

Row = tuple[Any, ...]


@dataclass(slots=True)
class Problem:
    """A thing that could not be read, or was not in the capture."""

    packet: int | None
    flow: int | None
    layer: str
    problem: str


@dataclass(slots=True)
class Contents:
    """What a capture holds: what all tables are made from."""

    flows: list[Flow] = field(default_factory=list)
    handshakes: list[list[Handshake]] = field(default_factory=list)  # those of each flow
    problems: list[Problem] = field(default_factory=list)
    findings: dict[int, list[Finding]] = field(default_factory=dict)  # by number of handshake
    patterns: list[Pattern] = field(default_factory=list)  # of all handshakes together
    language: Language = ENGLISH  # of the findings and patterns

    def each(self) -> Iterator[tuple[int, Handshake]]:
        """Yield every handshake with the number of its flow, in order."""
        for handshakes in self.handshakes:
            for handshake in handshakes:
                yield handshake.flow.number, handshake

    def judged(self) -> Iterator[tuple[Handshake, list[Finding]]]:
        """Yield every handshake with what is said of it, in order."""
        for _, handshake in self.each():
            yield handshake, self.findings[handshake.number]

    def in_language(self, language: Language) -> Contents:
        """Return the same, with findings and patterns that are said in a language."""
        if language == self.language:
            return self
        said = {
            number: [finding.in_language(language) for finding in findings]
            for number, findings in self.findings.items()
        }
        patterns = [pattern.in_language(language) for pattern in self.patterns]
        return replace(self, findings=said, patterns=patterns, language=language)

    @classmethod
    def joined(cls, parts: Sequence[Contents], problems: Iterable[Problem]) -> Contents:
        """Put together what was read in parts, and add problems that belong to none of them."""
        pairs = sorted(
            (pair for part in parts for pair in zip(part.flows, part.handshakes, strict=True)),
            key=lambda pair: pair[0].number,
        )
        contents = cls([flow for flow, _ in pairs], [handshakes for _, handshakes in pairs])
        for part in parts:
            contents.findings |= part.findings
            contents.problems += part.problems
        contents.problems += problems
        contents.problems.sort(key=lambda problem: problem.packet or 0)
        return contents


@dataclass(frozen=True)
class Table:
    """One table: its columns with their pandas types, and where its rows come from."""

    columns: dict[str, str]
    rows: Callable[[Contents], Iterator[Row]]


@collector.paused()
def frame(name: str, contents: Contents) -> pd.DataFrame:
    """Make a table as a DataFrame; one with nothing in it still has all its columns with their types."""
    import pandas as pd

    table = find_table(name)
    columns = zip(table.columns.items(), _columns(table, contents), strict=True)
    return pd.DataFrame({column: _series(kind, values) for (column, kind), values in columns})


def _columns(table: Table, contents: Contents) -> list[list[Any]]:
    """Make the columns of a table out of its rows, some thousands at a time: no more of these are kept."""
    columns: list[list[Any]] = [[] for _ in table.columns]
    rows = table.rows(contents)
    while some := list(islice(rows, ROWS_AT_A_TIME)):
        for column, values in zip(columns, zip(*some, strict=True), strict=True):
            column.extend(values)
    return columns


def _series(kind: str, values: list[Any]) -> pd.Series[Any]:
    """Make a column of a DataFrame."""
    import pandas as pd

    if kind == TIME:
        numbers = [NO_TIME if value is None else value for value in values]
        return pd.Series(pd.DatetimeIndex(numbers, dtype="datetime64[ns]").tz_localize("UTC"))
    if kind == "string":
        # What is not known is never an empty text.
        values = [value or None for value in values]
    return pd.Series(values, dtype=kind)


def find_table(name: str) -> Table:
    """Return a table by its name."""
    try:
        return TABLES[name]
    except KeyError:
        raise UsageError(f"there is no table {name!r}; there are {', '.join(TABLES)}") from None


# --- One function for each table, in the order of the contract ------------------------------------


def _flows(contents: Contents) -> Iterator[Row]:
    for number, (flow, handshakes) in enumerate(
        zip(contents.flows, contents.handshakes, strict=True)
    ):
        first = handshakes[0]
        closes = [e for e in first.line.events if e.name in ("fin", "rst")]
        yield (
            number,
            flow.transport,
            first.client.ip,
            first.client.port,
            first.server.ip,
            first.server.port,
            flow.start_ns,
            flow.end_ns,
            flow.packets,
            None if flow.rtt_ns is None else flow.rtt_ns / 1e6,
            sum(flow.retransmissions),
            first.speech.prelude.protocol if first.speech.prelude else None,
            closes[0].sender if closes else None,
            closes[0].name if closes else None,
        )


def _handshakes(contents: Contents) -> Iterator[Row]:
    for flow, handshake in contents.each():
        findings = contents.findings[handshake.number]
        yield handshake_row(flow, handshake, findings)


def handshake_row(flow: int, handshake: Handshake, findings: list[Finding]) -> Row:
    """Make the row of one handshake."""
    cause = findings[0].cause if findings and findings[0].severity == "failure" else None
    return (
        handshake.number,
        flow,
        handshake.server_name,
        _text(handshake.version),
        _text(handshake.cipher_suite),
        _text(handshake.group),
        _text(handshake.signature_scheme),
        handshake.alpn,
        handshake.resumed,
        handshake.client_auth,
        handshake.hello_retry,
        handshake.early_data,
        handshake.outcome,
        handshake.step,
        _duration_ms(handshake.start_ns, handshake.end_ns),
        handshake.ja3,
        handshake.ja3s,
        handshake.ja4,
        _stack_name(client_stack(handshake)),
        _stack_name(server_stack(handshake)),
        handshake.story,
        cause,
        handshake.start_ns,
        str(handshake.client),
        str(handshake.server),
    )


def _messages(contents: Contents) -> Iterator[Row]:
    for flow, handshake in contents.each():
        for event in handshake.events:
            if event.kind == "message":
                yield (
                    handshake.number,
                    flow,
                    event.packet,
                    event.time_ns,
                    _elapsed_ms(handshake, event),
                    event.sender,
                    event.name,
                    event.length,
                    event.encrypted,
                    False,
                )


def _alerts(contents: Contents) -> Iterator[Row]:
    for flow, handshake in contents.each():
        for event in handshake.all("alert"):
            yield handshake.number, flow, *alert_row(event)


def alert_row(event: Event) -> Row:
    """Make the row of an alert, without the ids."""
    return (
        event.packet,
        event.time_ns,
        event.sender,
        event.level or None,
        None if event.encrypted else event.name,
        event.encrypted,
        event.inferred,
    )


def _records(contents: Contents) -> Iterator[Row]:
    for flow, handshakes in enumerate(contents.handshakes):
        for record in handshakes[0].line.records:
            yield (
                flow,
                record.packet,
                record.time_ns,
                record.sender,
                ContentType(record.content_type).name,
                ProtocolVersion(record.version).name,
                record.length,
            )


def _extensions(contents: Contents) -> Iterator[Row]:
    for _, handshake in contents.each():
        for event in handshake.events:
            for position, extension in enumerate(getattr(event.body, "extensions", ())):
                yield (
                    handshake.number,
                    event.packet,
                    event.sender,
                    event.name,
                    position,
                    int(extension.type),
                    extension.type.name,
                    len(extension.data),
                    None if extension.error else describe(extension.value),
                )


def _offers(contents: Contents) -> Iterator[Row]:
    for _, handshake in contents.each():
        hello = handshake.client_hello
        if hello is not None:
            for kind, values, chosen in _offered(handshake, hello):
                for rank, value in enumerate(values):
                    code = int(value) if isinstance(value, int) else None
                    known = None if chosen is None else value == chosen
                    yield handshake.number, kind, rank, code, str(value), known


def _offered(handshake: Handshake, hello: ClientHello) -> Iterator[tuple[str, Any, Any]]:
    """Yield each kind of offer with its values, best first, and what the server chose; None if not known."""
    chosen: ServerHello | None = handshake.server_hello
    yield "version", hello.versions, handshake.version
    yield "cipher_suite", hello.cipher_specs or hello.cipher_suites, handshake.cipher_suite
    yield "group", hello.groups, handshake.group
    yield "key_share", hello.key_share_groups, chosen.group if chosen else None
    yield "signature_scheme", hello.signature_schemes, handshake.signature_scheme
    yield "alpn", hello.alpn, handshake.alpn


def _certificates(contents: Contents) -> Iterator[Row]:
    for _, handshake in contents.each():
        for sender, chain in handshake.certificates.items():
            for position, der in enumerate(chain):
                certificate = describe_certificate(der)
                yield (
                    handshake.number,
                    sender,
                    position,
                    certificate.sha256,
                    certificate.subject,
                    certificate.issuer,
                    certificate.serial,
                    _nanoseconds(certificate.not_before),
                    _nanoseconds(certificate.not_after),
                    list(certificate.sans),
                    certificate.key_type,
                    certificate.key_bits,
                    certificate.signature_algorithm,
                    certificate.error,
                )


def _events(contents: Contents) -> Iterator[Row]:
    for flow, handshake in contents.each():
        yield from event_rows(flow, handshake)


def event_rows(flow: int, handshake: Handshake) -> Iterator[Row]:
    """Make the rows of all events of a handshake."""
    client, server = str(handshake.client), str(handshake.server)
    for event in handshake.events:
        yield (
            handshake.number,
            flow,
            event.packet,
            event.time_ns,
            _elapsed_ms(handshake, event),
            event.sender,
            event.kind,
            event.name,
            event.length,
            event.encrypted,
            event.level or None,
            event.detail,
            client,
            server,
        )


def _problems(contents: Contents) -> Iterator[Row]:
    for problem in contents.problems:
        yield problem.packet, problem.flow, problem.layer, problem.problem


def _findings(contents: Contents) -> Iterator[Row]:
    for flow, handshake in contents.each():
        for finding in contents.findings[handshake.number]:
            yield handshake.number, flow, *finding_row(finding)


def finding_row(finding: Finding) -> Row:
    """Make the row of a finding, without the ids."""
    return (
        finding.cause,
        str(finding.severity),
        finding.confidence,
        finding.side,
        finding.step,
        str(finding.summary),
        list(finding.packets),
        str(finding.fix),
        finding.wireshark_filter,
    )


def _patterns(contents: Contents) -> Iterator[Row]:
    for pattern in contents.patterns:
        yield (
            pattern.pattern,
            str(pattern.title),
            str(pattern.severity),
            pattern.confidence,
            pattern.side,
            list(pattern.handshakes),
            str(pattern.summary),
            list(pattern.packets),
            str(pattern.fix),
            pattern.wireshark_filter,
        )


def known_time(time_ns: int | None) -> int | None:
    """Return a time, or None for a packet that the capture gives no time."""
    return None if time_ns == NO_TIME else time_ns


def _stack_name(stack: Stack | None) -> str | None:
    return None if stack is None else stack.name


@lru_cache(maxsize=1024, typed=True)  # equal numbers of two registries have two names
def _text(value: Code | None) -> str | None:
    return None if value is None else str(value)


def _nanoseconds(time: Any) -> int | None:
    """Return a datetime as nanoseconds; None where 64 bits do not hold it (certificates may say the year 9999)."""
    if time is None:
        return None
    number = int(time.timestamp()) * 1_000_000_000
    return number if -(1 << 63) < number < 1 << 63 else None


def _elapsed_ms(handshake: Handshake, event: Event) -> float | None:
    return _duration_ms(handshake.flow.start_ns, event.time_ns)


def _duration_ms(start_ns: int, end_ns: int | None) -> float | None:
    """Return the time between two packets; None if the capture does not know one of them."""
    if end_ns is None or NO_TIME in (start_ns, end_ns):
        return None
    return (end_ns - start_ns) / 1e6


IDS = {"handshake": "int64", "flow": "int64"}
ALERT_COLUMNS = {
    "packet": "int64",
    "time": TIME,
    "sender": "string",
    "level": "string",
    "description": "string",
    "encrypted": "boolean",
    "inferred": "boolean",
}
FINDING_COLUMNS = {
    "cause": "string",
    "severity": "string",
    "confidence": "float64",
    "side": "string",
    "step": "string",
    "summary": "string",
    "evidence": "object",
    "fix": "string",
    "wireshark_filter": "string",
}

TABLES: dict[str, Table] = {
    "flows": Table(
        {
            "flow": "int64",
            "transport": "string",
            "client": "string",
            "client_port": "int64",
            "server": "string",
            "server_port": "int64",
            "start": TIME,
            "end": TIME,
            "packets": "int64",
            "rtt_ms": "float64",
            "retransmissions": "int64",
            "prelude": "string",
            "closed_by": "string",
            "close": "string",
        },
        _flows,
    ),
    "handshakes": Table(
        {
            **IDS,
            "server_name": "string",
            "version": "string",
            "cipher_suite": "string",
            "group": "string",
            "signature_scheme": "string",
            "alpn": "string",
            "resumed": "boolean",
            "client_auth": "boolean",
            "hello_retry": "boolean",
            "early_data": "boolean",
            "outcome": "string",
            "step": "string",
            "duration_ms": "float64",
            "ja3": "string",
            "ja3s": "string",
            "ja4": "string",
            "client_stack": "string",
            "server_stack": "string",
            "story": "string",
            "cause": "string",
            "start": TIME,
            "client": "string",
            "server": "string",
        },
        _handshakes,
    ),
    "messages": Table(
        {
            **IDS,
            "packet": "int64",
            "time": TIME,
            "elapsed_ms": "float64",
            "sender": "string",
            "message": "string",
            "length_bytes": "int64",
            "encrypted": "boolean",
            "decrypted": "boolean",
        },
        _messages,
    ),
    "alerts": Table({**IDS, **ALERT_COLUMNS}, _alerts),
    "records": Table(
        {
            "flow": "int64",
            "packet": "int64",
            "time": TIME,
            "sender": "string",
            "content_type": "string",
            "version": "string",
            "length_bytes": "int64",
        },
        _records,
    ),
    "extensions": Table(
        {
            "handshake": "int64",
            "packet": "int64",
            "sender": "string",
            "message": "string",
            "position": "int64",
            "code": "int64",
            "name": "string",
            "length_bytes": "int64",
            "value": "string",
        },
        _extensions,
    ),
    "offers": Table(
        {
            "handshake": "int64",
            "kind": "string",
            "rank": "int64",
            "code": "Int64",
            "name": "string",
            "chosen": "boolean",
        },
        _offers,
    ),
    "certificates": Table(
        {
            "handshake": "int64",
            "sender": "string",
            "position": "int64",
            "sha256": "string",
            "subject": "string",
            "issuer": "string",
            "serial": "string",
            "not_before": TIME,
            "not_after": TIME,
            "sans": "object",
            "key_type": "string",
            "key_bits": "Int64",
            "signature_algorithm": "string",
            "error": "string",
        },
        _certificates,
    ),
    "events": Table(
        {
            **IDS,
            "packet": "int64",
            "time": TIME,
            "elapsed_ms": "float64",
            "sender": "string",
            "kind": "string",
            "name": "string",
            "length_bytes": "int64",
            "encrypted": "boolean",
            "level": "string",
            "detail": "string",
            "client": "string",
            "server": "string",
        },
        _events,
    ),
    "problems": Table(
        {"packet": "Int64", "flow": "Int64", "layer": "string", "problem": "string"}, _problems
    ),
    "findings": Table({**IDS, **FINDING_COLUMNS}, _findings),
    "patterns": Table(
        {
            "pattern": "string",
            "title": "string",
            "severity": "string",
            "confidence": "float64",
            "side": "string",
            "handshakes": "object",
            "summary": "string",
            "evidence": "object",
            "fix": "string",
            "wireshark_filter": "string",
        },
        _patterns,
    ),
}
"""Every table of the contract, by name."""
