from __future__ import annotations

import pytest

from tlsparse.diagnosis.finding import Text
from tlsparse.diagnosis.paragraph import paragraph
from tlsparse.diagnosis.timeouts import given_up, round_seconds

SECOND = 1_000_000_000


@pytest.mark.parametrize(
    "waited, seconds",
    [
        (5.004, 5),
        (9.99, 10),
        (30.1, 30),
        (60.3, 60),
        (4.7, None),
        (9.0, None),
        (33, None),
        (0, None),
    ],
)
def test_a_round_number_of_seconds_is_a_time_out(waited, seconds):
    assert seconds == round_seconds(round(waited * SECOND))


def test_who_gave_up_and_when_is_said(handshake):
    silent = handshake("C client_hello\n +10 C fin\n +1")
    hello = silent.first("client_hello")

    said = str(given_up(silent, hello))

    assert "The client gave up 10.0 s later (packet 5)" in said
    assert "a time-out of 10 s" in said


def test_a_wait_that_is_counted_from_the_connection_is_one_too(handshake):
    silent = handshake("+2 C client_hello\n +3 C fin\n +1")
    hello = silent.first("client_hello")

    assert "3.0 s later (packet 5): by the round number, a time-out of" in str(
        given_up(silent, hello)
    )


def test_any_other_wait_is_only_told(handshake):
    silent = handshake("C client_hello\n +6.4 C fin\n +1")

    said = str(given_up(silent, silent.first("client_hello")))

    assert "6.4 s later (packet 5)." in said


def test_where_nobody_gave_up_nothing_is_said(handshake):
    silent = handshake("C client_hello\n +5")

    assert given_up(silent, silent.first("client_hello")) is None


def test_a_paragraph_has_the_sentences_that_there_are():
    said = paragraph(Text("One of {n}.", n=2), None, Text("Another."))

    assert "One of 2. Another." == str(said)
