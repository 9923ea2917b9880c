from __future__ import annotations

from tlsparse.prelude.talk import LIMIT, LONGEST_LINE, SHOWN, Talk, Turn, shown


def turn(side, packet, data):
    return Turn(side, packet, packet * 1_000, data)


def test_a_line_is_said_with_the_packet_that_brings_its_end():
    talk = Talk(
        [turn("client", 1, b"EHLO a"), turn("server", 2, b"x"), turn("client", 3, b"b\r\n")]
    )

    line = talk.lines("client")[0]

    assert ("EHLO ab", 3) == (line.text, line.turn.packet)


def test_a_line_without_its_end_is_no_line():
    assert [] == Talk([turn("client", 1, b"STARTTLS")]).lines("client")


def test_only_the_beginning_of_a_side_is_looked_at():
    talk = Talk(
        [turn("server", 1, b"a" * (LIMIT - 1)), turn("server", 2, b"bcd"), turn("server", 3, b"e")]
    )

    assert LIMIT == len(talk.server)
    assert b"ab" == talk.server[-2:]
    assert [1, 2] == [turn.packet for turn in talk.turns]


def test_a_line_without_bound_is_cut():
    talk = Talk([turn("server", 1, b"a" * 9000 + b"\r\n")])

    assert LONGEST_LINE == len(talk.lines("server")[0].text)


def test_rest_leaves_out_what_was_said_before():
    talk = Talk([turn("client", 1, b"abc"), turn("server", 2, b"xyz"), turn("client", 3, b"def")])

    rest = talk.rest(4, 3, None)

    assert (b"ef", b"") == (rest.client, rest.server)
    assert [3] == [turn.packet for turn in rest.turns]


def test_shown_words_do_nothing_to_a_terminal():
    assert r"220 \x1b[31mred \x07 \xff" == shown(b"220 \x1b[31mred\r\n\x07 \xff")


def test_shown_words_are_bounded():
    assert SHOWN == len(shown("a" * 100_000))
