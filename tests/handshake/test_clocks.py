"""What hellos tell of their senders' clocks, and what only looks like it."""

from __future__ import annotations

import pytest

YEAR_S = 365 * 86400
BEGIN = 1_700_000_000


@pytest.fixture
def client(handshake):
    """A client of TLS 1.2 that was refused; its random begins with a time, `ahead_s` of the capture's."""

    def make(ahead_s: int, which: int = 0, minor: int = 3):
        told = (BEGIN + ahead_s).to_bytes(4, "big") + bytes((which,) * 28)
        body = (bytes((3, minor)) + told + b"\x00").hex() + "0002c02f0100"
        hello = f"hex:160303{len(body) // 2 + 4:04x}01{len(body) // 2:06x}{body}"
        return handshake(f"C {hello}\n S alert:fatal:handshake_failure")

    return make


@pytest.fixture
def clock_of(introduce):
    def tell(first, *others):
        introduce([first, *others])
        return first.told_clock

    return tell


def test_hellos_that_are_off_by_the_same_tell_the_time(client, clock_of):
    clock = clock_of(client(-9 * YEAR_S), client(-9 * YEAR_S + 2, 1), client(77 * 86400, 2))

    assert (-9 * YEAR_S, 2, True) == clock


def test_one_hello_repeated_is_one(client, clock_of):
    clock = clock_of(client(YEAR_S), client(YEAR_S))

    assert (YEAR_S, 1, False) == clock


def test_the_right_time_is_hardly_chance(client, clock_of):
    assert (60, 1, True) == clock_of(client(60))


@pytest.mark.parametrize("ahead_s", [-4 * YEAR_S, 4 * YEAR_S])
def test_a_number_far_from_the_time_is_random(client, ahead_s, clock_of):
    assert None is clock_of(client(ahead_s))


def test_a_client_of_tls13_tells_nothing(handshake, tls13, clock_of):
    assert None is clock_of(handshake(tls13 + "C fin"))


def test_a_handshake_without_a_hello_tells_nothing(handshake, clock_of):
    assert None is clock_of(handshake("C fin"))
