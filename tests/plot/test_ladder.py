from __future__ import annotations

import subprocess
import sys
from io import StringIO
from types import SimpleNamespace

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest

from tlsparse.errors import UsageError
from tlsparse.plot import ladder
from tlsparse.plot.style import ALERT, CLIENT, SERVER

VERDICTS = {"broke here", "no answer", "reset here", "closed here", "refused here"}


def words(ax):
    return [text.get_text() for text in ax.texts]


def arrows(ax):
    """The arrows from top to bottom, as lines that run from sender to receiver."""
    lines = [line for line in ax.lines if line.get_marker() in ("<", ">")]
    return sorted(lines, key=lambda line: line.get_ydata()[0])


def names(ax):
    """What stands over each arrow, from top to bottom."""
    over = {
        round(y, 6): text.get_text()
        for text in ax.texts
        if (y := text.get_position()[1]) and text.get_position()[0] == 0.5
    }
    labels = []
    for arrow in arrows(ax):
        y = arrow.get_ydata()[0]
        labels.append(over[max(place for place in over if place < y)])
    return labels


def height_of(ax, label):
    return next(text.get_position()[1] for text in ax.texts if text.get_text() == label)


def verdicts(ax):
    return [word for word in words(ax) if word in VERDICTS]


def overlaps(ax):
    """Pairs of texts that cover one another in the finished picture."""
    ax.figure.draw_without_rendering()
    boxes = [(text.get_text(), text.get_window_extent()) for text in ax.texts]
    return [
        (one, other)
        for index, (one, box) in enumerate(boxes)
        for other, against in boxes[index + 1 :]
        if box.shrunk(0.98, 0.9).overlaps(against.shrunk(0.98, 0.9))
    ]


def test_importing_the_pictures_does_not_import_matplotlib():
    code = "import sys, tlsparse.plot; print({'matplotlib', 'pandas'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "set()" == shown.stdout.strip()


def test_the_name_stays_a_function_after_its_module_was_imported():
    import tlsparse.plot
    import tlsparse.plot.ladder

    assert callable(tlsparse.plot.ladder)


def test_each_packet_is_a_rung_in_order(completed):
    assert [
        "SYN",
        "SYN-ACK",
        "ClientHello",
        "ServerHello, ChangeCipherSpec, encrypted",
        "encrypted ×3",
        "ChangeCipherSpec, encrypted",
        "application data",
        "application data",
        "alert: encrypted",
        "FIN",
        "FIN",
    ] == names(ladder(completed))


def test_shuffled_rows_are_drawn_in_order_of_packets(expired):
    by_packet = expired.sort_values("packet", ascending=False, kind="stable")

    assert names(ladder(expired)) == names(ladder(by_packet))


def test_arrows_point_from_the_sender_to_the_other_side(expired):
    directions = [line.get_xdata()[1] - line.get_xdata()[0] for line in arrows(ladder(expired))]

    assert [">", "<", ">", "<", ">", ">"] == [line.get_marker() for line in arrows(plt.gca())]
    assert [True, False, True, False, True, True] == [step > 0 for step in directions]


def test_colours_tell_client_server_and_alert(expired):
    _, _, client_hello, server_hello, alert, _ = arrows(ladder(expired))

    assert [CLIENT, SERVER, ALERT] == [
        client_hello.get_color(),
        server_hello.get_color(),
        alert.get_color(),
    ]


def test_what_is_encrypted_is_dashed(completed):
    hello, mixed, encrypted = arrows(ladder(completed))[2:5]

    assert ["-", "-", "--"] == [
        hello.get_linestyle(),
        mixed.get_linestyle(),
        encrypted.get_linestyle(),
    ]


def test_times_and_packet_numbers_stand_beside_the_rungs(expired):
    shown = words(ladder(expired))

    assert {"0.000 ms", "0.041 ms", "3.577 ms"} <= set(shown)
    assert {"#1", "#2", "#4", "#6", "#8", "#9"} <= set(shown)


def test_long_handshakes_are_timed_in_seconds(silent):
    assert "10.032 s" in words(ladder(silent))


def test_the_picture_says_what_zero_is_on_the_clock(completed):
    assert "0 ms is 2026-03-01 10:00:00.250000 UTC" in words(ladder(completed))


def test_addresses_and_details_are_written(completed):
    shown = words(ladder(completed))

    assert {"client", "192.0.2.10:51422", "server", "198.51.100.7:443"} <= set(shown)
    assert "TLS 1.3, www.example.test · 517 bytes" in shown


def test_only_the_contract_columns_are_needed(expired):
    least = expired[["handshake", "flow", "packet", "time", "elapsed_ms", "sender", "kind", "name"]]

    assert "alert: certificate_expired" in names(ladder(least))


def test_a_fatal_alert_is_bold_crossed_and_where_it_broke(expired):
    ax = ladder(expired)
    label = next(t for t in ax.texts if t.get_text() == "fatal alert: certificate_expired")
    crosses = [line.get_ydata()[0] for line in ax.lines if line.get_marker() == "X"]

    assert "bold" == label.get_fontweight()
    assert [arrows(ax)[4].get_ydata()[0]] == crosses
    assert ["broke here"] == verdicts(ax)


def test_a_handshake_that_completed_did_not_break(completed):
    assert [] == verdicts(ladder(completed))


def test_an_encrypted_alert_before_the_server_sent_data_is_a_rejection(completed):
    rejected = completed[(completed["name"] != "application_data")]

    assert ["broke here"] == verdicts(ladder(rejected))


def test_a_close_notify_is_no_break(make_events):
    """A warning that ends a connection in order, with or without its level."""
    ax = ladder(
        make_events(
            [
                (1, 0.0, "client", "message", "finished"),
                (2, 1.0, "server", "message", "finished"),
                (3, 2.0, "client", "alert", "close_notify"),
            ]
        ).assign(level=None)
    )

    assert [] == verdicts(ax)
    assert [] == [line for line in ax.lines if line.get_marker() == "X"]


def test_silence_breaks_where_the_answer_is_missing(silent):
    ax = ladder(silent)

    assert ["no answer"] == verdicts(ax)
    assert 0 < height_of(ax, "no answer") - arrows(ax)[2].get_ydata()[0] < 0.5


@pytest.mark.parametrize(("close", "verdict"), [("rst", "reset here"), ("fin", "closed here")])
def test_an_early_end_of_the_connection_is_where_it_broke(make_events, close, verdict):
    ax = ladder(
        make_events(
            [
                (1, 0.0, "client", "message", "client_hello"),
                (2, 1.0, "server", "transport", close),
            ]
        )
    )

    assert [verdict] == verdicts(ax)


@pytest.mark.parametrize(("what", "written"), [("starttls", "TLS"), ("tunnel", "tunnel")])
def test_a_refusal_before_tls_is_where_it_broke(make_events, what, written):
    ax = ladder(
        make_events(
            [
                (4, 0.0, "client", "transport", what),
                (5, 1.0, "server", "transport", f"{what}_refused", "454 no"),
                (6, 2.0, "client", "message", "client_hello"),
                (7, 3.0, "client", "transport", "fin"),
            ]
        )
    )

    assert ["refused here"] == verdicts(ax)
    assert {f"{written} refused", "454 no"} <= {text.get_text() for text in ax.texts}


def test_a_refusal_by_icmp_is_where_it_broke_and_names_its_router(make_events):
    ax = ladder(
        make_events(
            [
                (1, 0.0, "client", "transport", "syn"),
                (2, 1.0, "server", "transport", "icmp_host_unreachable", "from 192.0.2.1"),
            ]
        )
    )

    assert ["refused here"] == verdicts(ax)
    assert {"ICMP host unreachable", "from 192.0.2.1"} <= {text.get_text() for text in ax.texts}


def test_a_router_that_speaks_between_is_no_answer_of_the_server(make_events):
    rows = [
        (3, 0.0, "client", "message", "client_hello"),
        (4, 1.0, "server", "transport", "icmp_fragmentation_needed", "from 192.0.2.1, MTU 1280"),
        (5, 200.0, "client", "transport", "retransmission"),
        (6, 600.0, "client", "transport", "retransmission"),
    ]
    handshake = SimpleNamespace(events=make_events(rows), outcome="silent")

    ax = ladder(handshake)

    assert ["no answer"] == verdicts(ax)
    assert height_of(ax, "no answer") < arrows(ax)[1].get_ydata()[0]


def test_one_captured_side_is_no_silence_of_the_other(make_events):
    rows = [
        (1, 0.0, "client", "message", "client_hello"),
        (2, 1.0, "client", "transport", "retransmission"),
        (3, 2.0, "client", "message", "encrypted"),
        (4, 3.0, "client", "transport", "fin"),
    ]

    assert [] == verdicts(ladder(make_events(rows)))


def test_the_outcome_of_a_handshake_object_decides_whether_it_broke(silent):
    cut = SimpleNamespace(events=silent, outcome="cut")

    assert [] == verdicts(ladder(cut))


def test_events_of_an_object_give_the_same_picture_as_its_rows(expired):
    """The object behind a row keeps its events as objects and not as a table."""
    handshake = SimpleNamespace(
        number=0,
        client="192.0.2.10:51422",
        server="198.51.100.7:443",
        flow=SimpleNamespace(start_ns=expired["time"].iloc[0].value),
        events=[
            SimpleNamespace(
                time_ns=row.time.value,
                packet=row.packet,
                sender=row.sender,
                kind=row.kind,
                name=row.name,
                length=row.length_bytes if pd.notna(row.length_bytes) else 0,
                encrypted=row.encrypted,
                level="fatal" if row.kind == "alert" else "",
                detail=row.detail,
            )
            for row in expired.rename_axis(None).itertuples(index=False)
        ],
    )

    assert words(ladder(expired)) == words(ladder(handshake))


def test_a_wait_that_dominates_is_a_break_with_its_length(silent):
    ax = ladder(silent)
    rungs = [line.get_ydata()[0] for line in arrows(ax)]

    assert ["1.85 s later", "3.7 s later", "2.83 s later"] == [
        word for word in words(ax) if word.endswith("later")
    ]
    assert rungs[6] - rungs[5] > rungs[5] - rungs[4]


def test_a_notable_wait_is_written_between_its_rungs(completed):
    assert "+13.7 ms" in words(ladder(completed))


def test_rungs_are_evenly_spaced(expired):
    heights = [line.get_ydata()[0] for line in arrows(ladder(expired))]

    assert [0, 1, 2, 3, 4, 5] == heights


def test_more_events_make_a_taller_picture(long_handshake, expired):
    short = ladder(expired).figure.get_figheight()
    ax = ladder(long_handshake(60))

    assert 60 == len(arrows(ax))
    assert ax.figure.get_figheight() > 5 * short


def test_hundreds_of_events_are_cut_before_the_last_ones(long_handshake):
    ax = ladder(long_handshake(320))

    assert 80 == len(arrows(ax))
    assert "... and 240 more" in words(ax)
    assert "fatal alert: unexpected_message" == names(ax)[-1]


@pytest.mark.parametrize("story", ["completed", "expired", "silent"])
def test_no_words_cover_one_another(story, request):
    assert [] == overlaps(ladder(request.getfixturevalue(story)))


def test_nothing_is_cropped(completed):
    ax = ladder(completed)
    ax.figure.draw_without_rendering()
    inside = ax.figure.bbox

    assert [] == [
        text.get_text()
        for text in ax.texts
        if not (
            inside.x0 <= text.get_window_extent().x0 and text.get_window_extent().x1 <= inside.x1
        )
    ]


def test_given_axes_are_drawn_on_and_returned(completed, expired):
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")

    assert left is ladder(completed, ax=left)
    assert right is ladder(expired, ax=right)
    assert 1 == len(plt.get_fignums())
    assert [] == overlaps(left) + overlaps(right)
    assert figure is left.figure


def test_small_axes_get_fewer_rungs_and_shorter_names(long_handshake, expired):
    _, (one, other) = plt.subplots(2, figsize=(4, 6), layout="constrained")
    ladder(long_handshake(60), ax=one)
    ladder(expired, ax=other)

    assert 4 <= len(arrows(one)) < 20
    assert any(label.endswith("more") for label in names(other))


def test_hostile_names_are_shown_and_not_obeyed(make_events):
    rows = [
        (1, 0.0, "client", "message", "client_hello", "$\\frac{a$ \u202emoc.live\u202c a\x00b\nc"),
        (2, 1.0, "server", "message", "x" * 5000, "例え.テスト" * 500),
        (3, 2.0, "server", "alert", "$x$ \U000fffff 🔒"),
    ]
    ax = ladder(make_events(rows, client="$" * 300, server="[::1]\n\n:443"))
    svg = StringIO()
    with mpl.rc_context({"svg.fonttype": "none"}):
        ax.figure.savefig(svg, format="svg")

    assert "$\\frac{a$ \\u202emoc.live\\u202c a\\x00b\\nc" in words(ax)
    assert max(map(len, words(ax))) < 130
    assert "\u202e" not in svg.getvalue()
    assert "frac{a$" in svg.getvalue()


def test_svg_keeps_words_as_text_when_asked(expired):
    svg = StringIO()
    with mpl.rc_context({"svg.fonttype": "none"}):
        ladder(expired).figure.savefig(svg, format="svg")

    assert "fatal alert: certificate_expired</text>" in svg.getvalue()


def test_unknown_values_leave_gaps_and_no_guesses(make_events):
    events = make_events(
        [(1, 0.0, "client", "message", "client_hello"), (2, 1.0, None, "alert", "x")]
    )
    events.loc[1, ["packet", "elapsed_ms", "time"]] = [pd.NA, None, pd.NaT]
    ax = ladder(events)

    assert 1 == len(arrows(ax))  # nobody knows whose the other was
    assert "fatal alert: x" in words(ax)
    assert not [word for word in words(ax) if "nan" in word.lower() or "<NA>" in word]


def test_global_style_is_left_alone(completed):
    before = dict(mpl.rcParams)
    ladder(completed).figure.draw_without_rendering()

    assert before == dict(mpl.rcParams)


def test_the_callers_table_is_left_alone(completed):
    before = completed.copy()
    ladder(completed)

    pd.testing.assert_frame_equal(before, completed)


def test_no_events_cannot_be_drawn(completed):
    with pytest.raises(UsageError, match="no events"):
        ladder(completed.iloc[:0])


def test_two_handshakes_cannot_be_drawn(completed, make_events):
    other = make_events([(1, 0.0, "client", "message", "client_hello")], handshake=1)

    with pytest.raises(UsageError, match=r"2 handshakes: .*events\.handshake == 0"):
        ladder(pd.concat([completed, other]))


def test_a_missing_column_is_named(completed):
    with pytest.raises(UsageError, match="sender missing"):
        ladder(completed.drop(columns="sender"))


def test_something_else_cannot_be_drawn():
    with pytest.raises(UsageError, match="not of int"):
        ladder(3)
