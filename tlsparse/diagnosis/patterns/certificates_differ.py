"""Clients see different certificates of the same server."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.faces import leaf_of
from tlsparse.diagnosis.finding import Severity, Text, Who
from tlsparse.diagnosis.pattern import (
    FEWEST,
    NAME_WIDTH,
    Crowd,
    Member,
    Pattern,
    listed,
    pattern,
    runs,
)
from tlsparse.diagnosis.times import moment
from tlsparse.pcap.block import NO_TIME
from tlsparse.terminal import brief
from tlsparse.tls.x509 import describe_certificate

OTHER_AUTHORITY, SAME_AUTHORITY, REPLACED = 0.8, 0.7, 0.9
"""Who has another authority sign may be a proxy; two certificates of one authority are two machines, as a rule."""

FEWEST_TURNS = 3
"""In fewer turns the certificate may just have been replaced between one client's visits and the other's."""

INTERCEPTED = (
    "See which of the two was installed on {server}. The clients that get the other one have something on their path "
    "that replaces certificates (an inspecting proxy, a virus scanner): exempt {name} there, or install its root on "
    "them."
)
DISTRIBUTED = (
    "See whether {clients} and {others} reach the same machine (DNS, routing, a load balancer that goes by address), "
    "and bring all machines to the same certificate."
)
"""What to do if another authority signed one of them, and if the same one did."""

Seen = dict[bytes, list[Member]]
"""Who saw which certificate."""


@pattern
def certificates_differ(crowd: Crowd) -> Iterator[Pattern]:
    """A server shows one certificate to some clients and another to others, or since a moment.

    What it looks like
        Certificates in clear, of one server for one name and with the same kind of key: each client sees only one of
        two, at the same time; or all see the one up to a moment and the other from then on.

    What it means
        If other authorities signed them, something between some clients and the server replaces the certificate. If
        the same one did, the clients reach different machines. If it changed at a moment, it was renewed.

    What to try
        Compare the serial numbers with the certificate that was installed, from each client's place.
    """
    for members in crowd.by_server.values():
        shown = [(leaf, m) for m in members if (leaf := leaf_of(m.handshake))]
        if len({leaf for leaf, _ in shown}) > 1:
            by_name: dict[str | None, Seen] = {}
            for leaf, member in shown:
                by_name.setdefault(member.name, {}).setdefault(leaf, []).append(member)
            for seen in by_name.values():
                yield from _compared(seen)


def _compared(seen: Seen) -> Iterator[Pattern]:
    """Compare the two certificates that were seen most; a server may well have one for each kind of key."""
    if len(seen) < 2:
        return
    first, second = sorted(seen, key=lambda leaf: -len(seen[leaf]))[:2]
    one, other = describe_certificate(first), describe_certificate(second)
    if len(seen[second]) < FEWEST or one.key_type != other.key_type:
        return
    line = sorted(
        [(m.handshake.number, first) for m in seen[first]]
        + [(m.handshake.number, second) for m in seen[second]]
    )
    turns = len(runs(leaf for _, leaf in line))
    apart = {m.client for m in seen[first]}.isdisjoint(m.client for m in seen[second])
    if turns == 2:
        old, new = (seen[leaf] for leaf in dict.fromkeys(leaf for _, leaf in line))
        if new[0].handshake.start_ns != NO_TIME:
            yield _replaced(old, new)
    elif apart and turns >= FEWEST_TURNS:
        yield _apart(seen[first], seen[second], other_authority=one.issuer != other.issuer)


def _replaced(old: list[Member], new: list[Member]) -> Pattern:
    values = _values(old, new) | {"time": moment(new[0].handshake.start_ns)}
    return _made(
        "A server's certificate was replaced",
        "Since {time} UTC {server} shows another certificate for {name}: serial {second} of {second_issuer} in place "
        "of {first} of {first_issuer}.",
        "Nothing, if somebody renewed it then. If nobody did, find out what answers at {server} now.",
        values,
        old[-1:] + new[:1],
        members=new,
        confidence=REPLACED,
        side="server",
        severity=Severity.note,
    )


def _apart(most: list[Member], few: list[Member], *, other_authority: bool) -> Pattern:
    values = _values(most, few)
    return _made(
        "Clients see different certificates of one server",
        "{server} shows {clients} the certificate {first} of {first_issuer} for {name}, and {others} the certificate "
        "{second} of {second_issuer}, at the same time.",
        INTERCEPTED if other_authority else DISTRIBUTED,
        values,
        most[:FEWEST] + few[:FEWEST],
        members=few if other_authority else most + few,
        confidence=OTHER_AUTHORITY if other_authority else SAME_AUTHORITY,
        side="network" if other_authority else "server",
        severity=Severity.warning,
    )


def _values(first: list[Member], second: list[Member]) -> dict[str, object]:
    one, other = (describe_certificate(leaf_of(group[0].handshake)) for group in (first, second))
    return {
        "server": first[0].server,
        "name": brief(first[0].name or first[0].server.ip, NAME_WIDTH),
        "first": one.serial or "?",
        "first_issuer": brief(one.issuer or "?", NAME_WIDTH),
        "second": other.serial or "?",
        "second_issuer": brief(other.issuer or "?", NAME_WIDTH),
        "clients": listed(m.client for m in first),
        "others": listed(m.client for m in second),
    }


def _made(
    title: str,
    said: str,
    fix: str,
    values: dict[str, object],
    shown: list[Member],
    *,
    members: list[Member],
    confidence: float,
    side: Who,
    severity: Severity,
) -> Pattern:
    events = (member.handshake.first("certificate", "server") for member in shown)
    return Pattern(
        "certificates_differ",
        Text(title),
        confidence=confidence,
        side=side,
        members=tuple(members),
        summary=Text(said, **values),
        fix=Text(fix, **values),
        evidence=tuple(event for event in events if event is not None),
        severity=severity,
    )
