from __future__ import annotations

import datetime
from io import StringIO
from itertools import pairwise

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.dates import date2num, num2date

from tlsparse.errors import UsageError
from tlsparse.plot import timeline
from tlsparse.plot.style import OUTCOMES


def words(ax):
    return [text.get_text() for text in ax.texts]


def labels(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def bars(ax):
    """Left edge, right edge and middle of each bar, by row."""
    edges = [
        path.get_extents()
        for collection in ax.collections
        if isinstance(collection, PolyCollection)  # those of markers are of another kind
        for path in collection.get_paths()
    ]
    return sorted(
        [(box.x0, box.x1, (box.y0 + box.y1) / 2) for box in edges], key=lambda bar: bar[2]
    )


def test_rows_stand_in_order_of_start(make_handshakes):
    shuffled = make_handshakes(10).sample(frac=1, random_state=3)

    assert [f"#{number}" for number in range(10)] == [
        label.split()[-1] for label in labels(timeline(shuffled))
    ]


def test_a_row_is_labelled_with_server_and_number(make_handshakes):
    assert ["host0.example.test  #0", "host3.example.test  #1"] == labels(
        timeline(make_handshakes(2))
    )


def test_a_server_without_a_name_has_its_address(make_handshakes):
    table = make_handshakes(2)
    table.loc[0, "server_name"] = pd.NA

    assert "198.51.100.7:443  #0" == labels(timeline(table))[0]
    assert "unknown server  #0" == labels(timeline(table.drop(columns="server")))[0]


def test_a_bar_runs_from_start_to_end_on_a_clock_in_utc(make_handshakes):
    ax = timeline(make_handshakes(1))
    left, right, middle = bars(ax)[0]

    assert 0 == middle
    assert datetime.datetime(2026, 3, 1, 10, 0, 0, 250_000, datetime.UTC) == num2date(left)
    assert 31.2 == pytest.approx((right - left) * 86_400_000, abs=0.01)
    assert "time (UTC), 2026-03-01" == ax.get_xlabel()


def test_other_time_zones_are_drawn_in_utc(make_handshakes):
    table = make_handshakes(3)
    elsewhere = table.assign(start=table["start"].dt.tz_convert("Asia/Tokyo"))

    assert bars(timeline(table)) == bars(timeline(elsewhere))


def test_dates_may_be_added_to_the_axes(make_handshakes):
    ax = timeline(make_handshakes(3))
    line = ax.axvline(datetime.datetime(2026, 3, 1, 10, 0, 0, 300_000))

    assert date2num(datetime.datetime(2026, 3, 1, 10, 0, 0, 300_000)) == ax.convert_xunits(
        line.get_xdata()[0]
    )


def test_a_failure_says_how_where_and_why(make_handshakes):
    shown = words(timeline(make_handshakes(10)))

    assert "alerted at certificate: certificate.expired" in shown
    assert "rejected at client_certificate" in shown
    assert "31.2 ms" in shown  # what completed says how long it took


def test_the_legend_counts_each_outcome(make_handshakes):
    assert [
        "completed (5)",
        "rejected (1)",
        "alerted (1)",
        "reset (1)",
        "silent (1)",
        "refused (1)",
    ] == legend(timeline(make_handshakes(10)))


def test_each_outcome_has_a_colour_and_each_but_completion_a_marker():
    markers = [look.marker for look in OUTCOMES.values()]

    assert len(OUTCOMES) == len({look.colour for look in OUTCOMES.values()})
    assert len(OUTCOMES) == len(set(markers))
    assert ["completed"] == [name for name, look in OUTCOMES.items() if not look.marker]


def test_an_outcome_that_is_not_known_is_drawn_as_such(make_handshakes):
    table = make_handshakes(2)
    table["outcome"] = pd.array([pd.NA, "novel"], dtype="string")

    assert ["unknown (2)"] == legend(timeline(table))


def test_notes_end_before_the_right_edge(make_handshakes):
    ax = timeline(make_handshakes(13))
    ax.figure.draw_without_rendering()

    assert 13 == len(ax.texts)
    assert [] == [
        text.get_text() for text in ax.texts if text.get_window_extent().x1 > ax.figure.bbox.x1
    ]


@pytest.mark.parametrize("count", [1, 10, 60, 61, 100, 2000])
def test_labels_do_not_touch_and_are_not_cropped(make_handshakes, count):
    ax = timeline(make_handshakes(count, servers=90))
    ax.figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in ax.get_yticklabels()]

    assert all(box.x0 >= 0 for box in boxes)
    assert all(upper.y0 >= lower.y1 for upper, lower in pairwise(boxes))
    assert ax.get_legend().get_window_extent().x1 <= ax.figure.bbox.x1
    assert ax.get_legend().get_window_extent().y0 >= 0


def test_many_handshakes_share_a_lane_for_each_server_worst_first(make_handshakes):
    table = make_handshakes(100, servers=3)
    table["outcome"] = table["outcome"].where(
        table["server_name"] == "host2.example.test", "completed"
    )
    hits = int((~table["outcome"].isin(["completed", "cut"])).sum())

    assert [
        f"host2.example.test  {hits} of 33 failed",
        "host0.example.test  0 of 34 failed",
        "host1.example.test  0 of 33 failed",
    ] == labels(timeline(table))


def test_lanes_beyond_the_thirtieth_are_summed_up(make_handshakes):
    shown = labels(timeline(make_handshakes(2000, servers=90)))
    counts = [int(label.split(" of ")[1].split()[0]) for label in shown]

    assert 30 == len(shown)
    assert shown[-1].startswith("61 other servers  ")
    assert 2000 == sum(counts)


def test_low_axes_get_lanes_instead_of_rows(make_handshakes):
    _, ax = plt.subplots(figsize=(6, 1.5))
    timeline(make_handshakes(30), ax=ax)

    assert 4 == len(labels(ax))


def test_no_bar_is_too_short_to_be_seen(make_handshakes):
    ax = timeline(make_handshakes(100, every_ms=3_600_000))
    left, right = ax.get_xlim()

    assert 100 == len(bars(ax))
    assert all(end - start > 0.002 * (right - left) for start, end, _ in bars(ax))


@pytest.mark.parametrize(
    ("every_ms", "pattern"),
    [
        (0.2, r"\d\d:\d\d:\d\d\.\d{3}"),
        (60_000, r"\d\d:\d\d:\d\d"),
        (86_400_000, r"\d\d-\d\d \d\d:\d\d"),
    ],
)
def test_the_clock_is_as_exact_as_its_span_asks_for(make_handshakes, every_ms, pattern):
    ax = timeline(make_handshakes(10, every_ms=every_ms))
    ax.figure.draw_without_rendering()
    ticks = [tick.get_text() for tick in ax.get_xticklabels()]

    assert len(ticks) >= 2
    assert all(pd.Series(ticks).str.fullmatch(pattern))


def test_a_handshake_without_a_start_is_counted_and_not_drawn(make_handshakes):
    table = make_handshakes(3)
    table.loc[1, "start"] = pd.NaT
    ax = timeline(table)

    assert 2 == len(labels(ax))
    assert "time (UTC), 2026-03-01; 1 more without a start time" == ax.get_xlabel()


def test_times_at_the_ends_of_what_a_capture_can_say_are_drawn(make_handshakes):
    """A pcap's seconds end in 2106; hostile or broken files begin in 1970."""
    table = make_handshakes(2)
    ends = ["1970-01-01 00:00:00.000000", "2106-02-07 06:28:15.999999"]
    table["start"] = pd.to_datetime(ends, utc=True)
    both = timeline(table)
    late = timeline(table.iloc[1:])
    both.figure.draw_without_rendering()
    late.figure.draw_without_rendering()

    assert "time (UTC), 1970-01-01 to 2106-02-07" == both.get_xlabel()


def test_no_handshakes_are_said_to_be_none(make_handshakes):
    assert ["no handshakes"] == words(timeline(make_handshakes(0)))


def test_no_known_start_is_said(make_handshakes):
    ax = timeline(make_handshakes(2).assign(start=pd.NaT))

    assert ["no handshake with a known start (2 without)"] == words(ax)


def test_hostile_names_are_shown_and_not_obeyed(make_handshakes):
    table = make_handshakes(2)
    table["server_name"] = ["$\\frac{a$\u202emoc\n", "例え" * 3000]
    table["cause"] = "$x$\x1b[31m"
    table["outcome"] = "alerted"
    ax = timeline(table)
    svg = StringIO()
    with mpl.rc_context({"svg.fonttype": "none"}):
        ax.figure.savefig(svg, format="svg")

    assert "$\\frac{a$\\u202emoc\\n  #0" == labels(ax)[0]
    assert "frac{a$" in svg.getvalue()
    assert len(labels(ax)[1]) < 40


def test_given_axes_are_drawn_on_and_returned(make_handshakes):
    _, ax = plt.subplots()

    assert ax is timeline(make_handshakes(5), ax=ax)
    assert 1 == len(plt.get_fignums())


def test_global_style_and_the_callers_table_are_left_alone(make_handshakes):
    style, table = dict(mpl.rcParams), make_handshakes(20)
    before = table.copy()
    timeline(table).figure.draw_without_rendering()

    assert style == dict(mpl.rcParams)
    pd.testing.assert_frame_equal(before, table)


def test_a_missing_column_is_named(make_handshakes):
    with pytest.raises(UsageError, match="start missing"):
        timeline(make_handshakes(2).drop(columns="start"))
