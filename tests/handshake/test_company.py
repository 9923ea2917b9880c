"""What a handshake's company says about it."""

from __future__ import annotations

import pytest

from tlsparse.flow.flow import Endpoint
from tlsparse.handshake.company import introduce


@pytest.fixture
def left(handshake, tls13):
    """A handshake that its client completed and left."""
    return lambda: handshake(tls13 + "C fin")


@pytest.fixture
def used(handshake, tls13):
    """One that the same client completed and used."""
    return lambda: handshake(tls13 + "C data:100\n S data:300\n C data:19 fin")


def test_who_trusts_the_server_elsewhere_did_not_refuse_it(left, used):
    """A browser opens connections ahead, and closes those that it does not need."""
    unused, trusting = left(), used()

    introduce([unused, trusting])

    assert ("completed", "application_data", None) == (
        unused.outcome,
        unused.step,
        unused.ending.side,
    )
    assert "completed" == trusting.outcome


def test_the_order_of_the_handshakes_does_not_matter(left, used):
    unused, trusting = left(), used()

    introduce([trusting, unused])

    assert "completed" == unused.outcome


def test_alone_it_stays_rejected(left):
    first, second = left(), left()

    introduce([first, second])

    assert ["rejected", "rejected"] == [first.outcome, second.outcome]


@pytest.mark.parametrize("place", [0, 1], ids=["another client", "another server"])
def test_other_company_says_nothing(left, used, place):
    unused, trusting = left(), used()
    ends = list(trusting.flow.endpoints)
    ends[place] = Endpoint("192.0.2.99", ends[place].port)
    trusting.flow.endpoints = tuple(ends)

    introduce([unused, trusting])

    assert "rejected" == unused.outcome


def test_another_hello_is_another_client(left, handshake, tls13):
    """One machine may run several stacks, of which one has a root that the others lack."""
    unused = left()
    early = tls13.replace("client_hello", "client_hello_early")
    trusting = handshake(early + "C data:100\n S data:300")

    introduce([unused, trusting])

    assert "rejected" == unused.outcome


def test_a_refusal_by_the_server_stands(handshake, used, tls13):
    refused = handshake(tls13 + "S data:19 fin")

    introduce([refused, used()])

    assert ("rejected", "server") == (refused.outcome, refused.ending.side)


def test_company_of_none_is_no_trouble():
    introduce([])
