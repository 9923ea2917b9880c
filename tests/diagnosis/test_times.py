"""Spans and moments in a sentence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tlsparse.diagnosis.times import duration, moment, span_ns

MS, S = 1_000_000, 1_000_000_000
MIN, H, D = 60 * S, 3600 * S, 86400 * S


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (0, "0.0 ms"),
        (400_000, "0.4 ms"),
        (39 * MS, "39 ms"),
        (S - 1, "1000 ms"),
        (12_449 * MS, "12.4 s"),
        (59_999 * MS, "59.9 s"),
        (MIN, "1 min"),
        (200 * S, "3 min 20 s"),
        (2 * H + 5 * MIN, "2 h 5 min"),
        (D + 4 * H, "1 d 4 h"),
        (10 * D + 4 * H, "10 d"),
        (-10 * D, "10 d"),
    ],
)
def test_a_span_has_its_two_largest_units(span, text):
    assert text == duration(span)


def test_a_moment_has_its_milliseconds():
    assert "2023-11-14 22:13:20.123" == moment(1_700_000_000_123_999_999)


def test_a_timedelta_is_counted_in_nanoseconds():
    assert 10 * D + 1000 == span_ns(timedelta(days=10, microseconds=1))
