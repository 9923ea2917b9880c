"""One direction's bytes in order, from segments as a capture has them."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tlsparse.flow.streams import Gap, Repeat, Run, Segment, Stream, assemble

ISN = 1_000
"""Sequence number of the SYN; the first byte has the next one."""


def segment(
    packet: int, at: int, data: bytes, *, length: int | None = None, **other: int
) -> Segment:
    """A segment whose first byte is at stream offset `at`; `length` counts bytes that were not captured."""
    length = len(data) if length is None else length
    return Segment(
        packet,
        time_ns=packet * 10,
        flags=16,
        sequence=ISN + 1 + at,
        length=length,
        captured=other.get("captured", len(data)),
        start=other.get("start", 0),
        data=data,
        passed=other.get("passed", 0),
    )


# --- Order -----------------------------------------------------------------------------------------------------------


def test_segments_in_order_make_one_run():
    stream = assemble([segment(1, 0, b"abc"), segment(2, 3, b"def")], ISN)

    assert [Run(0, b"abcdef")] == stream.runs
    assert [] == stream.gaps
    assert [] == stream.repeats
    assert 6 == stream.end
    assert stream.first_offset_known


def test_segments_out_of_order_make_the_same_run():
    stream = assemble([segment(1, 3, b"def"), segment(2, 6, b"ghi"), segment(3, 0, b"abc")], ISN)

    assert [Run(0, b"abcdefghi")] == stream.runs
    assert [] == stream.gaps


def test_a_byte_is_readable_when_all_before_it_have_arrived():
    stream = assemble([segment(1, 0, b"abc"), segment(2, 6, b"ghi"), segment(3, 3, b"def")], ISN)

    assert (1, 10) == stream.arrival(1)
    assert (1, 10) == stream.arrival(3)
    assert (3, 30) == stream.arrival(4)
    assert (3, 30) == stream.arrival(9)


def test_arrival_past_the_end_is_that_of_the_end():
    stream = assemble([segment(1, 0, b"abc"), segment(2, 3, b"def")], ISN)

    assert (2, 20) == stream.arrival(1_000_000)


def test_arrival_at_the_beginning_is_that_of_the_first_byte():
    stream = assemble([segment(4, 0, b"abc"), segment(5, 3, b"def")], ISN)

    assert (4, 40) == stream.arrival(0)


def test_no_segments_make_an_empty_stream():
    assert Stream(first_offset_known=True) == assemble([], ISN)


def test_segments_without_payload_leave_no_trace():
    stream = assemble([segment(1, -1, b""), segment(2, 0, b"abc"), segment(3, 3, b"")], ISN)

    assert [Run(0, b"abc")] == stream.runs
    assert [0] == stream.starts


# --- Repeats and overlaps --------------------------------------------------------------------------------------------


def test_a_segment_sent_again_is_a_repeat():
    stream = assemble([segment(1, 0, b"abc"), segment(2, 3, b"de"), segment(3, 0, b"abc")], ISN)

    assert [Run(0, b"abcde")] == stream.runs
    assert [Repeat(3, 30, 0, 3)] == stream.repeats
    assert (2, 20) == stream.arrival(5)


def test_where_segments_overlap_the_first_to_arrive_counts():
    stream = assemble([segment(1, 2, b"CD"), segment(2, 0, b"abcdef")], ISN)

    assert [Run(0, b"abCDef")] == stream.runs
    assert [] == stream.repeats


def test_a_segment_that_overlaps_the_end_adds_only_its_new_bytes():
    stream = assemble([segment(1, 0, b"abc"), segment(2, 1, b"XYd")], ISN)

    assert [Run(0, b"abcd")] == stream.runs
    assert (2, 20) == stream.arrival(4)


def test_a_segment_may_fill_several_holes_at_once():
    pieces = [
        segment(1, 1, b"B"),
        segment(2, 3, b"D"),
        segment(3, 5, b"F"),
        segment(4, 0, b"abcdefg"),
    ]
    stream = assemble(pieces, ISN)

    assert [Run(0, b"aBcDeFg")] == stream.runs
    assert [] == stream.gaps


def test_a_repeat_cut_otherwise_is_a_repeat_still():
    stream = assemble([segment(1, 0, b"abc"), segment(2, 3, b"def"), segment(3, 2, b"cd")], ISN)

    assert [Run(0, b"abcdef")] == stream.runs
    assert [Repeat(3, 30, 2, 2)] == stream.repeats


def test_a_keep_alive_is_no_repeat():
    """It repeats the last byte, or sends none of its own: RFC 9293 section 3.8.4."""
    stream = assemble([segment(1, 0, b"abc"), segment(2, 2, b"\0"), segment(3, 3, b"def")], ISN)

    assert [Run(0, b"abcdef")] == stream.runs
    assert [] == stream.repeats


def test_a_keep_alive_before_the_first_byte_is_nothing():
    stream = assemble([segment(1, -1, b"\0"), segment(2, 0, b"abc")], ISN)

    assert [Run(0, b"abc")] == stream.runs
    assert [] == stream.gaps
    assert [] == stream.repeats


def test_bytes_before_the_first_are_left_out():
    stream = assemble([segment(1, -2, b"??abc")], ISN)

    assert [Run(0, b"abc")] == stream.runs


# --- Gaps ------------------------------------------------------------------------------------------------------------


def test_a_missing_segment_is_a_gap_with_place_and_size():
    stream = assemble([segment(1, 0, b"abc"), segment(2, 10, b"klm")], ISN)

    assert [Run(0, b"abc"), Run(10, b"klm")] == stream.runs
    assert [Gap(3, 10, 2, 20, cut=False)] == stream.gaps
    assert 13 == stream.end


def test_a_gap_at_the_beginning_shows_if_the_syn_was_seen():
    stream = assemble([segment(1, 4, b"efg")], ISN)

    assert [Run(4, b"efg")] == stream.runs
    assert [Gap(0, 4, 1, 10, cut=False)] == stream.gaps


def test_bytes_after_a_gap_are_readable_when_they_came():
    stream = assemble([segment(1, 0, b"abc"), segment(2, 10, b"klm")], ISN)

    assert (2, 20) == stream.arrival(11)


def test_without_a_syn_the_lowest_byte_is_the_first():
    stream = assemble([segment(1, 3, b"def"), segment(2, 0, b"abc")], None)

    assert [Run(0, b"abcdef")] == stream.runs
    assert [] == stream.gaps
    assert not stream.first_offset_known


def test_a_segment_cut_by_the_snap_length_leaves_a_gap_of_its_own_kind():
    stream = assemble([segment(1, 0, b"abc", length=8), segment(2, 8, b"ijk")], ISN)

    assert [Run(0, b"abc"), Run(8, b"ijk")] == stream.runs
    assert [Gap(3, 8, 1, 10, cut=True)] == stream.gaps


def test_a_cut_at_the_end_of_the_stream_counts_to_its_length():
    stream = assemble([segment(1, 0, b"abc", length=8)], ISN)

    assert 8 == stream.end
    assert [Gap(3, 8, 1, 10, cut=True)] == stream.gaps


def test_a_segment_of_which_nothing_was_captured_is_all_cut():
    stream = assemble([segment(1, 0, b"", length=5), segment(2, 5, b"fgh")], ISN)

    assert [Gap(0, 5, 1, 10, cut=True)] == stream.gaps
    assert [Run(5, b"fgh")] == stream.runs


# --- Bytes that nobody needs -----------------------------------------------------------------------------------------


def test_bytes_that_were_seen_but_not_wanted_are_neither_run_nor_gap():
    stream = assemble(
        [segment(1, 0, b"abc"), segment(2, 3, b"", length=5, captured=5), segment(3, 8, b"ijk")],
        ISN,
    )

    assert [Run(0, b"abc"), Run(8, b"ijk")] == stream.runs
    assert [] == stream.gaps


def test_wanted_bytes_may_begin_inside_a_segment():
    stream = assemble([segment(1, 0, b"fg", length=9, captured=9, start=5)], ISN)

    assert [Run(5, b"fg")] == stream.runs
    assert [] == stream.gaps


def test_wanted_bytes_in_the_part_that_was_there_already_are_left_out():
    """The second segment wants its first four bytes, of which the first had three."""
    stream = assemble([segment(1, 0, b"ABC"), segment(2, 0, b"abcd", length=9, captured=9)], ISN)

    assert [Run(0, b"ABCd")] == stream.runs


def test_wanted_bytes_that_lie_in_another_segments_part_add_nothing():
    stream = assemble(
        [segment(1, 5, b"FGH"), segment(2, 0, b"gh", length=8, captured=8, start=6)], ISN
    )

    assert [Run(5, b"FGH")] == stream.runs
    assert [] == stream.gaps


def test_what_passed_by_before_a_segment_is_no_gap():
    stream = assemble([segment(1, 0, b"abc"), segment(9, 1000, b"xyz", passed=997)], ISN)

    assert [] == stream.gaps
    assert [Run(0, b"abc"), Run(1000, b"xyz")] == stream.runs
    assert 1003 == stream.end


def test_what_is_missing_before_what_passed_by_is_a_gap():
    stream = assemble([segment(1, 0, b"abc"), segment(9, 1000, b"xyz", passed=900)], ISN)

    assert [Gap(3, 100, 9, 90, cut=False)] == stream.gaps


# --- Property --------------------------------------------------------------------------------------------------------


@st.composite
def cuttings(draw: st.DrawFn) -> tuple[bytes, int, list[tuple[int, int]]]:
    """A stream, its initial sequence number, and its segments as captured: all of it, in any order, parts twice."""
    data = draw(st.binary(min_size=1, max_size=60))
    cuts = sorted(draw(st.sets(st.integers(0, len(data)))) | {0, len(data)})
    parts = list(pairwise(cuts))
    place = st.integers(0, len(data) - 1)
    again = draw(st.lists(st.tuples(place, st.integers(1, len(data))), max_size=6))
    parts += [(start, min(len(data), start + size)) for start, size in again]
    return data, draw(st.integers(1 << 32, 1 << 33)), draw(st.permutations(parts))


@given(cuttings())
def test_however_a_stream_is_cut_shuffled_and_repeated_its_bytes_are_the_same(cutting):
    data, initial, parts = cutting
    segments = [
        Segment(n, n * 10, 16, initial + 1 + a, b - a, b - a, 0, data[a:b])
        for n, (a, b) in enumerate(parts, 1)
    ]

    for known in (initial, None):
        stream = assemble(segments, known)

        assert [Run(0, data)] == stream.runs
        assert [] == stream.gaps
        assert len(data) == stream.end
        # By definition: of all bytes before the offset, each in the first packet that had it, the last.
        for offset in range(1, len(data) + 1):
            last = max(
                min(n for n, (a, b) in enumerate(parts, 1) if a <= place < b)
                for place in range(offset)
            )
            assert (last, last * 10) == stream.arrival(offset)


@given(cuttings(), st.data())
def test_what_is_missing_is_exactly_what_the_gaps_say(cutting, choice):
    data, initial, parts = cutting
    seen = choice.draw(st.lists(st.sampled_from(parts), min_size=1))
    segments = [
        Segment(n, n * 10, 16, initial + 1 + a, b - a, b - a, 0, data[a:b])
        for n, (a, b) in enumerate(seen, 1)
    ]
    stream = assemble(segments, initial)
    covered = set().union(*(range(a, b) for a, b in seen))

    assert covered == {i for run in stream.runs for i in range(run.start, run.end)}
    assert set(range(stream.end)) - covered == {
        i for gap in stream.gaps for i in range(gap.start, gap.end)
    }
    assert all(data[run.start : run.end] == run.data for run in stream.runs)
