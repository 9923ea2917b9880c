from __future__ import annotations

import matplotlib.pyplot as plt
import pytest

from tlsparse.plot import style


def test_plain_names_stay_as_they_are():
    assert "www.example.test" == style.legible("www.example.test", 20)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\x00b", "a\\x00b"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("a\x1b[31m", "a\\x1b[31m"),
        ("\u202emoc.live", "\\u202emoc.live"),  # right-to-left override
        ("a\u200bb", "a\\u200bb"),  # zero width space
        ("a\u2028b", "a\\u2028b"),  # line separator
        ("a\ud800b", "a\\ud800b"),  # half a character
        ("\ue000", "\\ue000"),  # private use
    ],
)
def test_what_would_steer_the_line_is_written_as_its_code(name, shown):
    assert shown == style.legible(name, 40)


def test_what_no_font_can_draw_is_written_as_its_code(monkeypatch):
    monkeypatch.setattr(style, "font_families", lambda: ["DejaVu Sans"])

    assert "\\u4f8b.test é" == style.legible("例.test é", 40)


def test_chinese_is_drawn_where_a_font_for_it_is_installed():
    if style.font_families()[-1] not in style.CJK_FAMILIES:
        pytest.skip("no font for Chinese, Japanese and Korean is installed")
    _, ax = plt.subplots()
    ax.text(0.5, 0.5, style.legible("例え.テスト", 40), **style.text_style(weight="bold"))
    ax.figure.draw_without_rendering()  # a missing glyph would be a warning, and so an error

    assert "例え.テスト" == ax.texts[0].get_text()


def test_a_long_name_keeps_its_beginning_and_its_end():
    shown = style.legible("www." + "x" * 300 + ".example.test", 30)

    assert 30 == len(shown)
    assert shown.startswith("www.xxx")
    assert shown.endswith("ample.test")
    assert "…" in shown


def test_wide_characters_take_two_cells(monkeypatch):
    monkeypatch.setattr(style, "_drawable", lambda char, families: True)

    assert 8 > len(style.legible("中" * 100, 12))


def test_a_name_of_megabytes_costs_no_more_than_one_line():
    assert 40 >= len(style.legible("\u202e" * 5_000_000, 40))


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (0.041, "0.041 ms"),
        (12.42, "12.4 ms"),
        (926.2, "926 ms"),
        (1200, "1.2 s"),
        (90_000, "90 s"),
        (300_000, "5 min"),
        (7_200_000, "2 h"),
    ],
)
def test_a_duration_is_said_in_its_own_unit(milliseconds, words):
    assert words == style.duration(milliseconds)


def test_words_are_never_read_as_mathematics():
    with plt.rc_context({"text.parse_math": True}):
        _, ax = plt.subplots()
        text = ax.text(0, 0, "$\\frac{$", **style.text_style())
        ax.figure.draw_without_rendering()

    assert not text.get_parse_math()
