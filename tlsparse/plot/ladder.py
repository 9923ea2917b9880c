"""One handshake as a ladder: the client's line at the left, the server's at the right, time downwards.

On a linear clock one idle second squeezes a whole handshake into a blob. Here each packet that said
something has its own rung, evenly spaced, with its time written beside it, and a wait that dwarfs
the others is a break in the lines with its length in words. Names keep the form in which they are
known: messages the RFC's (ClientHello), alerts IANA's (certificate_expired), milestones TCP's (SYN).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from tlsparse.errors import UsageError
from tlsparse.plot import style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = (
    "handshake",
    "flow",
    "packet",
    "time",
    "elapsed_ms",
    "sender",
    "kind",
    "name",
)
OPTIONAL_COLUMNS = ("detail", "length_bytes", "encrypted", "level")

RUNG_INCHES = 0.46
LEAST_RUNG_INCHES = 0.2  # below it the names of neighbouring rungs touch
DETAIL_RUNG_INCHES = 0.4  # below it there is no room for words under an arrow
MARGIN_INCHES = 1.15  # beside each line: times at the left, packet numbers at the right
HEAD_INCHES = 0.6  # above the rungs: role and address
FOOT_INCHES = 0.3  # below them: what 0 ms is on the clock
BREAK_RUNGS = 1.1  # what a break adds to the distance of two rungs
MOST_RUNGS = 80  # a picture longer than this is not looked at; its table is
TAIL_RUNGS = 20  # of those, the last ones, which tell how it ended

ALWAYS_A_BREAK_MS = 1000.0  # no healthy handshake waits for a second
NEVER_A_BREAK_MS = 200.0  # a round trip round the globe
NOTABLE_SHARE = 0.15  # of the whole time: so long a wait is written between its rungs

TRANSPORT_NAMES = {
    "syn": "SYN",
    "syn_ack": "SYN-ACK",
    "fin": "FIN",
    "rst": "RST",
    "starttls": "asks for TLS",
    "starttls_granted": "TLS granted",
    "starttls_refused": "TLS refused",
    "tunnel": "asks for a tunnel",
    "tunnel_granted": "tunnel opened",
    "tunnel_refused": "tunnel refused",
}
REFUSALS = {"starttls_refused", "tunnel_refused"}
LIMITS = {"icmp_fragmentation_needed", "icmp_packet_too_big"}
POLITE_ALERTS = {"close_notify", "user_canceled", "no_renegotiation"}


class _Event(NamedTuple):
    """One row, with "" or nan for what is not known."""

    packet: str
    elapsed_ms: float
    sender: str
    kind: str
    name: str
    detail: str
    length_bytes: float
    encrypted: bool
    level: str


@dataclass(frozen=True)
class _Rung:
    """What one side said in one packet."""

    events: tuple[_Event, ...]
    pause: str = ""  # what stands in the break before this rung, if there is one
    omitted: bool = False  # rungs are left out before this one
    verdict: str = ""  # why this rung is where the handshake broke, if it is

    @property
    def first(self) -> _Event:
        return self.events[0]

    @property
    def alerts(self) -> list[_Event]:
        return [event for event in self.events if event.kind == "alert"]

    @property
    def is_fatal(self) -> bool:
        return any(_is_fatal(alert) for alert in self.alerts)

    @property
    def is_transport(self) -> bool:
        return all(event.kind not in ("message", "alert") for event in self.events)

    @property
    def is_icmp(self) -> bool:
        """Whether it is a router that speaks, of a packet of the other side."""
        return all(event.name.startswith("icmp_") for event in self.events)

    @property
    def is_encrypted(self) -> bool:
        return all(event.encrypted or event.name == "encrypted" for event in self.events)


def ladder(handshake: pd.DataFrame | Any, *, ax: Axes | None = None) -> Axes:
    """Draw what was said in one handshake, each packet as an arrow on its own rung.

    Rungs are evenly spaced, so that no two labels collide; the time of each stands at the left, the
    packet's number at the right, and what arrived together shares one. Client arrows are blue and
    point right, server arrows vermilion and left; what is encrypted is dashed, alerts are black and
    bold, and the milestones of TCP thin and grey. The rung where the handshake broke, as far as the
    events tell, lies on yellow and says so. A wait that dwarfs the others is a break in the lines.

    Parameters
    ----------
    handshake
        What `Capture.handshake` gives (whose outcome, too, is then used), or the rows of
        ``capture.events`` for one handshake. Of the rows, uses ``handshake``, ``flow``, ``packet``,
        ``time``, ``elapsed_ms``, ``sender``, ``kind`` and ``name``; draws ``detail``,
        ``length_bytes``, ``encrypted``, ``level``, ``client`` and ``server`` where they are there.
    ax
        Where to draw. A new figure, tall enough for all rungs, by default. What does not fit
        (more than 80 rungs; fewer on small axes) is left out before the last ones, and counted.

    Returns
    -------
    Axes
        The axes drawn on, for titles and further marks. Lines stand at x = 0 and x = 1.

    Raises
    ------
    UsageError
        If there are no events, or those of more than one handshake, or a column is missing.
    """
    frame = _one_handshake(handshake)
    outcome = getattr(handshake, "outcome", None)
    rungs = _with_verdict(_rungs(frame), outcome if isinstance(outcome, str) else "")
    if ax is None:
        shown = _with_pauses(_shortened(rungs, MOST_RUNGS))
        ax = style.new_axes(HEAD_INCHES + RUNG_INCHES * _height(shown) + FOOT_INCHES)
    else:
        height = style.size_inches(ax)[1] - HEAD_INCHES - FOOT_INCHES
        room = max(4, int(height / LEAST_RUNG_INCHES))
        shown = _with_pauses(_shortened(rungs, min(MOST_RUNGS, room)))
    _Sheet(ax, shown).draw(frame)
    return ax


def _one_handshake(handshake: Any) -> pd.DataFrame:
    """The events in order of packets, once they are seen to be those of one handshake."""
    import pandas as pd

    frame = handshake if isinstance(handshake, pd.DataFrame) else _events_of(handshake)
    if missing := [column for column in COLUMNS if column not in frame.columns]:
        raise UsageError(
            f"these are not rows of capture.events: {', '.join(missing)} missing "
            f"(has {', '.join(map(str, frame.columns[:12]))})"
        )
    if frame.empty:
        raise UsageError("no events: nothing of this handshake was seen")
    for column in ("handshake", "flow"):
        ids = frame[column].dropna().unique()
        if len(ids) > 1:
            raise UsageError(
                f"a ladder shows one handshake, and these events are of {len(ids)} {column}s: "
                f"choose one, as in events[events.{column} == {ids[0]}]"
            )
    # An alert that was inferred may have no packet of its own; it stays where it stands.
    packets = frame["packet"].astype("Float64").ffill().to_numpy(float, na_value=0)
    return frame.iloc[packets.argsort(kind="stable")]


def _events_of(handshake: Any) -> pd.DataFrame:
    """The events of a handshake object, as rows of capture.events."""
    import pandas as pd

    events = getattr(handshake, "events", None)
    if isinstance(events, pd.DataFrame):
        return events
    if not isinstance(events, list | tuple):
        raise UsageError(
            "a ladder is drawn of a handshake or of its rows of capture.events, "
            f"not of {type(handshake).__name__}"
        )
    time_ns = pd.Series([event.time_ns for event in events], dtype="int64")
    return pd.DataFrame(
        {
            "handshake": handshake.number,
            "flow": pd.NA,
            "packet": [event.packet for event in events],
            "time": pd.to_datetime(time_ns, utc=True),
            "elapsed_ms": (time_ns - handshake.flow.start_ns) / 1e6,
            "sender": [event.sender for event in events],
            "kind": [event.kind for event in events],
            "name": [event.name for event in events],
            "detail": [getattr(event, "detail", None) for event in events],
            "length_bytes": [event.length for event in events],
            "encrypted": [event.encrypted for event in events],
            "level": [event.level for event in events],
            "client": str(handshake.client),
            "server": str(handshake.server),
        },
        index=time_ns.index,
    )


def _rungs(frame: pd.DataFrame) -> list[_Rung]:
    """Events that one side sent in one packet, together."""
    known = [column for column in OPTIONAL_COLUMNS if column in frame.columns]
    rows = frame[[*COLUMNS, *known]].astype(object).to_dict("records")
    together = groupby(map(_event, rows), key=lambda event: (event.packet, event.sender))
    return [_Rung(tuple(events)) for _, events in together]


def _event(row: dict[Any, Any]) -> _Event:
    return _Event(
        packet=_text(row["packet"]),
        elapsed_ms=_number(row["elapsed_ms"]),
        sender=_text(row["sender"]),
        kind=_text(row["kind"]),
        name=_text(row["name"]),
        detail=_text(row.get("detail")),
        length_bytes=_number(row.get("length_bytes")),
        encrypted=_text(row.get("encrypted")) == "True",
        level=_text(row.get("level")),
    )


def _text(value: Any) -> str:
    import pandas as pd

    return "" if pd.isna(value) else str(value)


def _number(value: Any) -> float:
    import pandas as pd

    return math.nan if pd.isna(value) else float(value)


# Where it broke.


def _is_fatal(alert: _Event) -> bool:
    """Whether an alert is known to end the handshake; of an encrypted one that is not known."""
    return alert.level == "fatal" or (
        alert.level != "warning" and alert.name not in {"encrypted", *POLITE_ALERTS}
    )


def _with_verdict(rungs: list[_Rung], outcome: str) -> list[_Rung]:
    """Mark the rung where the handshake broke, if it did."""
    if outcome in ("completed", "cut"):
        return rungs
    found = _break(rungs)
    if found is None and (outcome in ("silent", "refused") or not _is_one_sided(rungs)):
        found = _unanswered(rungs, certainly=outcome in ("silent", "refused"))
    if found:
        position, verdict = found
        rungs[position] = replace(rungs[position], verdict=verdict)
    return rungs


def _is_one_sided(rungs: list[_Rung]) -> bool:
    """Whether the capture saw only what one side sent: that is no silence of the other."""
    senders = {rung.first.sender for rung in rungs if not rung.is_icmp}
    return len(senders) == 1 and not all(rung.is_transport for rung in rungs)


def _break(rungs: list[_Rung]) -> tuple[int, str] | None:
    """The rung that ended the handshake before its time, and how.

    Once the server has sent application data it has accepted the client: an alert that cannot be
    read, a reset or a FIN is then taken for the end of the connection and not of the handshake.
    """
    finished: set[str] = set()
    accepted = _is_one_sided(rungs)
    heard = False
    for position, rung in enumerate(rungs):
        names = {event.name for event in rung.events}
        if names & REFUSALS:
            return position, "refused here"
        refuses = rung.is_icmp and rung.first.name not in LIMITS
        if refuses and rung.first.sender == "server" and not heard:
            return position, "refused here"
        heard |= rung.first.sender == "server" and not rung.is_icmp
        if rung.is_fatal or (rung.alerts and "encrypted" in names and not accepted):
            return position, "broke here"
        if rung.is_transport and "rst" in names and not accepted:
            return _unanswered(rungs[: position + 1]) or (position, "reset here")
        unfinished = finished != {"client", "server"} and not accepted
        if rung.is_transport and "fin" in names and unfinished:
            return _unanswered(rungs[: position + 1]) or (position, "closed here")
        if names & {"finished", "encrypted"}:
            finished.add(rung.first.sender)
        accepted |= "application_data" in names and rung.first.sender == "server"
    return None


def _unanswered(rungs: list[_Rung], *, certainly: bool = False) -> tuple[int, str] | None:
    """The first of the last rungs, if they are one side's that repeats itself unanswered."""
    said = [position for position, rung in enumerate(rungs) if not rung.is_icmp]
    if not said:
        return None
    last = rungs[said[-1]].first.sender
    while len(said) > 1 and rungs[said[-2]].first.sender == last:
        said.pop()
    position = said[-1]
    names = [event.name for rung in rungs[position:] for event in rung.events]
    repeats = "retransmission" in names or names.count("syn") > 1
    return (position, "no answer") if certainly or repeats else None


# What is left out, and what stands between the rungs.


def _shortened(rungs: list[_Rung], most: int) -> list[_Rung]:
    """At most so many rungs: the first, and the last quarter, which tell how it ended."""
    if len(rungs) <= most:
        return rungs
    tail = min(TAIL_RUNGS, most // 4)
    head, rest = rungs[: most - tail], rungs[len(rungs) - tail :]
    count = sum(len(rung.events) for rung in rungs[most - tail : len(rungs) - tail])
    return [*head, replace(rest[0], pause=f"... and {count} more", omitted=True), *rest[1:]]


def _with_pauses(rungs: list[_Rung]) -> list[_Rung]:
    """Put the length of each dominating wait before the rung that ended it."""
    whole = _span_ms(rungs)
    shown = rungs[:1]
    for before, rung in pairwise(rungs):
        wait = rung.first.elapsed_ms - before.first.elapsed_ms
        dominates = wait >= NEVER_A_BREAK_MS and wait >= whole / 2
        if not rung.omitted and (dominates or wait >= ALWAYS_A_BREAK_MS):
            rung = replace(rung, pause=f"{style.duration(wait)} later")
        shown.append(rung)
    return shown


def _span_ms(rungs: Iterable[_Rung]) -> float:
    times = [rung.first.elapsed_ms for rung in rungs if not math.isnan(rung.first.elapsed_ms)]
    return max(times) - min(times) if times else 0.0


def _clock(rungs: Sequence[_Rung]) -> tuple[str, float, int]:
    """Unit of the time column, how many milliseconds it has, and how many decimals tell rungs apart."""
    times = [rung.first.elapsed_ms for rung in rungs if not math.isnan(rung.first.elapsed_ms)]
    last = max(times, default=0.0)
    if last >= 10_000:
        return "s", 1000.0, 3
    return "ms", 1.0, 3 if last < 10 else 2 if last < 100 else 1


# What is written on an arrow.


def _label(rung: _Rung, cells: int) -> str:
    """The names of what arrived together, alerts first; of too many, as many as fit."""
    by_weight = sorted(rung.events, key=lambda event: event.kind != "alert")
    names = []
    for name, alike in groupby(map(_readable_name, by_weight)):
        count = len(list(alike))
        names.append(style.legible(name, cells) + (f" \u00d7{count}" if count > 1 else ""))
    kept = len(names)
    while kept > 1 and len(_listed(names, kept)) > cells:
        kept -= 1
    return _listed(names, kept)


def _listed(names: Sequence[str], kept: int) -> str:
    more = f" + {len(names) - kept} more" if kept < len(names) else ""
    return ", ".join(names[:kept]) + more


def _readable_name(event: _Event) -> str:
    if event.kind == "alert":
        return f"{event.level} alert: {event.name}".lstrip()
    if event.kind == "message":
        # encrypted says that there is no name; unknown_0x1f is a value and not a name
        is_name = event.name != "encrypted" and re.fullmatch("[a-z]+(_[a-z]+)*", event.name)
        return event.name.title().replace("_", "") if is_name else event.name
    words = event.name.replace("_", " ").replace("icmp ", "ICMP ")
    return TRANSPORT_NAMES.get(event.name, words)


def _detail(rung: _Rung, cells: int) -> str:
    """What is known beyond the names: their details, and the size of the messages together."""
    details = list(dict.fromkeys(event.detail for event in rung.events if event.detail))
    sizes = [event.length_bytes for event in rung.events if event.length_bytes > 0]
    size = f"{sum(sizes):,.0f} bytes".replace(",", "\u202f") if sizes else ""
    words = style.legible("; ".join(details), max(8, cells - len(size) - 3)) if details else ""
    return " · ".join(filter(None, [words, size]))


# The drawing.


def _height(rungs: Sequence[_Rung]) -> float:
    """Height of all rungs together, in rungs."""
    return _positions(rungs)[-1] + 1


def _positions(rungs: Sequence[_Rung]) -> list[float]:
    """Where each rung lies, counted downwards from the first."""
    positions = [0.0]
    for rung in rungs[1:]:
        positions.append(positions[-1] + 1 + (BREAK_RUNGS if rung.pause else 0))
    return positions


class _Sheet:
    """The axes with their two lines, and all measures in the axes' own coordinates."""

    def __init__(self, ax: Axes, rungs: Sequence[_Rung]) -> None:
        ax.set_axis_off()
        width, height = style.size_inches(ax)
        margin = min(MARGIN_INCHES, width / 4)
        self.ax = ax
        self.rungs = rungs
        self.positions = _positions(rungs)
        self.span_inches = width - 2 * margin
        self.inch = 1 / self.span_inches
        self.rung_inches = max(0.05, height - HEAD_INCHES - FOOT_INCHES) / _height(rungs)
        self.unit, self.unit_ms, self.decimals = _clock(rungs)
        ax.set_xlim(-margin * self.inch, 1 + margin * self.inch)
        self.top, self.bottom = -0.5, self.positions[-1] + 0.5
        ax.set_ylim(self.bottom + self._rungs(FOOT_INCHES), self.top - self._rungs(HEAD_INCHES))
        ax.set_gid("tlsparse-ladder")

    def _rungs(self, inches: float) -> float:
        return inches / self.rung_inches

    def draw(self, frame: pd.DataFrame) -> None:
        """Draw everything, from the back to the front."""
        self._draw_titles(frame)
        self._draw_lines()
        self._draw_waits()
        self._draw_epoch(frame)
        for position, rung in zip(self.positions, self.rungs, strict=True):
            if rung.verdict:
                self._draw_verdict(position, rung.verdict)
            self._draw_margins(position, rung)
            self._draw_arrow(position, rung)
            self._draw_words(position, rung)

    def _write(self, x: float, y: float, words: str, size: float, **properties: Any) -> None:
        properties = {"color": style.INK, "va": "center"} | properties
        self.ax.text(x, y, words, **style.text_style(fontsize=size, **properties))

    def _draw_titles(self, frame: pd.DataFrame) -> None:
        """Role and address over each line; they start at the margins, for addresses may be long."""
        cells = style.fitting_cells(self.span_inches / 2, 8.5)
        edge = 0.25 * self.inch
        for role, colour, x, side in (
            ("client", style.CLIENT, -edge, "left"),
            ("server", style.SERVER, 1 + edge, "right"),
        ):
            self._write(
                x, self.top - self._rungs(0.42), role, 11, ha=side, color=colour, weight="bold"
            )
            address = _text(frame[role].iloc[0]) if role in frame.columns else ""
            if address:
                words = style.legible(address, cells)
                self._write(x, self.top - self._rungs(0.21), words, 8.5, ha=side, color=style.MUTED)

    def _draw_lines(self) -> None:
        """The two lines: solid, and dotted where time or rungs are left out."""
        top = self.top - self._rungs(0.06)
        for position, rung in zip(self.positions, self.rungs, strict=True):
            if rung.pause:
                middle = position - (1 + BREAK_RUNGS) / 2 - 0.1
                self._draw_line_pair(top, middle - 0.4, "-")
                self._draw_line_pair(middle - 0.4, middle + 0.4, (0, (1, 3)))
                self._write(0.5, middle, rung.pause, 9.5, ha="center", style="italic")
                top = middle + 0.4
        self._draw_line_pair(top, self.bottom, "-")

    def _draw_line_pair(self, top: float, bottom: float, dash: Any) -> None:
        for x, colour in ((0, style.CLIENT), (1, style.SERVER)):
            self.ax.plot([x, x], [top, bottom], color=colour, linewidth=1.6, linestyle=dash)

    def _draw_waits(self) -> None:
        """A notable wait, written between its rungs."""
        notable = max(1.0, min(NEVER_A_BREAK_MS, NOTABLE_SHARE * _span_ms(self.rungs)))
        for index in range(1, len(self.rungs)):
            before, after = self.rungs[index - 1 : index + 1]
            wait = after.first.elapsed_ms - before.first.elapsed_ms
            if wait >= notable and not after.pause:
                middle = self.positions[index] - 0.5
                words = f"+{style.duration(wait)}"
                x = -0.12 * self.inch
                self._write(x, middle, words, 7.5, ha="right", color=style.MUTED, style="italic")

    def _draw_epoch(self, frame: pd.DataFrame) -> None:
        """What the time column counts from, to find the handshake again in a log."""
        import pandas as pd

        epoch = (frame["time"] - pd.to_timedelta(frame["elapsed_ms"], unit="ms")).dropna()
        if not epoch.empty:
            words = f"0 {self.unit} is {epoch.iloc[0]:%Y-%m-%d %H:%M:%S.%f} UTC"
            bottom = self.bottom + self._rungs(0.15)
            self._write(0.5, bottom, words, 7.5, ha="center", color=style.MUTED)

    def _draw_margins(self, position: float, rung: _Rung) -> None:
        """Time at the left, packet number at the right."""
        if not math.isnan(rung.first.elapsed_ms):
            time = f"{rung.first.elapsed_ms / self.unit_ms:.{self.decimals}f} {self.unit}"
            self._write(-0.12 * self.inch, position, time, 9, ha="right")
        if rung.first.packet:
            number = style.legible(f"#{rung.first.packet}", 12)
            self._write(1 + 0.12 * self.inch, position, number, 9, ha="left", color=style.MUTED)

    def _draw_arrow(self, position: float, rung: _Rung) -> None:
        """From the sender's line to the other; a rung of an unknown sender has words only."""
        if rung.first.sender not in ("client", "server"):
            return
        colour = style.CLIENT if rung.first.sender == "client" else style.SERVER
        width, head_size = 1.8, 8
        if rung.alerts:
            colour, width = style.ALERT, 2.4 if rung.is_fatal else 1.6
        elif rung.is_transport:
            colour, width, head_size = style.MUTED, 0.8, 5
        tip = 0.055 * self.inch  # half the head, which is centred on its point
        start, end, head = (0.0, 1 - tip, ">") if rung.first.sender == "client" else (1.0, tip, "<")
        self.ax.plot(
            [start, end],
            [position, position],
            color=colour,
            linewidth=width,
            linestyle=(0, (4, 2.5)) if rung.is_encrypted else "-",
            alpha=0.6 if rung.is_encrypted and not rung.alerts else 1,
            marker=head,
            markevery=[1],
            markersize=head_size,
            markeredgewidth=0,
        )
        if rung.is_fatal or (rung.alerts and rung.verdict):
            cross: dict[str, Any] = {"marker": "X", "markersize": 11, "markeredgecolor": "white"}
            self.ax.plot([start], [position], color=colour, **cross)

    def _draw_words(self, position: float, rung: _Rung) -> None:
        """Names above the arrow, what else is known below it."""
        size = 8.5 if rung.is_transport else 10.0
        colour = style.MUTED if rung.is_transport else style.INK
        weight = "bold" if rung.alerts else "normal"
        room = self.span_inches - 0.4  # the heads stay clear
        label = _label(rung, style.fitting_cells(room, size))
        beside = self._rungs(0.1)
        self._write(0.5, position - beside, label, size, ha="center", color=colour, weight=weight)
        detail = _detail(rung, style.fitting_cells(room, 7.5))
        if detail and self.rung_inches >= DETAIL_RUNG_INCHES:
            self._write(0.5, position + beside, detail, 7.5, ha="center", color=style.MUTED)

    def _draw_verdict(self, position: float, verdict: str) -> None:
        self.ax.axhspan(position - 0.5, position + 0.5, color=style.HIGHLIGHT, zorder=0)
        x = 1 + 0.12 * self.inch
        self._write(x, position + self._rungs(0.14), verdict, 8, ha="left", weight="bold")
