"""Every connection to a server takes a HelloRetryRequest."""

from __future__ import annotations


def test_a_key_share_that_never_fits_is_told_with_what_would(cases, seen):
    (pattern,) = seen(cases("hello_retry_always"))

    assert (0, 1, 2, 3, 4) == pattern.handshakes
    assert "a HelloRetryRequest for secp384r1" in str(pattern.summary)
    assert "they bring a key for x25519" in str(pattern.summary)
    assert "server" == pattern.side


def test_without_round_trip_times_none_is_said(cases, seen, moved):
    judged = [moved(case) for case in cases("hello_retry_always")]
    for handshake, _ in judged:
        handshake.flow.rtt_ns = None

    assert str(seen(judged)[0].summary).endswith("a round trip more.")


def test_four_times_are_too_few(cases, seen):
    assert [] == seen(cases("hello_retry_always")[:4])


def test_one_that_fits_shows_that_it_need_not_be(cases, seen):
    """The same key shares, and no HelloRetryRequest."""
    assert [] == seen(cases("hello_retry_always") + cases("tls13"))
