"""What a stranger chose to put into a capture does nothing to a terminal."""

from __future__ import annotations

import pytest

from tlsparse.terminal import brief, plain


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
