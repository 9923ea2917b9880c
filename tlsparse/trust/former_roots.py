"""Roots that were in the public list once, and are no more.

A chain to one of them is no private chain: its root was withdrawn, distrusted, or has expired, and whoever has an old
list still has it. They are kept as data, `former_roots.csv`: every root of a release of certifi (which is Mozilla's
list of authorities for servers) that today's release lacks, with the date of the last release seen that has it and of
the first that does not, of 31 releases between May 2014 and June 2026. A root that came back under the same name and
key is not among them.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources

from tlsparse.tls.x509 import X509


@dataclass(frozen=True, slots=True)
class FormerRoot:
    """A root that has left the public list between two days."""

    subject: str  # as RFC 4514 writes it
    key_id: str  # its subjectKeyIdentifier in hexadecimal; empty if it has none
    sha256: str
    not_after: datetime
    listed: datetime  # a release of this day has it
    gone: datetime  # one of this day does not


def former_root(certificate: X509) -> FormerRoot | None:
    """Return the former root that a certificate is, or by whom it says it was issued; None if there is none."""
    for root in _by_subject().get(certificate.issuer or "", ()):
        if certificate.issuer == certificate.subject:
            if certificate.sha256 == root.sha256:
                return root
        elif not certificate.aki or not root.key_id or certificate.aki == root.key_id:
            return root
    return None


@cache
def _by_subject() -> dict[str, list[FormerRoot]]:
    text = resources.files("tlsparse.trust").joinpath("former_roots.csv").read_text("utf-8")
    found: dict[str, list[FormerRoot]] = {}
    for row in csv.DictReader(text.splitlines()):
        root = FormerRoot(
            row["subject"],
            row["key_id"],
            row["sha256"],
            *(_day(row[column]) for column in ("not_after", "listed", "gone")),
        )
        found.setdefault(root.subject, []).append(root)
    return found


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
