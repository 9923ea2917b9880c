"""Many handshakes as bars on a clock: which failed, when, how, and what happened at the same time.

Few handshakes get a row each, in order of their start, as a browser shows its requests. Where rows
would become too thin to read, all handshakes with one server share a lane, and the lane's label
counts them: what completed lies on the lane's lower half, and what failed stands out on its upper.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from tlsparse.errors import UsageError
from tlsparse.plot import style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("handshake", "flow", "server_name", "outcome", "step", "start", "duration_ms")

ROW_INCHES = 0.26
LANE_INCHES = 0.36
LEAST_ROW_INCHES = 0.15  # below it the labels of neighbouring rows touch
AROUND_INCHES = 1.3  # clock and legend
MOST_ROWS = 60
MOST_LANES = 30

DAY_MS = 86_400_000
LEAST_SPAN_DAYS = 5 / DAY_MS  # the clock's labels tell milliseconds apart, and nothing shorter
LEAST_BAR_SHARE = 0.003  # of the clock's span: two pixels, so that no handshake is invisible
MOST_NOTE_SHARE = 0.45  # of the width, for the words after a bar
LABEL_CELLS = 32
LABEL_POINTS = 8.5
NOTE_POINTS = 8.0
VECTORS_AT_MOST = 5000  # more bars than this become pixels inside an SVG or PDF


def timeline(handshakes: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw handshakes as bars from their start to their end, on a clock in UTC.

    Up to 60 have a row each, in order of start, labelled with server name and number (the
    ``handshake`` that `Capture.handshake` takes); after the bar stands how long it took or, if it
    failed, how, at which step and why. More share one lane for each server, those with most
    failures first, and lanes after the thirtieth are summed up in a last one. Colour and the marker
    at its end tell a bar's outcome; each is drawn at least two pixels long.

    Parameters
    ----------
    handshakes
        Rows of ``capture.handshakes``. Uses ``handshake``, ``flow``, ``server_name``, ``outcome``,
        ``step``, ``start`` and ``duration_ms``, and ``server`` and ``cause`` where they are there.
        Handshakes without a start cannot be placed; they are counted below the clock.
    ax
        Where to draw. A new figure, tall enough for all rows, by default. On axes too low for a row
        each, lanes are drawn.

    Returns
    -------
    Axes
        The axes drawn on, for titles and further marks; the x axis takes dates, the y axis counts
        rows downwards from 0. Without handshakes it says so.

    Raises
    ------
    UsageError
        If a column is missing.
    """
    everything = _bars(handshakes)
    bars = everything[everything["start"].notna()]
    in_lanes = len(bars) > _room(ax, LEAST_ROW_INCHES, MOST_ROWS)
    if in_lanes:
        bars, labels = _lanes(bars, _room(ax, LEAST_ROW_INCHES, MOST_LANES))
    else:
        bars, labels = _rows(bars)
    if ax is None:
        inches = LANE_INCHES if in_lanes else ROW_INCHES
        ax = style.new_axes(AROUND_INCHES + inches * max(2, len(labels)))
    ax.set_gid("tlsparse-timeline")
    if bars.empty:
        _say_nothing_is_here(ax, len(everything))
        return ax
    _draw_labels(ax, labels)
    _draw_clock(ax, bars, labels, without_start=len(everything) - len(bars))
    _draw_bars(ax, bars)
    _draw_legend(ax, bars)
    return ax


# From the caller's table to what is drawn.


def _room(ax: Axes | None, inches: float, most: int) -> int:
    """How many rows of a height there is room for."""
    return most if ax is None else max(1, min(most, int(style.size_inches(ax)[1] / inches)))


def _bars(handshakes: pd.DataFrame) -> pd.DataFrame:
    """One row per handshake, by start: start and length in matplotlib's days, and its words."""
    import pandas as pd
    from matplotlib.dates import date2num

    if missing := [column for column in COLUMNS if column not in handshakes.columns]:
        raise UsageError(f"these are not rows of capture.handshakes: {', '.join(missing)} missing")
    start = pd.to_datetime(handshakes["start"], utc=True).dt.tz_localize(None)
    took_ms = pd.to_numeric(handshakes["duration_ms"]).astype("Float64").to_numpy(float, na_value=0)
    words = {
        column: handshakes[column].astype("string").fillna("").tolist()
        if column in handshakes.columns
        else [""] * len(handshakes)
        for column in ("handshake", "server_name", "server", "outcome", "step", "cause")
    }
    bars = pd.DataFrame(
        {
            "start": date2num(start.to_numpy()),
            "days": took_ms.clip(0) / DAY_MS,
            "outcome": [word if word in style.OUTCOMES else "unknown" for word in words["outcome"]],
            "server": [
                name or address or "unknown server"
                for name, address in zip(words["server_name"], words["server"], strict=True)
            ],
            "number": words["handshake"],
            "note": list(
                map(_note, words["outcome"], words["step"], words["cause"], took_ms.tolist())
            ),
        }
    )
    bars["failed"] = [style.OUTCOMES[outcome].failed for outcome in bars["outcome"]]
    return bars.sort_values("start", kind="stable", ignore_index=True)


def _note(outcome: str, step: str, cause: str, took_ms: float) -> str:
    """What stands after a bar: how long it took or, in the table's words, how and why it ended."""
    if outcome == "completed":
        return style.duration(took_ms) if took_ms > 0 else ""
    where = f" at {step}" if step and outcome != "cut" else ""
    return (outcome or "unknown") + where + (f": {cause}" if cause else "")


def _rows(bars: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """A row for each handshake, with its label."""
    labels = [
        f"{style.legible(server, LABEL_CELLS)}  #{style.legible(number, 10)}"
        for server, number in zip(bars["server"], bars["number"], strict=True)
    ]
    return bars.assign(row=range(len(bars)), middle=range(len(bars)), height=0.6), labels


def _lanes(bars: pd.DataFrame, most: int) -> tuple[pd.DataFrame, list[str]]:
    """A lane for each server, worst first, with its label; the last one for those left over."""
    servers = bars.groupby("server").agg(
        failed=("failed", "sum"), count=("failed", "size"), first=("start", "min")
    )
    servers = servers.sort_values(["failed", "count", "first"], ascending=[False, False, True])
    if len(servers) > most:
        shown = servers.iloc[: most - 1]
        rest = servers.iloc[most - 1 :]
    else:
        shown, rest = servers, servers.iloc[:0]
    labels = [
        _lane_label(style.legible(str(name), LABEL_CELLS), count, failed)
        for name, count, failed in zip(shown.index, shown["count"], shown["failed"], strict=True)
    ]
    if len(rest):
        name = f"{len(rest)} other servers"
        labels.append(_lane_label(name, rest["count"].sum(), rest["failed"].sum()))
    rows = bars["server"].map({name: row for row, name in enumerate(shown.index)})
    rows = rows.fillna(len(shown)).astype(int)
    middle = rows + bars["failed"].map({True: -0.19, False: 0.19})
    return bars.assign(row=rows, middle=middle, height=0.3, note=""), labels


def _lane_label(name: str, count: int, failed: int) -> str:
    return f"{name}  {failed} of {count} failed"


# The drawing.


def _say_nothing_is_here(ax: Axes, without_start: int) -> None:
    words = "no handshakes"
    if without_start:
        words = f"no handshake with a known start ({without_start} without)"
    ax.set_axis_off()
    ax.text(
        0.5,
        0.5,
        words,
        transform=ax.transAxes,
        **style.text_style(ha="center", va="center", fontsize=11, color=style.MUTED),
    )


def _draw_labels(ax: Axes, labels: list[str]) -> None:
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.set_yticks(
        range(len(labels)),
        labels=labels,
        **style.text_style(fontsize=LABEL_POINTS, color=style.INK),
    )
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.spines["bottom"].set_color(style.FAINT)


def _draw_clock(ax: Axes, bars: pd.DataFrame, labels: list[str], *, without_start: int) -> None:
    """The x axis: from the first start to the last end, and on until every note fits."""
    from matplotlib.dates import MICROSECONDLY, AutoDateLocator, num2date

    first = bars["start"].min()
    span = max((bars["start"] + bars["days"]).max() - first, LEAST_SPAN_DAYS)
    whole = _span_with_notes(ax, bars, labels, first, span)
    ax.set_xlim(first - 0.015 * whole, first + 1.015 * whole)

    locator = AutoDateLocator(tz=datetime.UTC, minticks=3, maxticks=7)
    locator.intervald[MICROSECONDLY] = [
        thousands * 1000 for thousands in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
    ]
    ax.xaxis_date(tz="UTC")
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(lambda days, _: _clock_label(days, *ax.get_xlim()))
    ax.tick_params(axis="x", labelsize=LABEL_POINTS, color=style.FAINT, labelcolor=style.INK)
    ax.grid(axis="x", color=style.FAINT, linewidth=0.5, alpha=0.6)
    ax.set_axisbelow(True)

    days = [f"{num2date(moment):%Y-%m-%d}" for moment in (first, first + span)]
    words = f"time (UTC), {' to '.join(dict.fromkeys(days))}"
    if without_start:
        words += f"; {without_start} more without a start time"
    ax.set_xlabel(words, **style.text_style(fontsize=LABEL_POINTS, color=style.MUTED))


def _span_with_notes(
    ax: Axes, bars: pd.DataFrame, labels: list[str], first: float, span: float
) -> float:
    """How many days the clock must show for each note to end before the right edge."""
    inch = NOTE_POINTS * style.CELL_EM / 72
    width = style.size_inches(ax)[0] - inch * max(map(len, labels))
    share = (bars["note"].str.len() + 3) * inch / max(width, 1.0)
    end = bars["start"] + bars["days"] - first
    return max(span, (end / (1 - share.clip(upper=MOST_NOTE_SHARE))).max())


def _clock_label(days: float, left: float, right: float) -> str:
    """A moment, as exactly as the clock's span asks for."""
    from matplotlib.dates import num2date

    span_s = abs(right - left) * DAY_MS / 1000
    moment = num2date(days)
    if span_s >= 2 * 86_400:
        return f"{moment:%m-%d %H:%M}"
    if span_s >= 10:
        return f"{moment:%H:%M:%S}"
    # A day's fraction is a little off the millisecond that it stands for.
    rounded = moment + datetime.timedelta(microseconds=500)
    return f"{rounded:%H:%M:%S}.{rounded.microsecond // 1000:03}"


def _draw_bars(ax: Axes, bars: pd.DataFrame) -> None:
    left, right = ax.get_xlim()
    least = LEAST_BAR_SHARE * (right - left)
    as_pixels = len(bars) > VECTORS_AT_MOST
    for outcome, alike in bars.groupby("outcome"):
        look = style.OUTCOMES[str(outcome)]
        order = 3 if look.failed else 2  # what failed lies above what did not
        for middle, bar in alike.groupby("middle"):
            height = float(bar["height"].iloc[0])
            ax.broken_barh(
                list(zip(bar["start"], bar["days"].clip(lower=least), strict=True)),
                (float(str(middle)) - height / 2, height),
                facecolor=look.colour,
                zorder=order,
                rasterized=as_pixels,
            )
        if look.marker:
            ax.scatter(
                alike["start"] + alike["days"].clip(lower=least),
                alike["middle"],
                marker=look.marker,
                s=48,
                facecolor=look.colour,
                edgecolor="white",
                linewidth=0.8,
                zorder=order + 2,
                rasterized=as_pixels,
            )
    cells = style.fitting_cells(style.size_inches(ax)[0] * MOST_NOTE_SHARE, NOTE_POINTS)
    for bar in bars[bars["note"] != ""].itertuples():
        ax.annotate(
            style.legible(str(bar.note), cells),
            (bar.start + max(bar.days, least), bar.middle),
            xytext=(8, 0),
            textcoords="offset points",
            **style.text_style(
                fontsize=NOTE_POINTS,
                va="center_baseline",
                color=style.INK if bar.failed else style.MUTED,
                weight="bold" if bar.failed else "normal",
            ),
        )


def _draw_legend(ax: Axes, bars: pd.DataFrame) -> None:
    """Each outcome that occurs, how often, in the contract's order; below the clock."""
    from matplotlib.lines import Line2D
    from matplotlib.transforms import ScaledTranslation

    counts = bars["outcome"].value_counts()
    entries = [
        Line2D(
            [0],
            [0],
            color=look.colour,
            linewidth=7,
            solid_capstyle="butt",
            marker=look.marker or "None",
            markersize=9,
            markeredgecolor="white",
            label=f"{outcome} ({counts[outcome]})",
        )
        for outcome, look in style.OUTCOMES.items()
        if outcome in counts
    ]
    below = ScaledTranslation(0, -38 / 72, ax.figure.dpi_scale_trans)
    legend = ax.legend(
        handles=entries,
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=ax.transAxes + below,
        ncols=min(5, len(entries)),
        frameon=False,
        handlelength=2.2,
    )
    for text in legend.get_texts():
        text.set(**style.text_style(fontsize=LABEL_POINTS, color=style.INK))
