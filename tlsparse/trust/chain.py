"""A chain and all its faults, as a client would find them at the time of the capture.

A client stops at the first fault; whoever has to mend the chain wants to know all. So the path is built by hand, from
the leaf over what was sent to a trusted root, and each link is asked every question by itself; `cryptography` verifies
the signatures, and has the last word on a chain in which nothing was found (`second_opinion`).

Against a private root little can be known: the path is complete as far as a server sends one, and ends at a root that
is in no public list. That is a fault for a browser and none for a client that was given the root; the fault
``unknown_ca`` says only that the list does not have it. Where the path ends without a root, what is known of the issuer
tells whether an intermediate was forgotten: an address where it can be fetched (AIA), an organization that has public
roots, the words of its name.

The work is bounded: of a chain the first `MOST` certificates are looked at, and what does not depend on the time is
kept for when the same chain is shown again.

Source: RFC 5280 section 6.1; RFC 8446 section 4.4.2 for the order; RFC 9525 for names.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from tlsparse.language import Phrase, phrase_of
from tlsparse.tls.x509 import X509, describe_certificate, refusals
from tlsparse.trust.constraints import (
    Purpose,
    authority_faults,
    leaf_faults,
    must_staple,
    name_faults,
    usage_fault,
)
from tlsparse.trust.interception import inspecting_product
from tlsparse.trust.names import common_name, has_names, is_for, matches
from tlsparse.trust.revocation import read_staple
from tlsparse.trust.roots import Roots, default_roots, organization

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MOST = 16
"""Certificates of a chain that are looked at. OpenSSL allows a path of a hundred, browsers of about ten."""

WEAK_RSA_BITS, WEAK_EC_BITS = 2048, 224
"""Smaller keys have 80 bits of security or less (NIST SP 800-131A)."""

WEAK_HASHES = re.compile(r"(?i)(md2|md4|md5|sha-?1)(?![0-9])")

ROOT_WORDS = re.compile(r"(?i)\broot\b")
INTERMEDIATE_WORDS = re.compile(
    r"(?i)\b(intermediate|issuing|sub(ordinate)?[ -]?ca|server ca|tls ca)\b"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a chain.

    `kind` is one of ``expired``, ``not_yet_valid``, ``name``, ``no_san``, ``address``, ``self_signed``,
    ``missing_intermediate``, ``unknown_ca``, ``untrusted`` (one of the two before), ``interception``, ``usage``,
    ``ca_constraints``, ``bad_signature``, ``weak_key``, ``weak_signature``, ``staple``, ``revoked``, ``order``,
    ``duplicate``, ``unreadable``. ``address`` is a certificate that does not have the server's address, shown to a
    client that named no host: most then know a name that they did not send.
    """

    kind: str
    certificate: X509  # which link
    position: int  # in the path: 0 is the leaf
    detail: str = ""  # the value seen: a name, a size, an algorithm, an address


@dataclass(frozen=True)
class ChainVerdict:
    """What is to be said of a chain.

    Attributes
    ----------
    path
        From the leaf on, as far as issuers were found; a trusted root included.
    faults
        All of them, gravest first.
    anchored
        Whether the path ends at a trusted root.
    complete
        Whether it ends at a root, trusted or not.
    product
        What inspects traffic under the name of an issuer; None for none.
    """

    path: tuple[X509, ...]
    faults: tuple[Fault, ...]
    anchored: bool
    complete: bool
    product: str | None = None

    @property
    def leaf(self) -> X509:
        """The certificate of the side itself."""
        return self.path[0]

    @property
    def top(self) -> X509:
        """The last certificate of the path."""
        return self.path[-1]

    def first(self, *kinds: str) -> Fault | None:
        """Return the gravest fault, of some kinds if any are named."""
        return next((f for f in self.faults if not kinds or f.kind in kinds), None)


GRAVITY = (
    "unreadable",
    "self_signed",
    "bad_signature",
    "revoked",
    "expired",
    "not_yet_valid",
    "name",
    "no_san",
    "usage",
    "ca_constraints",
    "interception",
    "missing_intermediate",
    "staple",
    "weak_key",
    "weak_signature",
    "address",
    "untrusted",
    "unknown_ca",
    "order",
    "duplicate",
)
"""Kinds of faults, the surest and gravest first: what no client accepts before what depends on its settings."""


def judge_chain(
    certificates: tuple[bytes, ...],
    *,
    at: datetime,
    server_name: str | None,
    address: str | None,
    purpose: Purpose,
    staple: bytes | None = None,
    roots: Roots | None = None,
) -> ChainVerdict | None:
    """Judge a chain as a careful client, or server, would have done.

    Parameters
    ----------
    certificates
        In DER, in the order sent, the leaf first.
    at
        When, with a time zone: the time of the packet, not now.
    server_name
        The host that the client asked for; None if it named none.
    address
        The server's address. It is compared only where there is no `server_name`.
    purpose
        Whose chain it is.
    staple
        The OCSP response that came with it, in DER.
    roots
        Who is trusted; certifi's roots by default.

    Returns
    -------
    ChainVerdict or None
        None for an empty chain.
    """
    if not certificates:
        return None
    sought = (server_name, address) if purpose == "server" else (None, None)
    timeless = _judge(certificates[:MOST], *sought, purpose, staple, roots or default_roots())
    untimely = [fault for i, link in enumerate(timeless.path) for fault in _dates(link, i, at)]
    if timeless.stale_after is not None and at > timeless.stale_after:
        end = f"{timeless.stale_after:%Y-%m-%d %H:%M}"
        stale = Phrase("its stapled OCSP response was good until {end} UTC", end=end)
        untimely.append(Fault("staple", timeless.path[0], 0, stale))
    if not untimely:
        return timeless.verdict
    return ChainVerdict(
        timeless.path,
        _sorted([*untimely, *timeless.verdict.faults]),
        timeless.verdict.anchored,
        timeless.verdict.complete,
        timeless.verdict.product,
    )


def second_opinion(
    certificates: tuple[bytes, ...], *, at: datetime, server_name: str, roots: Roots | None = None
) -> str | None:
    """Return why the verifier of `cryptography` refuses a server's chain; None if it does not.

    It gives one reason, the first it meets, and tells an unknown root from nothing else. So it is asked last, of a
    chain in which no fault was found.
    """
    from cryptography import x509
    from cryptography.x509 import verification

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            chain = [x509.load_der_x509_certificate(data) for data in certificates[:MOST]]
            trusted = [
                x509.load_der_x509_certificate(data)
                for data in (roots or default_roots()).certificates
            ]
            builder = verification.PolicyBuilder().store(verification.Store(trusted)).time(at)
            verifier = builder.build_server_verifier(x509.DNSName(server_name))
            verifier.verify(chain[0], chain[1:])
        except verification.VerificationError as error:
            return str(error)
        except refusals() as error:
            return str(error)
    return None


def _dates(certificate: X509, position: int, at: datetime) -> list[Fault]:
    """Compare the validity of a link with a time: both ends belong to it (RFC 5280 section 4.1.2.5)."""
    if certificate.not_after is not None and at.replace(microsecond=0) > certificate.not_after:
        return [Fault("expired", certificate, position, f"{certificate.not_after:%Y-%m-%d %H:%M}")]
    if certificate.not_before is not None and at < certificate.not_before:
        since = f"{certificate.not_before:%Y-%m-%d %H:%M}"
        return [Fault("not_yet_valid", certificate, position, since)]
    return []


def _sorted(faults: list[Fault]) -> tuple[Fault, ...]:
    return tuple(sorted(faults, key=lambda fault: (GRAVITY.index(fault.kind), fault.position)))


# --- What does not depend on the time -------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Timeless:
    """A verdict without dates."""

    verdict: ChainVerdict
    path: tuple[X509, ...]
    stale_after: datetime | None  # when a stapled response that is good otherwise is too old


@dataclass(slots=True)
class _Link:
    """A certificate on its way to being part of the path."""

    data: bytes
    x509: X509
    loaded: Certificate | None
    place: int = -1  # in what was sent; -1 for a root of the store


@dataclass(slots=True)
class _Path:
    """The links from the leaf upwards, and what was found wrong on the way."""

    links: list[_Link]
    faults: list[Fault] = field(default_factory=list)
    anchored: bool = False

    def note(self, kind: str, position: int, detail: str = "") -> None:
        """Put down a fault of the link at a position."""
        self.faults.append(Fault(kind, self.links[position].x509, position, detail))


@lru_cache(maxsize=2048)
def _judge(
    certificates: tuple[bytes, ...],
    server_name: str | None,
    address: str | None,
    purpose: Purpose,
    staple: bytes | None,
    roots: Roots,
) -> _Timeless:
    sent = [
        _Link(data, describe_certificate(data), _load(data), place)
        for place, data in enumerate(certificates)
    ]
    path = _build(sent, roots)
    product = None
    if path.anchored:
        _check_constraints(path, purpose)
    else:
        product = inspecting_product(_issuer_names(path))
        _check_constraints(path, purpose)
        _name_the_end(path, roots, product)
    _check_leaf(path, server_name, address, purpose)
    _check_strength(path)
    _check_order(path, sent)
    stale_after = _check_staple(path, staple)
    top = path.links[-1].x509
    verdict = ChainVerdict(
        tuple(link.x509 for link in path.links),
        _sorted(path.faults),
        path.anchored,
        path.anchored or (top.issuer is not None and top.issuer == top.subject),
        product,
    )
    return _Timeless(verdict, verdict.path, stale_after)


def _load(data: bytes) -> Certificate | None:
    from cryptography import x509

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what a later version will refuse
        try:
            return x509.load_der_x509_certificate(data)
        except refusals():
            return None


# --- The path -------------------------------------------------------------------------------------------------------


def _build(sent: list[_Link], roots: Roots) -> _Path:
    """Go from issuer to issuer, to a root of the store where there is one, else through what was sent.

    Trying the store first finds the end of a chain that goes on with a cross-signature of an authority that is a root
    itself by now.
    """
    path = _Path([sent[0]])
    unused = sent[1:]
    while True:
        last = path.links[-1]
        if last.x509 in roots:
            path.anchored = True
            return path
        if last.loaded is None:
            path.note("unreadable", len(path.links) - 1, last.x509.error or "")
            return path
        if _is_self_issued(last.x509) and _signs(last, last):
            return path
        candidates = [_Link(r.data, r.x509, _load(r.data)) for r in roots.named(last.x509.issuer)]
        candidates += [link for link in unused if _may_issue(link.x509, last.x509)]
        issuer = next((link for link in candidates if _signs(link, last)), None)
        if issuer is None and candidates:
            path.note("bad_signature", len(path.links) - 1, candidates[0].x509.subject or "")
            issuer = candidates[0]
        if issuer is None:
            return path
        path.links.append(issuer)
        if issuer.place < 0:
            path.anchored = True
            return path
        unused = [link for link in unused if link.place != issuer.place]


def _is_self_issued(certificate: X509) -> bool:
    return certificate.subject is not None and certificate.subject == certificate.issuer


def _may_issue(issuer: X509, certificate: X509) -> bool:
    """Tell whether a certificate is named as the issuer of another; two of one name are told apart by their keys."""
    if issuer.subject is None or issuer.subject != certificate.issuer:
        return False
    return None in (certificate.aki, issuer.ski) or certificate.aki == issuer.ski


def _signs(issuer: _Link, certificate: _Link) -> bool:
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


def _issuer_names(path: _Path) -> list[str]:
    names = [link.x509.issuer for link in path.links]
    return [name for name in names if name is not None]


def _name_the_end(path: _Path, roots: Roots, product: str | None) -> None:
    """Say why a path does not reach a trusted root."""
    position = len(path.links) - 1
    last = path.links[-1].x509
    if path.links[-1].loaded is None:
        return
    issuer = last.issuer or ""
    if product is not None:
        path.note("interception", 0, product)
    if _is_self_issued(last):
        path.note("self_signed" if position == 0 else "unknown_ca", position, issuer)
    elif position > 0:
        path.note("unknown_ca", position, issuer)
    elif last.issuer_urls or _sounds_intermediate(issuer, roots):
        path.note("missing_intermediate", position, next(iter(last.issuer_urls), ""))
    elif ROOT_WORDS.search(issuer):
        path.note("unknown_ca", position, issuer)
    else:
        path.note("untrusted", position, issuer)


def _sounds_intermediate(issuer: str, roots: Roots) -> bool:
    """Tell whether an issuer is no root, by its name or that of its organization."""
    if ROOT_WORDS.search(issuer):
        return False
    return bool(INTERMEDIATE_WORDS.search(issuer)) or organization(issuer) in roots.organizations


# --- The links ------------------------------------------------------------------------------------------------------


def _check_constraints(path: _Path, purpose: Purpose) -> None:
    """Ask each authority whether it may issue, and the leaf whether it may be used."""
    leaf = path.links[0]
    other_usage = usage_fault(leaf.x509, purpose)
    if other_usage:
        path.note("usage", 0, ", ".join(other_usage))
    if leaf.loaded is not None:
        for fault in leaf_faults(leaf.loaded):
            path.note("ca_constraints", 0, fault)
    below = 0
    for position, link in enumerate(path.links[1:], 1):
        if link.loaded is None or (link.place < 0 and position == len(path.links) - 1):
            continue  # what a trusted root says of itself, clients do not ask
        for fault in authority_faults(link.loaded, below):
            path.note("ca_constraints", position, fault)
        for fault in name_faults(link.loaded, leaf.x509.sans):
            path.note("ca_constraints", position, fault)
        below += not _is_self_issued(link.x509)


def _check_leaf(
    path: _Path, server_name: str | None, address: str | None, purpose: Purpose
) -> None:
    """Compare the names of the leaf with what was asked for."""
    leaf = path.links[0].x509
    if purpose == "client" or leaf.subject is None:
        return
    if not has_names(leaf) and not leaf.error:
        found = common_name(leaf.subject)
        path.note("no_san", 0, found or "")
        if server_name and not (found and matches(found, server_name)):
            path.note("name", 0, found or Phrase("none"))
    elif server_name and not is_for(leaf, server_name):
        path.note("name", 0, ", ".join(leaf.sans[:5]))
    elif not server_name and address and not is_for(leaf, address):
        path.note("address", 0, ", ".join(leaf.sans[:5]))


def _check_strength(path: _Path) -> None:
    """Measure keys and hashes; the signature of a root over itself proves nothing and weakens nothing."""
    for position, link in enumerate(path.links):
        certificate = link.x509
        bits, kind = certificate.key_bits, certificate.key_type or ""
        least = {"RSA": WEAK_RSA_BITS, "RSASSA-PSS": WEAK_RSA_BITS, "DSA": WEAK_RSA_BITS}.get(
            kind, WEAK_EC_BITS if kind == "EC" else 0
        )
        if link.place >= 0 and bits is not None and bits < least:
            path.note("weak_key", position, Phrase("{kind} with {bits} bits", kind=kind, bits=bits))
        algorithm = certificate.signature_algorithm or ""
        if not _is_self_issued(certificate) and WEAK_HASHES.search(algorithm):
            path.note("weak_signature", position, algorithm)


def _check_order(path: _Path, sent: list[_Link]) -> None:
    """Each certificate should certify the one before it; many clients put it right, old ones do not."""
    places = [link.place for link in path.links if link.place >= 0]
    if places != sorted(places):
        path.note("order", 0, ", ".join(str(place + 1) for place in places))
    if len({link.data for link in sent}) < len(sent):
        path.note("duplicate", 0)


def _check_staple(path: _Path, staple: bytes | None) -> datetime | None:
    """Read the stapled response; return until when it is good."""
    leaf = path.links[0]
    if staple is None:
        if leaf.loaded is not None and must_staple(leaf.loaded):
            demand = Phrase("it demands a stapled OCSP response (TLS feature), and there is none")
            path.note("staple", 0, demand)
        return None
    found = read_staple(staple)
    if found.status == "revoked":
        path.note("revoked", 0, f"{found.revoked_at:%Y-%m-%d %H:%M}" if found.revoked_at else "")
    elif found.status != "good":
        path.note(
            "staple",
            0,
            Phrase("its stapled OCSP response is {status}", status=phrase_of(found.status)),
        )
    return found.next_update
