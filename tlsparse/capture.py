"""What `read` returns: a capture, with each of its tables made once, when it is asked for.

`read` is the whole pipeline in one function: blocks of packets, the flows they belong to, the handshakes on them, and
what is to be said of each.
"""

from __future__ import annotations

import gc
import html
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from tlsparse.compiled import LARGE_BYTES, compile_kernels
from tlsparse.diagnosis.judge import diagnose
from tlsparse.errors import UsageError
from tlsparse.flow.datagrams import DatagramTable, Pair
from tlsparse.flow.flow import Endpoint, Flow
from tlsparse.flow.table import FlowTable
from tlsparse.frames import Contents, Problem, frame
from tlsparse.handshake.company import reconsider, remember
from tlsparse.handshake.handshake import Handshake, build_handshakes
from tlsparse.handshake.speech import is_usual, usual_ports
from tlsparse.language import ENGLISH, Language, Phrase, find_language, say_code
from tlsparse.net.copies import Copies
from tlsparse.net.fragments import Fragments
from tlsparse.net.ip import FRAGMENT, NOT_IP
from tlsparse.net.packets import HEADER_CUT, UNKNOWN_LINK, Packets, locate_packets
from tlsparse.pcap.block import NOT_A_PACKET, Block
from tlsparse.pcap.source import Source, read_blocks
from tlsparse.terminal import brief

if TYPE_CHECKING:
    import pandas as pd

    from tlsparse.handshake.datagrams import DatagramReader

SHOWN = 20
"""Handshakes that a printed capture shows; the rest is counted."""

NAME_WIDTH = 64
"""Characters of a server name that a printed capture shows."""

UNLOCATED = {
    NOT_IP: "an IP or transport header that contradicts itself",
    FRAGMENT: "an IP fragment without the others of its packet",
    HEADER_CUT: "a packet that ends inside a header",
    UNKNOWN_LINK: "a link type that is not known",
}
"""What `net` could not read, by its reason."""


def read(source: Source, *, all_flows: bool = False, lang: str = ENGLISH) -> Capture:
    """Read a capture.

    Parameters
    ----------
    source
        A path, ``"-"`` for standard input, an open binary file, or the bytes of a capture: pcap or pcapng, as it is
        or compressed with gzip, bz2, xz, zstd or lz4.
    all_flows
        Whether a TCP connection that never spoke TLS has a row even where nobody would expect TLS. Otherwise only those
        have, whose port is one where TLS is usual, or whose server speaks TLS elsewhere in the capture.
    lang
        The language of the findings: ``"en"`` or ``"zh"``.

    Returns
    -------
    Capture
        Whatever could be read; `Capture.problems` says what could not.

    Raises
    ------
    NotACaptureError
        The source is neither pcap nor pcapng.
    MissingExtraError
        The source is compressed in a way that needs the extra ``compression``.
    UsageError
        There is no such language.
    OSError
        The source cannot be opened.
    """
    reading = _Reading(all_flows, find_language(lang))
    with _collector_paused():
        for flow in reading.flows(source):
            reading.take(flow)
        return Capture(_name(source), reading.packets, reading.contents())


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep the garbage collector from looking through everything that is made here again and again.

    All of it is kept, and none of it refers to itself in a circle.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Capture:
    """One capture, read.

    Attributes
    ----------
    name
        Path of the file, or what else it was read from.
    packets
        How many packets it holds.
    contents
        The flows, handshakes, findings and problems that the tables are made from.
    """

    def __init__(self, name: str, packets: int, contents: Contents) -> None:
        self.name = name
        self.packets = packets
        self.contents = contents
        self._handshakes = [handshake for _, handshake in contents.each()]

    def handshake(self, number: int) -> Handshake:
        """Return the handshake behind one row of `handshakes`."""
        if not 0 <= number < len(self._handshakes):
            raise UsageError(
                f"there is no handshake {number}; the capture has {len(self._handshakes)}, counted from 0"
            )
        return self._handshakes[number]

    @cached_property
    def flows(self) -> pd.DataFrame:
        """One row for each connection that carried TLS, tried to, or was refused before it could."""
        return frame("flows", self.contents)

    @cached_property
    def handshakes(self) -> pd.DataFrame:
        """One row for each handshake, begun or only attempted."""
        return frame("handshakes", self.contents)

    @cached_property
    def messages(self) -> pd.DataFrame:
        """One row for each handshake message, ChangeCipherSpec included."""
        return frame("messages", self.contents)

    @cached_property
    def alerts(self) -> pd.DataFrame:
        """One row for each alert."""
        return frame("alerts", self.contents)

    @cached_property
    def records(self) -> pd.DataFrame:
        """One row for each record of a handshake, and each alert and last record after it."""
        return frame("records", self.contents)

    @cached_property
    def extensions(self) -> pd.DataFrame:
        """One row for each extension of a message, with its value."""
        return frame("extensions", self.contents)

    @cached_property
    def offers(self) -> pd.DataFrame:
        """One row for each value that a client offered, and whether the server chose it."""
        return frame("offers", self.contents)

    @cached_property
    def certificates(self) -> pd.DataFrame:
        """One row for each certificate that was sent in the clear."""
        return frame("certificates", self.contents)

    @cached_property
    def events(self) -> pd.DataFrame:
        """One row for each message, alert and transport milestone, in order."""
        return frame("events", self.contents)

    @cached_property
    def problems(self) -> pd.DataFrame:
        """One row for each thing that could not be read, or was not in the capture."""
        return frame("problems", self.contents)

    @cached_property
    def findings(self) -> pd.DataFrame:
        """One row for each finding, most probable first within a handshake."""
        return frame("findings", self.contents)

    # --- Printed ----------------------------------------------------------------------------------

    @property
    def headline(self) -> str:
        """The capture in one line: how many handshakes there are, and how they ended."""
        packets, number = self.packets, len(self._handshakes)
        problems = len(self.contents.problems)
        counts = [
            Phrase("{count} packet" if packets == 1 else "{count} packets", count=packets),
            Phrase(
                "{count} handshake{ended}" if number == 1 else "{count} handshakes{ended}",
                count=number,
                ended=self._ended,
            ),
        ]
        if problems:
            counts.append(
                Phrase("{count} problem" if problems == 1 else "{count} problems", count=problems)
            )
        headline = Phrase("{name}: {counts}", name=self.name, counts=tuple(counts))
        return headline.say(self.contents.language)

    @property
    def _ended(self) -> Phrase | str:
        """How many handshakes ended in which way."""
        outcomes = Counter(handshake.outcome for handshake in self._handshakes)
        if not outcomes:
            return ""
        language = self.contents.language
        each = tuple(
            Phrase("{count} {outcome}", count=count, outcome=say_code(outcome, language))
            for outcome, count in outcomes.most_common()
        )
        return Phrase(" ({outcomes})", outcomes=each)

    def __repr__(self) -> str:
        lines = [self.headline]
        if self._handshakes:
            rows = [HEADINGS, *self._rows()]
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            for row in rows:
                cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
                lines.append("  ".join(cells).rstrip())
        if more := self._more():
            lines.append(f"... and {more} more")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The same for a notebook: colours are the theme's, and every text is escaped."""
        parts = [f"<p>{html.escape(self.headline)}</p>"]
        if self._handshakes:
            head = _html_row(HEADINGS, "th")
            body = "".join(_html_row(row, "td") for row in self._rows())
            parts.append(f"<table><thead>{head}</thead><tbody>{body}</tbody></table>")
        if more := self._more():
            parts.append(f"<p>… and {more} more in <code>.handshakes</code></p>")
        return "".join(parts)

    def _rows(self) -> list[tuple[str, ...]]:
        return [self._cells(handshake) for handshake in self._handshakes[:SHOWN]]

    def _more(self) -> int:
        return max(0, len(self._handshakes) - SHOWN)

    def _cells(self, handshake: Handshake) -> tuple[str, ...]:
        findings = self.contents.findings[handshake.number]
        return (
            str(handshake.number),
            str(handshake.client),
            str(handshake.server),
            brief(handshake.server_name or "", NAME_WIDTH),
            str(handshake.version or ""),
            handshake.outcome,
            handshake.step if handshake.outcome != "completed" else "",
            findings[0].cause if findings else "",
        )


HEADINGS = ("", "client", "server", "name", "version", "outcome", "step", "cause")


def _html_row(cells: tuple[str, ...], tag: str) -> str:
    """One row, aligned at the left, where JupyterLab would align it at the right as it does numbers."""
    aligned = (f'<{tag} style="text-align: left">{html.escape(cell)}</{tag}>' for cell in cells)
    return f"<tr>{''.join(aligned)}</tr>"


class _Reading:
    """One run of the pipeline: which flows have a row, and what went wrong on the way."""

    def __init__(self, all_flows: bool, language: Language) -> None:
        self.packets = 0
        self._all_flows = all_flows
        self._language = language
        self._taken: list[tuple[Flow, list[Handshake]]] = []
        self._doubtful: list[tuple[Flow, list[Handshake]]] = []
        self._servers: set[Endpoint] = set()
        self._problems: list[Problem] = []
        self._unlocated: dict[int, tuple[int, int]] = {}  # reason: first packet, count

    def flows(self, source: Source) -> Iterator[Flow]:
        """Yield the TCP connections of a capture as they end; put DTLS and QUIC down."""
        table = FlowTable(range(1 << 16) if self._all_flows else usual_ports())
        datagrams = DatagramTable()
        fragments, copies = Fragments(), Copies()
        if _size(source) >= LARGE_BYTES:
            compile_kernels()
        for block in read_blocks(source, self._problem):
            packets = locate_packets(block)
            block = fragments.put_together(block, packets)
            copies.mark(block, packets)
            self.packets += block.count
            self._count_unlocated(block, packets)
            yield from table.add(block, packets)
            for datagram in datagrams.add(block, packets):
                if not self._datagrams.add(datagram):
                    datagrams.forget(datagram.slot)
            self._end(datagrams.retire())
        yield from table.finish()
        self._end(datagrams.finish())
        fragments.finish()
        if fragments.given_up:
            self._unlocated[FRAGMENT] = fragments.first_given_up, fragments.given_up

    @cached_property
    def _datagrams(self) -> DatagramReader:
        """The reader of DTLS and QUIC, imported when there is the first datagram for it: most captures have none."""
        from tlsparse.handshake.datagrams import DatagramReader

        return DatagramReader()

    def _end(self, pairs: Iterator[Pair]) -> None:
        """Take the handshakes of DTLS and QUIC between endpoints that have fallen silent."""
        for pair in pairs:
            for handshake in self._datagrams.end(pair):
                self._taken.append((handshake.flow, [handshake]))

    def take(self, flow: Flow) -> None:
        """Make the handshakes of a flow, and decide whether it has a row."""
        if not flow.milestones and not any(stream.end for stream in flow.streams):
            return  # a few packets of a connection of which the capture shows nothing
        handshakes = build_handshakes(flow)
        for stream in (*flow.streams, *(handshakes[0].speech.inside or ())):
            stream.runs.clear()  # all that was in them has been decoded
        if _spoke_tls(handshakes):
            self._servers.add(handshakes[0].server)
            self._taken.append((flow, handshakes))
        elif (
            handshakes[0].speech.sought_tls
            or self._all_flows
            or any(is_usual(endpoint) for endpoint in flow.endpoints)
        ):
            self._taken.append((flow, handshakes))
        elif flow.opener is not None:
            self._doubtful.append((flow, handshakes))

    def contents(self) -> Contents:
        """Put the flows in order, number everything, and judge it."""
        taken = self._taken + [
            (flow, handshakes)
            for flow, handshakes in self._doubtful
            if handshakes[0].server in self._servers
        ]
        taken.sort(key=lambda pair: pair[0].first_packet)
        contents = Contents(language=self._language)
        everyone = [handshake for _, handshakes in taken for handshake in handshakes]
        reconsider(everyone)
        remember(everyone)
        for number, (flow, handshakes) in enumerate(taken):
            contents.flows.append(flow)
            contents.handshakes.append(handshakes)
            for handshake in handshakes:
                handshake.number = len(contents.findings)
                contents.findings.append(diagnose(handshake, lang=self._language))
            for trouble in handshakes[0].line.troubles:
                self._problems.append(Problem(trouble.packet, number, trouble.layer, trouble.text))
        contents.problems = self._problems + self._unlocated_problems()
        contents.problems.sort(key=lambda problem: problem.packet or 0)
        return contents

    def _problem(self, packet: int | None, layer: str, text: str) -> None:
        self._problems.append(Problem(packet, None, layer, text))

    def _count_unlocated(self, block: Block, packets: Packets) -> None:
        for i in range(block.count):
            reason = packets.protocol[i]
            if reason in UNLOCATED and block.link[i] != NOT_A_PACKET:
                first, count = self._unlocated.get(reason, (block.first_packet + i, 0))
                self._unlocated[reason] = first, count + 1

    def _unlocated_problems(self) -> list[Problem]:
        problems = []
        for reason, (packet, count) in self._unlocated.items():
            more = f"; {count} packets in all" if count > 1 else ""
            problems.append(Problem(packet, None, "net", UNLOCATED[reason] + more))
        return problems


def _size(source: Source) -> int:
    """Return how many bytes a source has, as far as that is known before it is read."""
    if isinstance(source, bytes | bytearray | memoryview):
        return len(source)
    if isinstance(source, str | os.PathLike) and os.path.isfile(source):
        return os.path.getsize(source)
    return 0


def _spoke_tls(handshakes: list[Handshake]) -> bool:
    return any(e.kind in ("message", "alert") for h in handshakes for e in h.events) or bool(
        handshakes[0].speech.tls
    )


def _name(source: Source) -> str:
    if isinstance(source, str | os.PathLike):
        return "standard input" if source == "-" else os.fspath(source)
    return str(getattr(source, "name", "bytes"))
