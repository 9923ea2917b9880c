"""The authorities that are trusted: certifi's list, and what somebody adds to it.

Each root knows the store that it is of, so that it can be said where a path ended: in the public list, or in a file
that somebody gave. The list is today's. A root that was trusted when a capture was made may have left it since;
`former_roots` knows those. Roots are loaded when the first chain is judged, one at a time: a list with one certificate
that `cryptography` refuses still has all others.
"""

from __future__ import annotations

import re
import warnings
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from tlsparse.tls.x509 import X509, describe_certificate

PUBLIC = "certifi"
"""The store of the public roots: Mozilla's list, as the package `certifi` brings it."""

PEM = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----([^-]*)-----END")


@dataclass(frozen=True, slots=True)
class Root:
    """One trusted certificate."""

    data: bytes
    x509: X509
    store: str  # where it was found: `PUBLIC`, or the file that somebody gave


class Roots:
    """Trusted certificates, found by their subject; of one that two stores have, the first counts.

    Attributes
    ----------
    organizations
        Whose roots they are.
    """

    def __init__(self, certificates: Iterable[bytes], store: str = "") -> None:
        self._by_subject: dict[str, list[Root]] = {}
        self._by_hash: dict[str, Root] = {}
        self.organizations: set[str] = set()
        for data in certificates:
            self._add(data, store)

    def _add(self, data: bytes, store: str) -> None:
        described = describe_certificate(data)
        if described.subject is not None and described.sha256 not in self._by_hash:
            root = self._by_hash[described.sha256] = Root(data, described, store)
            self._by_subject.setdefault(described.subject, []).append(root)
            if (owner := organization(described.subject)) is not None:
                self.organizations.add(owner)

    def with_certificates(self, certificates: Iterable[bytes], store: str) -> Roots:
        """Return a store that has these as well; a certificate that is there already stays of its own store."""
        both = Roots(())
        for root in self._by_hash.values():
            both._add(root.data, root.store)
        for data in certificates:
            both._add(data, store)
        return both

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """All of them in DER."""
        return tuple(root.data for root in self._by_hash.values())

    def named(self, subject: str | None) -> tuple[Root, ...]:
        """Return the roots of a subject, as RFC 4514 writes it."""
        return tuple(self._by_subject.get(subject or "", ()))

    def store_of(self, certificate: X509) -> str | None:
        """Return the store that has a certificate; None if none has it."""
        root = self._by_hash.get(certificate.sha256)
        return root.store if root is not None else None

    def __contains__(self, certificate: X509) -> bool:
        return certificate.sha256 in self._by_hash

    def __len__(self) -> int:
        return len(self._by_hash)


@cache
def default_roots() -> Roots:
    """Return the roots of certifi."""
    import certifi

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of roots that a later version of cryptography will refuse
        return Roots(certificates_in(certifi.contents().encode("ascii")), PUBLIC)


def organization(name: str) -> str | None:
    """Return the organization of a name as RFC 4514 writes it; None if it has none."""
    found = re.search(r"(?:^|,)O=((?:\\.|[^,\\])*)", name)
    return found[1] if found else None


def certificates_in(data: bytes) -> list[bytes]:
    """Return the certificates of a file, in DER: the blocks of a PEM file, or the one that it is.

    What is no certificate is left out.
    """
    found = [] if PEM.search(data) else [data]
    for block in PEM.findall(data):
        try:
            found.append(b64decode(block, validate=False))
        except Base64Error:
            continue
    return [der for der in found if describe_certificate(der).subject is not None]
