"""The authorities that are trusted: certifi's list, and what somebody adds to it.

The list is today's. A root that was trusted when a capture was made may have left it since, so a chain to an unknown
root is told as such, never as a fault for sure. Roots are loaded when the first chain is judged, one at a time: a list
with one certificate that `cryptography` refuses still has all others.
"""

from __future__ import annotations

import re
import warnings
from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from functools import cache

from tlsparse.tls.x509 import X509, describe_certificate

PEM = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----([^-]*)-----END")


@dataclass(frozen=True, slots=True)
class Root:
    """One trusted certificate."""

    data: bytes
    x509: X509


class Roots:
    """Trusted certificates, found by their subject."""

    def __init__(self, certificates: tuple[bytes, ...]) -> None:
        self._by_subject: dict[str, list[Root]] = {}
        self._hashes: set[str] = set()
        for data in certificates:
            described = describe_certificate(data)
            if described.subject is not None and described.sha256 not in self._hashes:
                self._hashes.add(described.sha256)
                self._by_subject.setdefault(described.subject, []).append(Root(data, described))
        self.organizations = frozenset(
            name for subject in self._by_subject if (name := organization(subject)) is not None
        )

    @classmethod
    def from_pem(cls, text: bytes) -> Roots:
        """Make a store of all certificates of a PEM file; what is none is passed over."""
        return cls(tuple(_blocks(text)))

    def with_pem(self, text: bytes) -> Roots:
        """Return a store that has the certificates of a PEM file as well."""
        return Roots((*self.certificates, *_blocks(text)))

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """All of them in DER."""
        return tuple(root.data for roots in self._by_subject.values() for root in roots)

    def named(self, subject: str | None) -> tuple[Root, ...]:
        """Return the roots of a subject, as RFC 4514 writes it."""
        return tuple(self._by_subject.get(subject or "", ()))

    def __contains__(self, certificate: X509) -> bool:
        return certificate.sha256 in self._hashes

    def __len__(self) -> int:
        return len(self._hashes)


@cache
def default_roots() -> Roots:
    """Return the roots of certifi."""
    import certifi

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of roots that a later version of cryptography will refuse
        return Roots.from_pem(certifi.contents().encode("ascii"))


def organization(name: str) -> str | None:
    """Return the organization of a name as RFC 4514 writes it; None if it has none."""
    found = re.search(r"(?:^|,)O=((?:\\.|[^,\\])*)", name)
    return found[1] if found else None


def _blocks(text: bytes) -> list[bytes]:
    found = []
    for block in PEM.findall(text):
        try:
            found.append(b64decode(block, validate=False))
        except Base64Error:
            continue
    return found
