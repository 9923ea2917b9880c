"""Lines as wide as the terminal, by what characters take on it."""

from __future__ import annotations

import io

import pytest

from tlsparse.output.layout import NARROWEST, WIDEST, WIDTH, Layout


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("columns", "width"), [(40, NARROWEST), (97, 97), (300, WIDEST)])
def test_the_width_is_that_of_the_terminal_within_bounds(columns, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))

    assert width == Layout.of(Terminal()).width


def test_where_there_is_no_terminal_there_are_no_colours(monkeypatch):
    monkeypatch.setenv("COLUMNS", "90")

    assert Layout(WIDTH, colour=False) == Layout.of(io.StringIO())
    assert Layout(WIDTH, language="zh") == Layout.of(io.StringIO(), "zh")


@pytest.mark.parametrize(
    ("setting", "colour"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_no_color_is_honoured(setting, colour, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in setting.items():
        monkeypatch.setenv(name, value)

    assert colour is Layout.of(Terminal()).colour


def test_a_text_is_broken_between_words():
    assert ["> one two", "  three"] == Layout(9).wrapped("one two three", "> ", "  ")


def test_a_word_that_is_longer_than_a_line_is_broken():
    assert ["  aaaa", "  aaaa", "  a b"] == Layout(6).wrapped("aaaaaaaaa b", "  ")


def test_wide_characters_take_two_columns_and_may_be_broken_between():
    assert ["证书", "过期", "x"] == Layout(5).wrapped("证书过期 x", "")


def test_nothing_is_no_line():
    assert [] == Layout().wrapped("", "   ")


def test_two_texts_stand_at_both_ends_of_a_line():
    assert ["left     right"] == Layout(14).apart("left", "right", "  ")
    assert ["left", "  right"] == Layout(10).apart("left", "right", "  ")


def test_texts_share_a_line_where_there_is_room():
    assert ["  a  b"] == Layout(6).joined(("a", "", "b"), "  ")
    assert ["  a", "  b"] == Layout(5).joined(("a", "b"), "  ")
