"""Issuers that inspect traffic: proxies and virus scanners that sign a certificate of their own for every site.

A client that has their root sees nothing; one that has not refuses the certificate, and its owner looks for the fault
at the server. Their names are kept as data, `interception.csv`: a product, and an expression that its issuer names
match. They are not looked for in chains to a public root, so that no public authority is taken for one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources

from tlsparse.language import Phrase

GENERIC = Phrase("an inspecting proxy")
"""What is said of issuers whose name tells what they do, and not which product does it."""


def inspecting_product(names: Iterable[str]) -> str | None:
    """Return the product that signs with one of these issuer names (RFC 4514); None if none is known to inspect."""
    texts = [re.sub(r"\\(.)", r"\1", name).strip() for name in names]
    return next(
        (product for product, pattern in _products() if any(pattern.search(t) for t in texts)), None
    )


@cache
def _products() -> tuple[tuple[str, re.Pattern[str]], ...]:
    text = resources.files("tlsparse.trust").joinpath("interception.csv").read_text("utf-8")
    return tuple(
        (
            GENERIC if row["product"] == GENERIC else row["product"],
            re.compile(row["pattern"], re.IGNORECASE),
        )
        for row in csv.DictReader(text.splitlines())
    )
