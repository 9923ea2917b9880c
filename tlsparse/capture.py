"""What `read` returns: a capture, with each of its tables made once, when it is asked for.

`read` is the whole pipeline in one function: a `Reading` yields the conversations of a source, and a `Gathering` what
is to be said of them.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from tlsparse import collector
from tlsparse.errors import UsageError
from tlsparse.frames import Contents, frame
from tlsparse.handshake.handshake import Handshake
from tlsparse.language import ENGLISH, Phrase, find_language, say_code
from tlsparse.pcap.source import Source
from tlsparse.processes import Process, started
from tlsparse.progress import shown_progress
from tlsparse.reading import size_of
from tlsparse.sharing import Made, Order, Read, as_it_is, read_shared
from tlsparse.terminal import brief

if TYPE_CHECKING:
    import pandas as pd

    from tlsparse.trust.trust import PathLike

SHOWN = 20
"""Handshakes that a printed capture shows; the rest is counted."""

NAME_WIDTH = 64
"""Characters of a server name that a printed capture shows."""


@collector.paused()
def read(
    source: Source,
    *,
    all_flows: bool = False,
    roots: PathLike | Iterable[PathLike] = (),
    crls: PathLike | Iterable[PathLike] = (),
    workers: int = 1,
    progress: bool | None = None,
    lang: str = ENGLISH,
) -> Capture:
    """Read a capture.

    Parameters
    ----------
    source
        A path, ``"-"`` for standard input, an open binary file, or the bytes of a capture: pcap or pcapng, as it is
        or compressed with gzip, bz2, xz, zstd or lz4.
    all_flows
        Whether a TCP connection that never spoke TLS has a row even where nobody would expect TLS. Otherwise only those
        have, whose port is one where TLS is usual, or whose server speaks TLS elsewhere in the capture.
    roots
        Files, or folders of files, with certificates of authorities (PEM or DER) that certificates are judged by
        besides the public ones.
    crls
        Files, or folders of files, with certificate revocation lists (PEM or DER).
    workers
        How many processes read the capture, each a share of its conversations; what is read does not depend on it, but
        that in a flood each counts for itself how many attempts without an answer have rows. With two it takes about
        as long as with one, since what the other has read must be handed over. What can be read only once, as a pipe or
        an open file, is read by one.
    progress
        Whether a bar shows how much is done, if it takes longer than a second. By default one does on a terminal and in
        a notebook.
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
        A file of `roots` or `crls` cannot be read, or has nothing of the kind in it.
    OSError
        The source cannot be opened.
    """
    from tlsparse.diagnosis.pattern import find_patterns
    from tlsparse.trust.trust import read_trust

    language = find_language(lang)
    order = Order(source, as_it_is, all_flows, read_trust(roots, crls))
    with started(source, workers) as others:
        read = carry_out(order, others, progress)
    contents = Contents.joined(read.made, read.problems)
    contents.patterns = find_patterns(contents.judged())
    return Capture(name_of(source), read.packets, contents.in_language(language))


def carry_out(
    order: Order[Made], others: Sequence[Process] = (), progress: bool | None = None
) -> Read[Made]:
    """Read a source and make of it what is ordered, as `read` does: in shares, where they are read."""
    with shown_progress(name_of(order.source), size_of(order.source), progress) as tell:
        return read_shared(order, others, tell)


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

    @cached_property
    def patterns(self) -> pd.DataFrame:
        """One row for each thing that many handshakes have in common, the gravest first."""
        return frame("patterns", self.contents)

    # --- Printed ----------------------------------------------------------------------------------

    @property
    def headline(self) -> str:
        """The capture in one line: how many handshakes there are, and how they ended."""
        outcomes: Counter[str] = Counter(handshake.outcome for handshake in self._handshakes)
        problems = len(self.contents.problems)
        return headline(self.name, self.packets, outcomes, problems, self.contents.language)

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
        from html import escape

        parts = [f"<p>{escape(self.headline)}</p>"]
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
    from html import escape

    aligned = (f'<{tag} style="text-align: left">{escape(cell)}</{tag}>' for cell in cells)
    return f"<tr>{''.join(aligned)}</tr>"


def headline(
    name: str, packets: int, outcomes: Counter[str], problems: int, language: str = ENGLISH
) -> str:
    """Say in one line what was read: how many packets and handshakes, and how these ended."""
    number = outcomes.total()
    each = tuple(
        Phrase("{count} {outcome}", count=count, outcome=say_code(outcome, language))
        for outcome, count in outcomes.most_common()
    )
    counts = [
        Phrase("{count} packet" if packets == 1 else "{count} packets", count=packets),
        Phrase(
            "{count} handshake{ended}" if number == 1 else "{count} handshakes{ended}",
            count=number,
            ended=Phrase(" ({outcomes})", outcomes=each) if each else "",
        ),
    ]
    if problems:
        counts.append(
            Phrase("{count} problem" if problems == 1 else "{count} problems", count=problems)
        )
    return Phrase("{name}: {counts}", name=name, counts=tuple(counts)).say(language)


def name_of(source: Source) -> str:
    """Return what to call a source in a sentence."""
    if isinstance(source, str | os.PathLike):
        return Phrase("standard input") if source == "-" else os.fspath(source)
    return str(getattr(source, "name", "bytes"))
