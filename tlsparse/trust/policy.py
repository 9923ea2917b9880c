"""What browsers demand of a certificate of a public authority, beyond RFC 5280.

It must be in public logs, and prove it by signed certificate timestamps (SCTs); and it must not live long. Neither is
asked of a private authority. Chrome, Safari and, since version 135, Firefox look at timestamps; other clients do not.

Source: Chrome Certificate Transparency policy (all certificates issued after 2018-04-30); Apple, HT205280 (after
2018-10-15) and HT211025 (398 days); CA/Browser Forum, Baseline Requirements section 6.3.2, ballots 193 (825 days) and
SC-081 (200, 100 and 47 days).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tlsparse.tls.x509 import X509

LOGGED_SINCE = datetime(2018, 5, 1, tzinfo=UTC)

SCT_LIST = "1.3.6.1.4.1.11129.2.4.2"
"""The extension of a certificate that holds timestamps (RFC 6962 section 3.3)."""

LIFETIMES = (
    (datetime(2029, 3, 15, tzinfo=UTC), 47),
    (datetime(2027, 3, 15, tzinfo=UTC), 100),
    (datetime(2026, 3, 15, tzinfo=UTC), 200),
    (datetime(2020, 9, 1, tzinfo=UTC), 398),
    (datetime(2018, 3, 1, tzinfo=UTC), 825),
)
"""From which day of issue on a certificate may live for how many days; the newest first."""


def must_be_logged(certificate: X509) -> bool:
    """Tell whether Chrome wants timestamps for a certificate of a public authority."""
    return certificate.not_before is not None and certificate.not_before >= LOGGED_SINCE


def excessive_lifetime(certificate: X509) -> tuple[int, int] | None:
    """Return for how many days a certificate lives, and how many it may; None if that is not too long.

    Both ends belong to the validity, so that 398 days may be written as one second less.
    """
    begin, end = certificate.not_before, certificate.not_after
    if begin is None or end is None:
        return None
    lifetime = end - begin
    for since, days in LIFETIMES:
        if begin >= since:
            allowed = timedelta(days=days)
            return (-(-lifetime // timedelta(days=1)), days) if lifetime > allowed else None
    return None
