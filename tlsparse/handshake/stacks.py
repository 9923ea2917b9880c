"""Which TLS stack is it?

An alert means what its sender means by it, so a diagnosis begins with who speaks. Nobody says so, but every stack has
an order in which it writes its extensions, lists of signature schemes and groups that only its authors chose, and its
own way to cut a flight into records. These features outlive versions and settings, where an exact fingerprint of a
hello (JA3, JA4) changes with each of them. They are data: `stacks.toml`, with the source of each.

A stack must agree in the order of extensions; every other feature counts for or against it. The sum is the confidence,
less what the best of another library has. A hello is judged once, whoever sends it how often.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any, NamedTuple

from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.inference import JAVA_PADDING, hash_bytes, tag_bytes
from tlsparse.tls.codes import TLS_1_3, CipherSuite, Code, ExtensionType
from tlsparse.tls.hello import REMEMBERED, ClientHello, ServerHello

ENOUGH = 0.6
"""A stack that is less probable than this is not named."""

FINISHED_HEADER = 4

LARGE_BYTES = 400
"""A record that holds a certificate and more is larger than this."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack that was recognised."""

    name: str  # as it is shown: OpenSSL 3 (curl)
    family: str  # whose alerts it sends: openssl, gnutls, nss, go, java ...
    confidence: float  # 0 to 1


class Features(NamedTuple):
    """What a ClientHello shows of its maker. GREASE values are left out of the lists."""

    extensions: tuple[int, ...]
    suites: tuple[int, ...]
    groups: tuple[int, ...]
    schemes: tuple[int, ...]
    alpn: tuple[str, ...]
    greases: bool
    session_id: int | None  # length, where TLS 1.3 is offered


def client_stack(handshake: Handshake) -> Stack | None:
    """Name the stack of a client by its ClientHello; None if no known one has such a hello."""
    if "client" not in handshake.recognised:
        hello = handshake.client_hello
        handshake.recognised["client"] = None if hello is None else _maker(hello)
    return handshake.recognised["client"]


def _maker(hello: ClientHello) -> Stack | None:
    if "stack" not in hello.derived:
        known = _client(features_of(hello)) if hello.extensions else None
        hello.derived["stack"] = known
    stack: Stack | None = hello.derived["stack"]
    return stack


def server_stack(handshake: Handshake) -> Stack | None:
    """Name the stack of a server by its ServerHello and its records; None if they do not tell."""
    if "server" not in handshake.recognised:
        answer = handshake.server_hello
        known = None if answer is None else _server(flight_of(handshake, answer))
        handshake.recognised["server"] = known
    return handshake.recognised["server"]


def features_of(hello: ClientHello) -> Features:
    """Take the features of a ClientHello."""
    types = tuple([extension.type for extension in hello.extensions])
    suites = hello.cipher_suites
    plain_types, plain_suites = _without_grease(types), _without_grease(suites)
    return Features(
        plain_types,
        plain_suites,
        _without_grease(hello.groups),
        _without_grease(hello.signature_schemes),
        hello.alpn,
        len(types) + len(suites) > len(plain_types) + len(plain_suites),
        len(hello.session_id) if TLS_1_3 in hello.supported_versions else None,
    )


@lru_cache(maxsize=REMEMBERED)
def _without_grease(codes: tuple[Code, ...]) -> tuple[int, ...]:
    return tuple(int(code) for code in codes if not code.is_grease)


@lru_cache(maxsize=REMEMBERED)
def _client(seen: Features) -> Stack | None:
    return _best((_client_score(entry, seen), entry) for entry in _entries("client"))


# --- Agreement, feature by feature ------------------------------------------------------------------------------------

ORDER, SHUFFLED, LIST, PART, GREASE, TRAIT, MARK = 0.25, 0.12, 0.25, 0.1, 0.15, 0.1, 0.2
"""What agreement counts for: an order of extensions, a list that is the stack's own, a part of one, a detail, and what
makes an application known among those that use the same library."""

FEW = 4
"""So few extensions in the right order may be chance."""


def _client_score(entry: dict[str, Any], seen: Features) -> float:
    """Say how well a hello fits a stack; 0 if it cannot be of that stack."""
    if not _orderly(entry, seen):
        return 0.0
    score = SHUFFLED if entry.get("shuffles") else ORDER
    score *= min(1.0, len(seen.extensions) / (2 * FEW)) + 0.5
    if "greases" in entry:
        if entry["greases"] != seen.greases:
            return 0.0
        score += GREASE if seen.greases else 0.0
    score += _list_score(entry.get("schemes", ()), seen.schemes)
    score += _list_score(entry.get("groups", ()), seen.groups)
    score += _suites_score(entry.get("suites", ()), seen.suites)
    if "scsv" in entry:
        says = int(CipherSuite.TLS_EMPTY_RENEGOTIATION_INFO_SCSV) in seen.suites
        agrees = bool(entry["scsv"]) == says or (
            not says and ExtensionType.renegotiation_info not in seen.extensions
        )
        score += TRAIT if agrees else -2 * TRAIT
    if "session_id" in entry and seen.session_id is not None:
        score += TRAIT if entry["session_id"] == seen.session_id else -2 * TRAIT
    if "alpn" in entry:
        if ",".join(seen.alpn) not in entry["alpn"]:
            return 0.0
        score += MARK
    return score


def _orderly(entry: dict[str, Any], seen: Features) -> bool:
    """Tell whether the extensions are a stack's, and come in its order."""
    own = entry["extensions"]
    if not set(entry.get("has", ())) <= set(seen.extensions):
        return False
    if set(entry.get("lacks", ())) & set(seen.extensions):
        return False
    if entry.get("shuffles"):
        return set(seen.extensions) <= set(own)
    return _is_part(seen.extensions, own)


def _list_score(lists: Sequence[Sequence[int]], seen: Sequence[int]) -> float:
    """Weigh a list against those that a stack is known for."""
    if not lists or not seen:
        return 0.0
    if any(tuple(own) == tuple(seen) for own in lists):
        return LIST
    if any(_is_part(seen, own) for own in lists):
        return PART if len(seen) > 1 else 0.0
    return -LIST


def _suites_score(telling: Sequence[int], seen: Sequence[int]) -> float:
    """Weigh the order of the suites that tell a stack; they are its favourites, not all it has."""
    here = [code for code in seen if code in telling]
    if not telling or (len(here) < 2 and len(telling) > 1):
        return 0.0
    own = [code for code in telling if code in here]
    return LIST * len(here) / len(telling) if here == own else -LIST


def _is_part(some: Sequence[int], whole: Sequence[int]) -> bool:
    """Tell whether all of some come in the whole, in the same order."""
    rest = iter(whole)
    return all(any(one == other for other in rest) for one in some)


# --- Servers ----------------------------------------------------------------------------------------------------------


class Flight(NamedTuple):
    """What a ServerHello and the records after it show of their maker."""

    tls13: bool
    extensions: tuple[int, ...]
    session_id: int | None  # length; None where it is the client's
    asked: tuple[
        int, ...
    ]  # extensions of the client, in its order; empty if its hello was not seen
    suite: int
    favourite: int | None  # in TLS 1.3, the suite of it that the client likes best
    padding: int | None  # of records in TLS 1.3; None if that is not seen
    acknowledged: bool | None  # whether EncryptedExtensions answers a server name and nothing else
    one_record: bool | None  # None where the records do not show, as in QUIC


def flight_of(handshake: Handshake, answer: ServerHello) -> Flight:
    """Take the features of a server's flight."""
    hello, suite = handshake.client_hello, answer.cipher_suite
    tls13 = answer.version.is_tls13
    hidden: list[Event] = []
    favourite = acknowledged = None
    if tls13:
        hidden = [e for e in handshake.all("encrypted", "server") if e.kind == "message"]
        if hello is not None and suite in hello.cipher_suites:
            favourite = next((s for s in hello.cipher_suites if s >> 8 == 0x13), None)
    if hidden and hello is not None and hello.server_name:
        spare = hidden[0].length - (FINISHED_HEADER + 2 + 1 + tag_bytes(suite))
        acknowledged = {0: False, 4: True}.get(spare)
    return Flight(
        tls13,
        tuple([extension.type for extension in answer.extensions]),
        None if hello and answer.session_id == hello.session_id != b"" else len(answer.session_id),
        tuple([e.type for e in hello.extensions]) if hello is not None and not tls13 else (),
        suite or 0,
        favourite,
        _padding({e.length for e in hidden}, suite) if hidden else None,
        acknowledged,
        _in_one_record(handshake, hidden, tls13),
    )


@lru_cache(maxsize=REMEMBERED)
def _server(seen: Flight) -> Stack | None:
    return _best((_server_score(entry, seen), entry) for entry in _entries("server"))


def _server_score(entry: dict[str, Any], seen: Flight) -> float:
    """Say how well a server's flight fits a stack; 0 if it cannot be of that stack."""
    score = _score_tls13(entry, seen) if seen.tls13 else _score_tls12(entry, seen)
    joins = entry.get("one_record", "") in ("both", "tls13" if seen.tls13 else "tls12")
    if not score or seen.one_record is None:
        return score
    if joins:
        return score + 2 * LIST if seen.one_record else 0.0
    return 0.0 if seen.one_record else score


def _score_tls13(entry: dict[str, Any], seen: Flight) -> float:
    if "hello13" not in entry or not _is_part(seen.extensions, entry["hello13"]):
        return 0.0
    score: float = 2 * ORDER + TRAIT - entry.get("rare", 0.0)
    if seen.padding is not None:
        if seen.padding != entry.get("padding", 0):
            return 0.0
        score += 2 * LIST if seen.padding else TRAIT
    if seen.favourite is not None:
        preferred = seen.suite in entry.get("prefers", ())
        if seen.suite != seen.favourite:
            score += MARK if preferred else -TRAIT
        elif entry.get("prefers") and not preferred:
            return 0.0
    if entry.get("acknowledges") and seen.acknowledged is not None:
        score += TRAIT if seen.acknowledged else -MARK
    return score


def _score_tls12(entry: dict[str, Any], seen: Flight) -> float:
    if entry.get("echoes"):
        signal = (int(ExtensionType.renegotiation_info),)
        orders = (seen.asked, signal + seen.asked, seen.asked + signal)
        if not any(_is_part(seen.extensions, order) for order in orders):
            return 0.0
    elif "hello12" not in entry or not _is_part(seen.extensions, entry["hello12"]):
        return 0.0
    score: float = TRAIT + 1.5 * TRAIT * min(FEW, len(seen.extensions))
    score -= entry.get("rare", 0.0)
    if entry.get("acknowledges"):
        score += TRAIT if ExtensionType.server_name in seen.extensions else -TRAIT
    ticket = ExtensionType.session_ticket in seen.extensions
    lengths = entry.get("ticket_session_id" if ticket else "session_id")
    if lengths is not None and seen.session_id is not None:
        score += MARK if seen.session_id in lengths else -MARK
    return max(0.0, score)


def _padding(lengths: set[int], suite: CipherSuite | None) -> int | None:
    """Return what a server adds to its records of TLS 1.3, read off its Finished; None if that is not seen."""
    for padding in (0, JAVA_PADDING):
        for size in hash_bytes(suite):
            if FINISHED_HEADER + size + 1 + tag_bytes(suite) + padding in lengths:
                return padding
    return None


def _in_one_record(handshake: Handshake, hidden: list[Event], tls13: bool) -> bool | None:
    """Tell whether everything that the server sends before it waits for the client came in one record.

    None where no record of the flight was seen, or there are none.
    """
    if handshake.flow.transport != "tcp" or (tls13 and not hidden):
        return None
    if hidden:
        return len(hidden) == 1 and hidden[0].length > LARGE_BYTES
    starts = []
    for event in handshake.events:
        if event.kind == "message" and event.sender == "server":
            starts.append(event.start)
            if len(starts) == 3:
                return len(set(starts)) == 1
    return None


# --- The best one -----------------------------------------------------------------------------------------------------


def _best(scores: Iterable[tuple[float, dict[str, Any]]]) -> Stack | None:
    """Return the stack that fits best; none if it does not fit well, or another one does as well."""
    ranked = sorted(scores, key=lambda pair: -pair[0])
    (score, entry) = ranked[0]
    second = next((s for s, other in ranked[1:] if _library(other) != _library(entry)), 0.0)
    confidence = min(0.97, score, 0.5 + 2 * (score - second))
    if confidence < ENOUGH:
        return None
    return Stack(entry["name"], entry["family"], round(confidence, 2))


def _library(entry: dict[str, Any]) -> str:
    """Return what a stack is made of; applications of one library are no rivals of it."""
    return str(entry.get("library", entry["family"]))


@cache
def _entries(side: str) -> tuple[dict[str, Any], ...]:
    """Read the stacks of one side."""
    text = resources.files("tlsparse.handshake").joinpath("stacks.toml").read_text("utf-8")
    return tuple(map(_numbered, tomllib.loads(text)[side]))


def _numbered(entry: dict[str, Any]) -> dict[str, Any]:
    """Turn the hexadecimal lists of an entry into numbers."""
    read: dict[str, Callable[[Any], Any]] = {
        **dict.fromkeys(
            ("extensions", "suites", "has", "lacks", "hello12", "hello13", "prefers"), _codes
        ),
        **dict.fromkeys(("schemes", "groups"), lambda lists: tuple(map(_codes, lists))),
    }
    return {key: read[key](value) if key in read else value for key, value in entry.items()}


def _codes(text: str) -> tuple[int, ...]:
    return tuple(int(code, 16) for code in text.split())
