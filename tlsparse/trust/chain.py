"""A chain and all its faults, as a client would find them at the time of the capture.

A client stops at the first fault; whoever has to mend the chain wants to know all. So each link of the path is asked
every question by itself; `cryptography` verifies the signatures, and has the last word on a chain in which nothing was
found (`second_opinion`).

Against a private root little can be known: the path is complete as far as a server sends one, and ends at a root that
is in no store. That is a fault for a browser and none for a client that was given the root; the fault ``unknown_ca``
says only that no store has it. Where the path ends without a root, what is known of the issuer tells whether an
intermediate was forgotten: an address where it can be fetched (AIA), an organization that has roots in a store, the
words of its name. A root that has left the public list is known by its name (`former_roots`).

The work is bounded: of a chain the first `MOST` certificates are looked at, and what does not depend on the time is
kept for when the same chain is shown again.

Source: RFC 5280 section 6.1; RFC 8446 section 4.4.2 for the order; RFC 9525 for names.
"""

from __future__ import annotations

import re
import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from tlsparse.language import Phrase
from tlsparse.tls.tbs_certificate import serial_text
from tlsparse.tls.x509 import X509, refusals
from tlsparse.trust.constraints import (
    KeyUse,
    Purpose,
    authority_breaches,
    key_usage_fault,
    leaf_breaches,
    must_staple,
    name_breaches,
    usage_fault,
)
from tlsparse.trust.crls import Crls, Revocation
from tlsparse.trust.former_roots import FormerRoot, former_root
from tlsparse.trust.interception import GENERIC, inspecting_product
from tlsparse.trust.names import common_name, has_names, is_for, matches
from tlsparse.trust.path import Link, Path, build_path, sent_links
from tlsparse.trust.policy import SCT_LIST, excessive_lifetime, must_be_logged
from tlsparse.trust.revocation import Staple, read_staple
from tlsparse.trust.roots import PUBLIC, Roots, default_roots, organization

if TYPE_CHECKING:
    from cryptography.x509 import verification

MOST = 16
"""Certificates of a chain that are looked at. OpenSSL allows a path of a hundred, browsers of about ten."""

WEAK_RSA_BITS, WEAK_EC_BITS = 2048, 224
"""Smaller keys have 80 bits of security or less (NIST SP 800-131A)."""

SHA1_ENDED = datetime(2017, 1, 1, tzinfo=UTC)

WEAK_SINCE = {
    ("weak_key", "RSA-1024"): datetime(2014, 1, 1, tzinfo=UTC),
    ("weak_signature", "sha1WithRSAEncryption"): SHA1_ENDED,
    ("weak_signature", "sha1WithRSA"): SHA1_ENDED,
    ("weak_signature", "ecdsa-with-SHA1"): SHA1_ENDED,
}
"""Until when everybody accepted what is weak now: RSA of 1024 bits until the end of 2013 (CA/Browser Forum, Baseline
Requirements, appendix A), SHA-1 until that of 2016 (section 7.1.3; Chrome 56, Firefox 51)."""

WEAK_HASHES = re.compile(r"(?i)(md2|md4|md5|sha-?1)(?![0-9])")

ROOT_WORDS = re.compile(r"(?i)\broot\b")
INTERMEDIATE_WORDS = re.compile(
    r"(?i)\b(intermediate|issuing|sub(ordinate)?[ -]?ca|server ca|tls ca)\b"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a chain.

    `kind` is one of `GRAVITY`. Some kinds have several forms, told by `why`:

    ``missing_intermediate``
        ``aia`` if the leaf says where its issuer's certificate is, ``organization`` if the issuer's organization has
        roots, ``name`` if only the words of its name tell.
    ``former_root``
        ``then`` if the root had not left the public list yet.
    ``interception``
        ``generic`` if the issuer's name tells what it does, and not which product it is.
    ``ca_constraints``
        The rule that is broken, see `constraints.Breach`.
    ``usage``
        ``key`` if keyUsage forbids, and not extendedKeyUsage.
    ``staple``
        ``missing``, ``stale``, ``early``, ``unknown``, ``unsuccessful``, ``unreadable``, ``other`` (of another
        certificate) or ``signature``.
    ``revoked``
        ``staple`` or ``crl``: who says so.
    ``no_san``
        ``nameless`` if there is no common name either.
    ``address``, ``untrusted``
        None. An ``address`` is a certificate that does not have the server's address, shown to a client that named no
        host: most then know a name that they did not send. ``untrusted`` is a ``missing_intermediate`` or an
        ``unknown_ca``, and nothing tells which.
    """

    kind: str
    certificate: X509  # which link
    position: int  # in the path: 0 is the leaf
    detail: str = ""  # the value seen: a name, a size, an algorithm, an address
    why: str = ""
    allowed: str = ""  # what the value should have been, or whose it is
    revocation: Revocation | None = None  # of revoked
    former: FormerRoot | None = None  # of former_root and expired_root


@dataclass(frozen=True, eq=False)
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
    store
        Where the root was found: `roots.PUBLIC`, or the file that somebody gave; None if it was not.
    """

    path: tuple[X509, ...]
    faults: tuple[Fault, ...]
    anchored: bool
    complete: bool
    product: str | None = None
    store: str | None = None

    @property
    def leaf(self) -> X509:
        """The certificate of the side itself."""
        return self.path[0]

    @property
    def top(self) -> X509:
        """The last certificate of the path."""
        return self.path[-1]

    @property
    def is_public(self) -> bool:
        """Whether its root is in the public list."""
        return self.store == PUBLIC

    def first(self, *kinds: str) -> Fault | None:
        """Return the gravest fault, of some kinds if any are named."""
        return next((f for f in self.faults if not kinds or f.kind in kinds), None)


GRAVITY = (
    "unreadable",
    "self_signed",
    "bad_signature",
    "revoked",
    "expired",
    "expired_root",  # which is known by its name only, since it has left the public list
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
    "not_logged",  # a public certificate without timestamps of a log
    "lifetime",  # longer than browsers accept of a public authority
    "address",
    "untrusted",
    "unknown_ca",
    "former_root",
    "longer_path",  # a way over an expired root was sent beside a good one
    "stale_list",  # the revocation list that was given was too old by then
    "order",
    "stray",  # a certificate that has no place in the chain
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
    crls: Crls | None = None,
    use: KeyUse | None = None,
    has_timestamps: bool = False,
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
    crls
        Lists of what was revoked; none by default.
    use
        What the handshake did with the leaf's key; None if that is not known.
    has_timestamps
        Whether timestamps of logs came beside the chain; those in the leaf and in the staple are found in any case.

    Returns
    -------
    ChainVerdict or None
        None for an empty chain.
    """
    if not certificates:
        return None
    sought = (server_name, address) if purpose == "server" else (None, None)
    timeless = _judge(
        certificates[:MOST],
        *sought,
        purpose,
        staple,
        default_roots() if roots is None else roots,
        crls,
        use,
        has_timestamps,
    )
    return _as_of(timeless, at.replace(microsecond=0))


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
            store = _store(default_roots() if roots is None else roots)
            builder = verification.PolicyBuilder().store(store).time(at)
            verifier = builder.build_server_verifier(x509.DNSName(server_name))
            verifier.verify(chain[0], chain[1:])
        except verification.VerificationError as error:
            return str(error)
        except refusals() as error:
            return str(error)
    return None


@lru_cache(maxsize=8)
def _store(roots: Roots) -> verification.Store:
    """Return roots as the verifier of `cryptography` takes them."""
    from cryptography import x509
    from cryptography.x509 import verification

    return verification.Store([x509.load_der_x509_certificate(d) for d in roots.certificates])


def _sorted(faults: list[Fault]) -> tuple[Fault, ...]:
    return tuple(sorted(faults, key=lambda fault: (GRAVITY.index(fault.kind), fault.position)))


# --- What depends on the time ---------------------------------------------------------------------------------------


def _at_the_time(fault: Fault, at: datetime) -> Fault | None:
    """Return a fault as it was at a time: a root may still have been public, a certificate not yet revoked.

    None if it was no fault then.
    """
    revocation, former = fault.revocation, fault.former
    if at < WEAK_SINCE.get((fault.kind, fault.detail), at):
        return None
    if revocation is not None and revocation.at is not None and at < revocation.at:
        return None
    if former is not None and at > former.not_after:
        return replace(fault, kind="expired_root")
    return replace(fault, why="then") if former is not None and at < former.gone else fault


def _as_of(timeless: _Timeless, at: datetime) -> ChainVerdict:
    """Return the verdict at a time; between two moments at which something changes it is the same object."""
    moments = timeless.moments
    place = bisect_left(moments, at), bisect_right(moments, at)
    known = timeless.verdicts.get(place)
    if known is None:
        verdict = timeless.verdict
        lasting = [_at_the_time(fault, at) for fault in verdict.faults]
        faults = [*filter(None, lasting), *_untimely(timeless, at)]
        known = timeless.verdicts[place] = replace(verdict, faults=_sorted(faults))
    return known


def _moments(timeless: _Timeless) -> tuple[datetime, ...]:
    """Return when something of a chain begins or ends, in order."""
    verdict, staple = timeless.verdict, timeless.staple
    found = [time for link in verdict.path for time in (link.not_before, link.not_after)]
    if staple is not None:
        found += staple.this_update, staple.next_update
    found += (end for windows in timeless.lists.values() for _, end in windows)
    found += (end for _, end, _ in timeless.detours)
    for fault in verdict.faults:
        found.append(WEAK_SINCE.get((fault.kind, fault.detail)))
        if fault.revocation is not None:
            found.append(fault.revocation.at)
        if fault.former is not None:
            found += fault.former.not_after, fault.former.gone
    return tuple(sorted({time for time in found if time is not None}))


def _untimely(timeless: _Timeless, at: datetime) -> Iterator[Fault]:
    """Yield what is outside of its time."""
    path = timeless.verdict.path
    for position, link in enumerate(path):
        yield from _dates(link, position, at)
        windows = timeless.lists.get(position, ())
        if windows and all(end is not None and end < at for _, end in windows):
            last = max(end for _, end in windows if end is not None)
            yield Fault("stale_list", link, position, _moment(last), allowed=link.issuer or "")
    staple = timeless.staple
    if staple is not None and staple.status == "good":
        if staple.next_update is not None and staple.expired(at):
            yield Fault("staple", path[0], 0, _moment(staple.next_update), "stale")
        elif staple.this_update is not None and at < staple.this_update:
            yield Fault("staple", path[0], 0, _moment(staple.this_update), "early")
    for certificate, end, issuer in timeless.detours:
        if at > end:
            position = len(path) - 1
            yield Fault("longer_path", certificate, position, _moment(end), allowed=issuer)


def _dates(certificate: X509, position: int, at: datetime) -> Iterator[Fault]:
    """Compare the validity of a link with a time: both ends belong to it (RFC 5280 section 4.1.2.5)."""
    if certificate.not_after is not None and at.replace(microsecond=0) > certificate.not_after:
        yield Fault("expired", certificate, position, _moment(certificate.not_after))
    elif certificate.not_before is not None and at < certificate.not_before:
        yield Fault("not_yet_valid", certificate, position, _moment(certificate.not_before))


def _moment(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}"


# --- What does not depend on the time -------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Timeless:
    """A verdict without dates, and the dates that it will be compared with."""

    verdict: ChainVerdict
    staple: Staple | None = None
    lists: dict[int, tuple[tuple[datetime, datetime | None], ...]] = field(default_factory=dict)
    """From when to when the revocation lists for a position of the path are valid."""
    detours: tuple[tuple[X509, datetime, str], ...] = ()
    """Cross-signatures that were sent beside a path that does without: until when they are good, and by whom."""
    moments: tuple[datetime, ...] = ()
    """When one of these begins or ends, in order."""
    verdicts: dict[tuple[int, int], ChainVerdict] = field(default_factory=dict)
    """By place among these moments, as far as they were asked for."""


@dataclass(slots=True)
class _Judgement:
    """A path, and what is found wrong with it."""

    path: Path
    faults: list[Fault] = field(default_factory=list)

    @property
    def links(self) -> tuple[Link, ...]:
        return self.path.links

    def note(
        self, kind: str, position: int, detail: str = "", why: str = "", **more: object
    ) -> None:
        """Put down a fault of the link at a position."""
        fault = Fault(kind, self.links[position].x509, position, detail, why, **more)  # type: ignore[arg-type]
        self.faults.append(fault)


@lru_cache(maxsize=2048)
def _judge(
    certificates: tuple[bytes, ...],
    server_name: str | None,
    address: str | None,
    purpose: Purpose,
    staple: bytes | None,
    roots: Roots,
    crls: Crls | None,
    use: KeyUse | None,
    has_timestamps: bool,
) -> _Timeless:
    sent = sent_links(certificates, roots)
    judgement = _Judgement(build_path(sent, roots))
    path = judgement.path
    for position, namesake in path.wrongly_signed:
        judgement.note("bad_signature", position, namesake.x509.subject or "")
    product = None
    if path.links[-1].store != PUBLIC:
        product = _inspecting(path)
        if product is not None:
            why = "generic" if product == GENERIC else ""
            judgement.note("interception", 0, product, why)
    _check_constraints(judgement, purpose, use)
    if not path.anchored:
        _name_the_end(judgement, roots)
    _check_leaf(judgement, server_name, address, purpose)
    _check_strength(judgement)
    _check_order(judgement, sent)
    answer = _check_staple(judgement, staple)
    if path.links[-1].store == PUBLIC and purpose == "server":
        _check_policy(judgement, has_timestamps or (answer is not None and answer.has_timestamps))
    lists = _check_lists(judgement, crls) if crls is not None else {}
    top = path.links[-1]
    verdict = ChainVerdict(
        tuple(link.x509 for link in path.links),
        _sorted(judgement.faults),
        path.anchored,
        path.anchored or top.is_self_issued,
        product,
        top.store,
    )
    timeless = _Timeless(verdict, answer, lists, tuple(_detours(path, sent)))
    return replace(timeless, moments=_moments(timeless))


def _inspecting(path: Path) -> str | None:
    """Return what inspects traffic under the name of an issuer; nothing where the leaf is its maker's own server.

    That is told by the host's name: Zscaler puts itself into the organization of every certificate that it makes.
    """
    product = inspecting_product(link.x509.issuer or "" for link in path.links)
    own = inspecting_product([common_name(path.links[0].x509.subject) or ""])
    return product if product != own else None


# --- Where it ends --------------------------------------------------------------------------------------------------


def _name_the_end(judgement: _Judgement, roots: Roots) -> None:
    """Say why a path does not reach a trusted root."""
    position = len(judgement.links) - 1
    link = judgement.links[-1]
    last = link.x509
    if link.loaded is None:
        judgement.note("unreadable", position, last.error or "")
        return
    issuer = last.issuer or ""
    former = former_root(last)
    if former is not None:
        judgement.note("former_root", position, issuer, former=former)
    elif link.is_self_issued:
        judgement.note("self_signed" if position == 0 else "unknown_ca", position, issuer)
    elif position > 0:
        judgement.note("unknown_ca", position, issuer)
    elif why := _tells_intermediate(last, roots):
        address = next(iter(last.issuer_urls), "")
        judgement.note("missing_intermediate", position, address, why)
    elif ROOT_WORDS.search(issuer):
        judgement.note("unknown_ca", position, issuer)
    else:
        judgement.note("untrusted", position, issuer)


def _tells_intermediate(certificate: X509, roots: Roots) -> str:
    """Return what tells that the issuer of a certificate is no root; empty if nothing does."""
    issuer = certificate.issuer or ""
    if certificate.issuer_urls:
        return "aia"
    if ROOT_WORDS.search(issuer):
        return ""
    if organization(issuer) in roots.organizations:
        return "organization"
    return "name" if INTERMEDIATE_WORDS.search(issuer) else ""


def _detours(path: Path, sent: list[Link]) -> Iterator[tuple[X509, datetime, str]]:
    """Yield what was sent of the path's own root, or of an authority below it, signed by another root.

    Clients that follow what was sent before they look for a root of their own, as OpenSSL 1.0.2 and GnuTLS before
    3.6.14 do, end there: so did many with DST Root CA X3 in 2021 and with AddTrust External CA Root in 2020.
    """
    if not path.anchored:
        return
    used = {link.x509.sha256 for link in path.links}
    subjects = {link.x509.subject for link in path.links[1:]}
    for link in sent[1:]:
        certificate = link.x509
        if certificate.sha256 in used or link.is_self_issued or certificate.subject not in subjects:
            continue
        former = former_root(certificate)
        above = [other.x509 for other in sent if other.x509.subject == certificate.issuer]
        ends = [certificate.not_after, *(other.not_after for other in above)]
        if former is not None:
            ends.append(former.not_after)
        yield certificate, min(end for end in ends if end is not None), certificate.issuer or ""


# --- The links ------------------------------------------------------------------------------------------------------


def _check_constraints(judgement: _Judgement, purpose: Purpose, use: KeyUse | None) -> None:
    """Ask each authority whether it may issue, and the leaf whether it may be used."""
    links = judgement.links
    leaf = links[0]
    for position, link in enumerate(links):
        other_usage = usage_fault(link.x509, purpose) if link.store is None or not position else ()
        if other_usage:
            judgement.note("usage", position, ", ".join(other_usage))
    if leaf.loaded is not None:
        found = key_usage_fault(leaf.loaded, use) if use is not None else None
        if found is not None:
            judgement.note("usage", 0, found, "key", allowed=use)
        for breach in leaf_breaches(leaf.loaded):
            judgement.note("ca_constraints", 0, breach.found, breach.rule, allowed=breach.allowed)
    below = 0
    for position, link in enumerate(links[1:], 1):
        is_root = link.store is not None or (position == len(links) - 1 and link.is_self_issued)
        if link.loaded is None or is_root:
            continue  # what a root says of itself, clients do not ask
        for breach in (
            *authority_breaches(link.loaded, below),
            *name_breaches(link.loaded, leaf.x509.sans),
        ):
            judgement.note(
                "ca_constraints", position, breach.found, breach.rule, allowed=breach.allowed
            )
        below += not link.is_self_issued


def _check_leaf(
    judgement: _Judgement, server_name: str | None, address: str | None, purpose: Purpose
) -> None:
    """Compare the names of the leaf with what was asked for."""
    leaf = judgement.links[0].x509
    if purpose == "client" or leaf.subject is None:
        return
    if not has_names(leaf) and not leaf.error:
        found = common_name(leaf.subject)
        judgement.note("no_san", 0, found or "", "" if found else "nameless")
        if server_name and not (found and matches(found, server_name)):
            judgement.note("name", 0, found or Phrase("none"))
    elif server_name and not is_for(leaf, server_name):
        judgement.note("name", 0, ", ".join(leaf.sans[:5]))
    elif not server_name and address and not is_for(leaf, address):
        judgement.note("address", 0, ", ".join(leaf.sans[:5]))


def _check_strength(judgement: _Judgement) -> None:
    """Measure keys and hashes; the signature of a root over itself proves nothing and weakens nothing."""
    for position, link in enumerate(judgement.links):
        certificate = link.x509
        bits, kind = certificate.key_bits, certificate.key_type or ""
        least = {"RSA": WEAK_RSA_BITS, "DSA": WEAK_RSA_BITS, "EC": WEAK_EC_BITS}.get(kind, 0)
        if link.place >= 0 and bits is not None and bits < least:
            judgement.note("weak_key", position, f"{kind}-{bits}")
        algorithm = certificate.signature_algorithm or ""
        if not link.is_self_issued and WEAK_HASHES.search(algorithm):
            judgement.note("weak_signature", position, algorithm)


def _check_order(judgement: _Judgement, sent: list[Link]) -> None:
    """Each certificate should certify the one before it; many clients put it right, old ones do not."""
    places = [link.place for link in judgement.links if link.place >= 0]
    if places != sorted(places):
        judgement.note("order", 0, ", ".join(str(place + 1) for place in places))
    if len({link.data for link in sent}) < len(sent):
        judgement.note("duplicate", 0)
    if not judgement.path.anchored:
        names = {name for link in judgement.links for name in (link.x509.subject, link.x509.issuer)}
        for link in sent:
            if link.place not in places and link.x509.subject not in names:
                judgement.note("stray", 0, link.x509.subject or "")


# --- Revocation, and what browsers want besides ---------------------------------------------------------------------


def _check_staple(judgement: _Judgement, staple: bytes | None) -> Staple | None:
    """Read the stapled response."""
    leaf = judgement.links[0]
    if staple is None:
        if leaf.loaded is not None and must_staple(leaf.loaded):
            judgement.note("staple", 0, why="missing")
        return None
    signer = judgement.links[1].loaded if len(judgement.links) > 1 else None
    answer = read_staple(staple, leaf.loaded, signer)
    if answer.fits is False:
        judgement.note(
            "staple", 0, "" if answer.serial is None else serial_text(answer.serial), "other"
        )
    elif answer.signed is False:
        judgement.note("staple", 0, judgement.links[1].x509.subject or "", "signature")
    elif answer.status == "revoked":
        revocation = Revocation("", answer.revoked_at, answer.reason, answer.this_update)
        since = _moment(answer.revoked_at) if answer.revoked_at else ""
        judgement.note("revoked", 0, since, "staple", revocation=revocation)
    elif answer.status not in ("good", "unchecked"):
        judgement.note("staple", 0, answer.reason or "", answer.status)
    return answer


def _check_lists(
    judgement: _Judgement, crls: Crls
) -> dict[int, tuple[tuple[datetime, datetime | None], ...]]:
    """Look for each link in the lists of its issuer; return when these are valid."""
    lists = {}
    for position, (link, issuer) in enumerate(
        zip(judgement.links, judgement.links[1:], strict=False)
    ):
        if link.loaded is None or issuer.loaded is None:
            continue
        windows = crls.validity(link.loaded, issuer.loaded)
        if windows:
            lists[position] = windows
        revocation = crls.revocation(link.loaded, issuer.loaded)
        if revocation is not None:
            since = _moment(revocation.at) if revocation.at else ""
            judgement.note("revoked", position, since, "crl", revocation=revocation)
    return lists


def _check_policy(judgement: _Judgement, has_timestamps: bool) -> None:
    """Ask what browsers ask of certificates of public authorities."""
    leaf = judgement.links[0]
    if must_be_logged(leaf.x509) and not has_timestamps and not _has_timestamps(leaf):
        judgement.note("not_logged", 0)
    lifetime = excessive_lifetime(leaf.x509)
    if lifetime is not None:
        days, allowed = lifetime
        judgement.note("lifetime", 0, str(days), allowed=str(allowed))


def _has_timestamps(leaf: Link) -> bool:
    """Tell whether a certificate has timestamps in it; yes where its extensions cannot be read."""
    if leaf.loaded is None:
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return any(e.oid.dotted_string == SCT_LIST for e in leaf.loaded.extensions)
        except refusals():
            return True
