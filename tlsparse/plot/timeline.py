"""Many handshakes as bars on a clock: which failed, when, how, and what happened at the same time.

Few handshakes get a row each, in order of their start, as a browser shows its requests. Where rows
would become too thin to read, all handshakes with one server share a lane, and the lane's label
counts them: what completed lies on the lane's lower half, and what failed stands out on its upper.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, cast

from tlsparse.errors import UsageError
from tlsparse.plot import style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("handshake", "flow", "server_name", "outcome", "step", "start", "duration_ms")

ROW_INCHES = 0.26
ROW_HEIGHT = 0.6  # of a bar, in rows
LANE_INCHES = 0.36
LEAST_ROW_INCHES = 0.15  # below it the labels of neighbouring rows touch
AROUND_INCHES = 1.3  # clock and legend
MOST_ROWS = 60
MOST_LANES = 30

DAY_MS = 86_400_000
# What the clock's ticks may be apart, by matplotlib's name of the unit: a millisecond at least.
CLOCK_STEPS = {
    "MICROSECONDLY": [1000 * step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)],
    "SECONDLY": [1, 2, 5, 10, 15, 30],
    "MINUTELY": [1, 2, 5, 10, 15, 30],
    "HOURLY": [1, 2, 3, 6, 12],
}
LEAST_SPAN_DAYS = 5 / DAY_MS  # the clock's labels tell milliseconds apart, and nothing shorter
LEAST_BAR_SHARE = 0.003  # of the clock's span: two pixels, so that no handshake is invisible
MOST_NOTE_SHARE = 0.45  # of the width, for the words after a bar
LABEL_CELLS = 32
LABEL_POINTS = 8.5
NOTE_POINTS = 8.0
LEGEND_INCHES = 1.4  # one entry's width
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
        each, lanes are drawn. Labels and legend stand outside the axes: a figure made with
        ``layout="constrained"`` makes room for them.

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
    _draw_clock(ax, bars, without_start=len(everything) - len(bars))
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
            "start": date2num(start.to_numpy()),  # type: ignore[no-untyped-call]
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
    return bars.assign(middle=range(len(bars)), height=ROW_HEIGHT), labels


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
        f"{style.legible(str(name), LABEL_CELLS)}  {failed} of {count} failed"
        for name, count, failed in zip(shown.index, shown["count"], shown["failed"], strict=True)
    ]
    if len(rest):
        failed, count = rest["failed"].sum(), rest["count"].sum()
        labels.append(f"{len(rest)} other servers  {failed} of {count} failed")
    rows = bars["server"].map({name: row for row, name in enumerate(shown.index)})
    rows = rows.fillna(len(shown)).astype(int)
    middle = rows + bars["failed"].map({True: -0.2, False: 0.2})
    height = bars["failed"].map({True: 0.1, False: 0.3})  # what failed has its marker
    return bars.assign(middle=middle, height=height, note=""), labels


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


def _draw_clock(ax: Axes, bars: pd.DataFrame, *, without_start: int) -> None:
    """The x axis: from the first start to the last end, and on until every note fits."""
    from matplotlib import dates

    first = bars["start"].min()
    span = max((bars["start"] + bars["days"]).max() - first, LEAST_SPAN_DAYS)
    whole = _span_with_notes(ax, bars, first, span)
    ax.set_xlim(first - 0.015 * whole, first + 1.015 * whole)

    locator = dates.AutoDateLocator(tz=datetime.UTC, minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
    locator.intervald |= {getattr(dates, unit): steps for unit, steps in CLOCK_STEPS.items()}
    ax.xaxis_date(tz="UTC")
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(lambda days, _: _clock_label(days, *ax.get_xlim()))
    ax.tick_params(axis="x", labelsize=LABEL_POINTS, color=style.FAINT, labelcolor=style.INK)
    ax.grid(axis="x", color=style.FAINT, linewidth=0.5, alpha=0.6)
    ax.set_axisbelow(True)

    days = [f"{_moment(end):%Y-%m-%d}" for end in (first, first + span)]
    words = f"time (UTC), {' to '.join(dict.fromkeys(days))}"
    if without_start:
        words += f"; {without_start} more without a start time"
    ax.set_xlabel(words, **style.text_style(fontsize=LABEL_POINTS, color=style.MUTED))


def _span_with_notes(ax: Axes, bars: pd.DataFrame, first: float, span: float) -> float:
    """How many days the clock must show for each note to end before the right edge."""
    inch = NOTE_POINTS * style.CELL_EM / 72
    noted = bars[bars["note"] != ""]
    share = (noted["note"].str.len() + 3) * inch / style.size_inches(ax)[0]
    end = noted["start"] + noted["days"] - first
    needed: list[float] = (end / (1 - share.clip(upper=MOST_NOTE_SHARE))).tolist()
    return max([span, *needed])


def _clock_label(days: float, left: float, right: float) -> str:
    """A moment, as exactly as the clock's span asks for."""
    span_s = abs(right - left) * DAY_MS / 1000
    moment = _moment(days)
    if span_s >= 2 * 86_400:
        return f"{moment:%m-%d %H:%M}"
    if span_s >= 10:
        return f"{moment:%H:%M:%S}"
    # A day's fraction is a little off the millisecond that it stands for.
    rounded = moment + datetime.timedelta(microseconds=500)
    return f"{rounded:%H:%M:%S}.{rounded.microsecond // 1000:03}"


def _moment(days: float) -> datetime.datetime:
    from matplotlib.dates import num2date

    moment: datetime.datetime = num2date(days, tz=datetime.UTC)  # type: ignore[no-untyped-call]
    return moment


def _draw_bars(ax: Axes, bars: pd.DataFrame) -> None:
    left, right = ax.get_xlim()
    bars = bars.assign(days=bars["days"].clip(lower=LEAST_BAR_SHARE * (right - left)))
    as_pixels = len(bars) > VECTORS_AT_MOST
    for key, alike in bars.groupby(["outcome", "middle", "height"]):
        outcome, middle, height = cast("tuple[str, float, float]", key)
        look = style.OUTCOMES[outcome]
        order = 3 if look.failed else 2  # what failed lies above what did not
        ax.broken_barh(
            list(zip(alike["start"], alike["days"], strict=True)),
            (middle - height / 2, height),
            facecolor=look.colour,
            zorder=order,
            rasterized=as_pixels,
        )
        if look.marker:
            ax.scatter(
                alike["start"] + alike["days"],
                alike["middle"],
                marker=look.marker,
                s=48 if height == ROW_HEIGHT else 30,
                facecolor=look.colour,
                edgecolor="white",
                linewidth=0.7,
                zorder=order + 2,
                rasterized=as_pixels,
            )
    cells = style.fitting_cells(style.size_inches(ax)[0] * MOST_NOTE_SHARE, NOTE_POINTS)
    noted = bars[bars["note"] != ""]
    ends = noted["start"] + noted["days"]
    columns = (ends, noted["middle"], noted["note"], noted["failed"])
    for end, middle, note, failed in zip(*columns, strict=True):
        words = style.text_style(
            fontsize=NOTE_POINTS,
            va="center_baseline",
            color=style.INK if failed else style.MUTED,
            weight="bold" if failed else "normal",
        )
        ax.annotate(
            style.legible(note, cells),
            (end, middle),
            xytext=(8, 0),
            textcoords="offset points",
            **words,
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
        ncols=max(1, int(style.size_inches(ax)[0] / LEGEND_INCHES)),
        frameon=False,
        handlelength=2.2,
        columnspacing=1.4,
    )
    for text in legend.get_texts():
        text.set(**style.text_style(fontsize=LABEL_POINTS, color=style.INK))
