"""What a stranger chose to put into a capture does nothing to a terminal."""

from __future__ import annotations

import textwrap

import pytest

from tlsparse.terminal import brief, pad, plain, width, wrap


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("server.test", "server.test"),
        ("bücher.test", "bücher.test"),
        ("例え.test", "例え.test"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),  # clears the screen
        ("\x9b2J", r"\x9b2J"),  # the same, in one character
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x7f", r"\x7f"),
        ("evil\u202etset.", r"evil\u202etset."),  # turns the direction of writing
        ("\u2028", r"\u2028"),
        ("\udc80", r"\udc80"),  # half a character
        ("", ""),
    ],
)
def test_what_does_something_other_than_to_be_seen_is_an_escape(text, shown):
    assert shown == plain(text)


def test_a_long_text_keeps_its_beginning_and_its_end():
    shown = brief("www." + "x" * 60_000 + ".example.test", 30)

    assert 30 == len(shown)
    assert shown.startswith("www.x")
    assert "…" in shown
    assert shown.endswith("ample.test")


def test_a_short_text_stays_whole():
    assert "server.test" == brief("server.test", 11)


def test_a_long_text_is_plain_too():
    assert "\x1b" not in brief("\x1b[2J" * 60_000, 30)


# --- Columns ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("abc", 3), ("证书", 4), ("证书 a", 6), ("e\u0301", 1), ("，", 2), ("“", 1)],
)
def test_a_chinese_character_takes_two_columns(text, columns):
    assert columns == width(text)


def test_a_text_is_filled_up_to_its_columns():
    assert ["证书  ", "abcd  ", "too long"] == [pad("证书", 6), pad("abcd", 6), pad("too long", 6)]


ENGLISH = "The client refused the server's certificate with the alert certificate_expired."
CHINESE = "客户端拒绝了服务器的证书，告警为 certificate_expired（数据包 26），“原因”未知。"


@pytest.mark.parametrize("columns", [24, 40, 80])
def test_letters_are_broken_as_ever(columns):
    assert textwrap.wrap(ENGLISH, columns, initial_indent="  ", subsequent_indent="  ") == wrap(
        ENGLISH, columns, "  "
    )


@pytest.mark.parametrize("columns", range(24, 100))
def test_no_line_is_wider_than_the_terminal(columns):
    assert max(map(width, wrap(CHINESE, columns, "  "))) <= columns


@pytest.mark.parametrize("columns", range(24, 100))
def test_nothing_is_lost_or_added_where_a_line_breaks(columns):
    assert CHINESE.replace(" ", "") == "".join(wrap(CHINESE, columns)).replace(" ", "")


@pytest.mark.parametrize("columns", range(24, 100))
def test_no_line_begins_with_a_comma_or_ends_with_an_open_bracket(columns):
    lines = wrap(CHINESE, columns)

    assert not any(line[0] in "，。）”、" for line in lines)
    assert not any(line[-1] in "（“" for line in lines)


def test_a_line_breaks_between_chinese_characters_and_not_inside_a_word():
    assert ["客户端拒绝了", "certificate_expired"] == wrap("客户端拒绝了 certificate_expired", 20)


def test_the_first_line_may_hang_out():
    assert ["- 客户端拒", "  绝了证书"] == wrap("客户端拒绝了证书", 10, "- ", "  ")


def test_a_name_that_is_too_long_for_a_line_is_broken():
    lines = wrap("名称 " + "x" * 50, 20)

    assert max(map(width, lines)) <= 20
    assert 50 == "".join(lines).count("x")


def test_a_text_with_nothing_in_it_is_one_line_or_none():
    assert [] == wrap("", 20)
