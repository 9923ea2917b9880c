"""The way from a leaf to a root, over what was sent and the stores of roots.

Several ways may lead upwards, since authorities sign one another: the first that reaches a trusted root is taken, else
the first of all. A store is asked before what was sent, which finds the end of a chain that goes on with a
cross-signature of an authority that is a root itself by now. `cryptography` verifies the signatures; the work is
bounded, whatever was sent.

Source: RFC 5280 section 6.1; RFC 4158.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from tlsparse.tls.x509 import X509, describe_certificate, refusals
from tlsparse.trust.roots import Roots

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

STEPS = 64
"""So often an issuer is looked for; without an end, authorities that all signed one another have endless ways."""


@dataclass(frozen=True, eq=False, slots=True)
class Link:
    """A certificate that is, or may become, part of the path."""

    data: bytes
    x509: X509
    loaded: Certificate | None
    place: int = -1  # in what was sent; -1 for a root of a store
    store: str | None = None  # the store that has it as a root

    @property
    def is_self_issued(self) -> bool:
        """Whether it names itself as its issuer."""
        return self.x509.subject is not None and self.x509.subject == self.x509.issuer


@dataclass(frozen=True, slots=True)
class Path:
    """Links from the leaf upwards.

    Where no certificate of an issuer's name has the key that made a signature, the first of that name is taken all the
    same, and put down in `wrongly_signed`.
    """

    links: tuple[Link, ...]
    wrongly_signed: tuple[
        tuple[int, Link], ...
    ] = ()  # position of the signed, and its issuer by name

    @property
    def anchored(self) -> bool:
        """Whether it ends at a trusted root."""
        return self.links[-1].store is not None


def sent_links(certificates: tuple[bytes, ...], roots: Roots) -> list[Link]:
    """Make links of what was sent, in the order sent."""
    return [_link(data, roots, place) for place, data in enumerate(certificates)]


def build_path(sent: list[Link], roots: Roots) -> Path:
    """Go from issuer to issuer, to a trusted root if any way leads there."""
    budget = iter(range(STEPS))
    best: Path | None = None
    for path in _ways(Path((sent[0],)), sent[1:], roots, budget):
        if path.anchored and not path.wrongly_signed:
            return path
        best = best or path
    return best or Path((sent[0],))


def _ways(path: Path, unused: list[Link], roots: Roots, budget: Iterator[int]) -> Iterator[Path]:
    """Yield the ways on from the end of a path, each to where it ends."""
    last, position = path.links[-1], len(path.links) - 1
    if last.store or last.loaded is None or (last.is_self_issued and signs(last, last)):
        yield path
        return
    candidates = [_link(r.data, roots) for r in roots.named(last.x509.issuer)]
    candidates += [link for link in unused if _may_issue(link.x509, last.x509)]
    issuers = [link for link in candidates if signs(link, last)]
    wrong = path.wrongly_signed
    if candidates and not issuers:
        issuers, wrong = candidates[:1], (*wrong, (position, candidates[0]))
    if not issuers:
        yield path
    for issuer in issuers:
        if next(budget, None) is None:
            yield path
            return
        rest = [link for link in unused if link.place != issuer.place]
        yield from _ways(Path((*path.links, issuer), wrong), rest, roots, budget)


def _link(data: bytes, roots: Roots, place: int = -1) -> Link:
    described = describe_certificate(data)
    return Link(data, described, load(data), place, roots.store_of(described))


@lru_cache(maxsize=4096)
def load(data: bytes) -> Certificate | None:
    """Load a certificate; None if `cryptography` refuses it."""
    from cryptography import x509

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what a later version will refuse
        try:
            return x509.load_der_x509_certificate(data)
        except refusals():
            return None


def _may_issue(issuer: X509, certificate: X509) -> bool:
    """Tell whether a certificate is named as the issuer of another; two of one name are told apart by their keys."""
    if issuer.subject is None or issuer.subject != certificate.issuer:
        return False
    return None in (certificate.aki, issuer.ski) or certificate.aki == issuer.ski


def signs(issuer: Link, certificate: Link) -> bool:
    """Tell whether a signature verifies; one that `cryptography` can no longer check is no fault."""
    from cryptography.exceptions import InvalidSignature

    if issuer.loaded is None or certificate.loaded is None:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            certificate.loaded.verify_directly_issued_by(issuer.loaded)
        except InvalidSignature:
            return False
        except refusals():
            fits = _fits(issuer.x509.key_type or "", certificate.x509.signature_algorithm or "")
            return fits and _verifies_by_old_hash(issuer.loaded, certificate.loaded)
    return True


SIGNATURES = {"RSA": "rsa", "EC": "^ecdsa", "DSA": "^dsa", "Ed25519": "^ed25519", "Ed448": "^ed448"}
"""What the names of signature algorithms look like, by the kind of key that makes them."""


def _fits(key_type: str, algorithm: str) -> bool:
    """Tell whether a key of a kind can have made a signature; yes where one of the two is not known."""
    made_by = [kind for kind, name in SIGNATURES.items() if re.search(name, algorithm.lower())]
    return not made_by or key_type not in SIGNATURES or key_type in made_by


def _verifies_by_old_hash(issuer: Certificate, certificate: Certificate) -> bool:
    """Verify what is signed with RSA and SHA-1 or MD5, which `cryptography` refuses to look at in certificates."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    try:
        key, algorithm = issuer.public_key(), certificate.signature_hash_algorithm
        if isinstance(key, rsa.RSAPublicKey) and algorithm is not None:
            signed = certificate.tbs_certificate_bytes
            key.verify(certificate.signature, signed, padding.PKCS1v15(), algorithm)
    except InvalidSignature:
        return False
    except refusals():
        return True
    return True
