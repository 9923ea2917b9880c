"""When a handshake is over, though its connection, or the capture, goes on."""

from __future__ import annotations

import pytest

from tlsparse.handshake.outcome import HESITATION_NS
from tlsparse.handshake.over import HINDSIGHT_NS, OVERDUE_NS, STRAGGLERS_NS, is_over

SECOND = 1_000_000_000

COMPLETED = """
    C client_hello
    S server_hello_13 encrypted
    C encrypted
    C data
    S data
"""
ALERTED = """
    C client_hello
    S alert:handshake_failure
"""
ASKED = """
    C client_hello
"""


@pytest.fixture
def over_after(udp_handshake):
    """Tell whether a handshake is over so many seconds after its last packet."""

    def ask(script: str, seconds: float, *, closed: bool = False, **more) -> bool:
        handshake = udp_handshake(script, **more)
        last_ns = max(event.time_ns for event in handshake.events)
        return is_over(handshake, last_ns + round(seconds * SECOND), closed=closed)

    return ask


def test_one_that_completed_is_over_when_who_did_not_like_it_would_have_left(over_after):
    assert not over_after(COMPLETED, HESITATION_NS / SECOND / 2)
    assert over_after(COMPLETED, HESITATION_NS / SECOND + 0.2)


def test_one_that_completed_and_was_closed_waits_for_stragglers_only(over_after):
    assert not over_after(COMPLETED, STRAGGLERS_NS / SECOND - 0.1, closed=True)
    assert over_after(COMPLETED, STRAGGLERS_NS / SECOND + 0.1, closed=True)


@pytest.mark.parametrize("closed", [False, True])
def test_one_that_failed_waits_for_another_try(closed, over_after):
    assert not over_after(ALERTED, HINDSIGHT_NS / SECOND - 0.1, closed=closed)
    assert over_after(ALERTED, HINDSIGHT_NS / SECOND + 0.1, closed=closed)


def test_an_answer_is_overdue_after_long(over_after):
    assert not over_after(ASKED, OVERDUE_NS / SECOND - 0.1, heard="C")
    assert over_after(ASKED, OVERDUE_NS / SECOND + 0.1, heard="C")


def test_over_udp_a_client_alone_does_not_show_that_its_server_was_through(over_after):
    """Its data may be lost; near miss of the first."""
    unconfirmed = COMPLETED.replace("S data", "C data")

    assert not over_after(unconfirmed, HESITATION_NS / SECOND + 0.2)
    assert over_after(unconfirmed, OVERDUE_NS / SECOND + 0.1)


def test_one_that_another_follows_is_over(udp_handshake):
    handshake = udp_handshake(ASKED)

    assert is_over(handshake, handshake.flow.end_ns, closed=False, is_last=False)
