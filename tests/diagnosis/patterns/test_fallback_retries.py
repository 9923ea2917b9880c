"""A client gets through only with a lower version, at the second try."""

from __future__ import annotations


def test_second_tries_with_a_lower_version_are_told(cases, seen):
    (pattern,) = seen(cases("fallback_retries"))

    assert tuple(range(6)) == pattern.handshakes
    assert "3 times 192.0.2.10 failed with 192.0.2.80:443 when it offered TLS 1.3" in str(
        pattern.summary
    )
    assert "let 192.0.2.10 begin with TLS 1.2" in str(pattern.fix)


def test_once_may_be_a_person_that_tries(cases, seen):
    assert [] == seen(cases("intolerant_of_tls13"))


def test_a_second_try_with_the_same_version_is_no_fallback(cases, seen):
    assert [] == seen(cases("comes_and_goes"))


def test_who_comes_back_later_did_not_fall_back(cases, seen, moved):
    judged = cases("fallback_retries")

    assert [] == seen(moved(case, at_s=1000 + 60 * n) for n, case in enumerate(judged))
