"""What of an offer may have been missing?

A server that finds nothing to its taste says handshake_failure, whatever it was. Three lists of the offer may have been
too short: cipher suites, groups, signature schemes. What tells them apart is which one is narrower than stacks are by
themselves, since somebody has made it so; and what the same server chose for another client of the capture, if that is
missing here.

Source: RFC 9846 sections 4.1.1 and 4.3.7; RFC 5246 section 7.4.1.3; RFC 8422 section 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from tlsparse.handshake.handshake import Handshake
from tlsparse.tls.codes import Code
from tlsparse.tls.hello import REMEMBERED, ClientHello

CIPHER_SUITE, GROUP, SIGNATURE_SCHEME = "cipher_suite", "group", "signature_scheme"

SHOWN = 4
"""Values that a sentence names; the table `offers` has all."""

FEW_SUITES = 3
"""Stacks offer a dozen suites, or the three of TLS 1.3; so few beside those were chosen by somebody."""

FEW_GROUPS, FEW_SCHEMES = 1, 2
"""Stacks offer at least three groups and six signature schemes."""

USUAL: dict[str, float] = {CIPHER_SUITE: 0.55, SIGNATURE_SCHEME: 0.35, GROUP: 0.3}
"""How often each is the reason where nothing tells them apart."""

WEAK = re.compile("_NULL|_anon_|EXPORT|_RC4_|_RC2_|DES_")
"""Suites that servers of today refuse: a hello that has no others has in effect none."""

NARROW, NARROW_TOO, MISSING, SHARED = 0.85, 0.5, 0.92, 0.2


def real(codes: Iterable[Code]) -> tuple[Code, ...]:
    """Return what of a list can be chosen: neither GREASE nor a signal in the guise of a cipher suite."""
    listed = tuple(codes)
    return _real(type(listed[0]), listed) if listed else ()


@lru_cache(maxsize=REMEMBERED)
def _real(kind: type[Code], codes: tuple[Code, ...]) -> tuple[Code, ...]:
    """Tell it of codes of a kind: as numbers they may be equal to those of another."""
    return tuple(c for c in codes if not c.is_grease and not str(c).endswith("_SCSV"))


def named(codes: tuple[Code, ...]) -> str:
    """Name the first of a list, and say how many more there are."""
    return _named(type(codes[0]), codes) if codes else ""


@lru_cache(maxsize=REMEMBERED)
def _named(kind: type[Code], codes: tuple[Code, ...]) -> str:
    more = len(codes) - SHOWN
    return ", ".join(map(str, codes[:SHOWN])) + (f" (+{more})" if more > 0 else "")


def suspects(handshake: Handshake) -> dict[str, float]:
    """Say for each list of the offer how probable it is that what the server wanted was missing there.

    Returns
    -------
    dict
        Confidence by ``cipher_suite``, ``group`` and ``signature_scheme``; empty without a ClientHello.
    """
    hello = handshake.client_hello
    if hello is None:
        return {}
    found = dict(USUAL)
    for place, kind in enumerate(_narrow_lists(hello)):
        found[kind] = NARROW if place == 0 else NARROW_TOO
    for kind, offered, wanted in _precedents(handshake, hello):
        if wanted:
            found[kind] = MISSING if wanted.isdisjoint(offered) else SHARED
    return found


def is_narrow(handshake: Handshake) -> bool:
    """Tell whether one of the lists of the offer is shorter than stacks make it by themselves."""
    hello = handshake.client_hello
    return hello is not None and bool(_narrow_lists(hello))


def _narrow_lists(hello: ClientHello) -> tuple[str, ...]:
    """Return the lists that somebody has cut short, the most telling first."""
    if "narrow" not in hello.derived:
        hello.derived["narrow"] = _narrow(
            real(hello.signature_schemes), real(hello.groups), real(hello.cipher_suites)
        )
    narrow: tuple[str, ...] = hello.derived["narrow"]
    return narrow


@lru_cache(maxsize=REMEMBERED)
def _narrow(
    schemes: tuple[Code, ...], groups: tuple[Code, ...], suites: tuple[Code, ...]
) -> tuple[str, ...]:
    """Return which of three lists are short.

    Who allows one signature scheme has OpenSSL leave out the suites that it does not fit.
    """
    kinds = []
    if schemes and (len(schemes) <= FEW_SCHEMES or len({_key(s) for s in schemes}) == 1):
        kinds.append(SIGNATURE_SCHEME)
    if groups and len(groups) <= FEW_GROUPS:
        kinds.append(GROUP)
    if suites and _are_few(suites):
        kinds.append(CIPHER_SUITE)
    return tuple(kinds)


def _are_few(suites: Sequence[Code]) -> bool:
    """Tell whether suites are a selection; the three of TLS 1.3 alone are all there are in common use."""
    if all(WEAK.search(str(suite)) for suite in suites):
        return True
    modern = [suite for suite in suites if suite >> 8 == 0x13]
    if len(modern) == len(suites):
        return len(suites) < FEW_SUITES
    return len(suites) - len(modern) <= FEW_SUITES


def _key(scheme: Code) -> str:
    """Return the kind of key that a signature scheme belongs to: rsa, ecdsa, ed25519."""
    return str(scheme).partition("_")[0]


def _precedents(
    handshake: Handshake, hello: ClientHello
) -> list[tuple[str, Sequence[Code], set[Code]]]:
    """Return, for each list, what was offered here and what the server chose for others."""
    if not handshake.precedents:
        return []
    suites: set[Code] = set()
    groups: set[Code] = set()
    schemes: set[Code] = set()
    versions = hello.versions
    for precedent in handshake.precedents:
        choice = precedent.choice
        if choice.cipher_suite is not None and choice.version in versions:
            suites.add(choice.cipher_suite)
            if precedent.group is not None:
                groups.add(precedent.group)
            if precedent.signature_scheme is not None:
                schemes.add(precedent.signature_scheme)
    return [
        (CIPHER_SUITE, hello.cipher_suites, suites),
        (GROUP, hello.groups, groups),
        (SIGNATURE_SCHEME, hello.signature_schemes, schemes),
    ]
