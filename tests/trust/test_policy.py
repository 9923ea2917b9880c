"""What browsers demand of certificates of public authorities, and of no others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from tlsparse.tls.x509 import X509
from tlsparse.trust.policy import SCT_LIST, excessive_lifetime
from tlsparse.trust.roots import PUBLIC, Roots

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
TIMESTAMPS = (
    (x509.UnrecognizedExtension(x509.ObjectIdentifier(SCT_LIST), b"\x04\x02\x00\x00"), False),
)


def day(year, month, day):
    return datetime(year, month, day, tzinfo=UTC)


@pytest.mark.parametrize(
    "begin, lifetime, expected",
    [
        (day(2017, 1, 1), 3650 * DAY, None),
        (day(2019, 1, 1), 825 * DAY, None),
        (day(2019, 1, 1), 826 * DAY, (826, 825)),
        (day(2020, 9, 1), 398 * DAY - SECOND, None),
        (day(2020, 9, 1), 398 * DAY, None),
        (day(2020, 9, 1), 398 * DAY + SECOND, (399, 398)),
        (day(2020, 8, 31), 399 * DAY, None),
        (day(2026, 3, 15), 201 * DAY, (201, 200)),
        (day(2026, 3, 14), 201 * DAY, None),
        (day(2027, 3, 15), 101 * DAY, (101, 100)),
        (day(2029, 3, 15), 48 * DAY, (48, 47)),
    ],
)
def test_how_long_a_certificate_may_live_depends_on_its_day_of_issue(begin, lifetime, expected):
    certificate = X509("", not_before=begin, not_after=begin + lifetime)

    assert expected == excessive_lifetime(certificate)


def test_a_certificate_without_dates_lives_as_it_likes():
    assert None is excessive_lifetime(X509(""))


@pytest.mark.parametrize(
    "options, expected",
    [
        pytest.param({}, [("not_logged", 0)], id="none"),
        pytest.param({"extra": TIMESTAMPS}, [], id="in the certificate"),
        pytest.param(
            {"end": datetime(2027, 6, 1, tzinfo=UTC), "extra": TIMESTAMPS},
            [("lifetime", 0)],
            id="too long a life",
        ),
    ],
)
def test_a_public_certificate_needs_timestamps_and_a_short_life(
    kinds, certificate, ca, options, expected
):
    leaf = certificate("www", ca.root, **options)

    assert expected == kinds(leaf, roots=Roots((ca.root.der,), PUBLIC))
    assert [] == kinds(leaf, roots=Roots((ca.root.der,), "ours.pem"))


def test_timestamps_may_come_beside_the_chain(kinds, certificate, ca):
    public = Roots((ca.root.der,), PUBLIC)

    assert [] == kinds(certificate("www", ca.root), roots=public, has_timestamps=True)
