"""Every connection to a server takes a HelloRetryRequest."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from tlsparse.diagnosis.finding import Phrase, Severity, Text
from tlsparse.diagnosis.pattern import EVIDENCE, Crowd, Member, Pattern, listed, pattern
from tlsparse.diagnosis.times import duration
from tlsparse.tls.codes import NamedGroup
from tlsparse.tls.hello import ServerHello

FEWEST_RETRIES = 5
"""Clients that remember the group of a server are asked only once."""

USUAL = {NamedGroup.x25519, NamedGroup.secp256r1}
"""Groups that a server should have; who brings a key for neither is the one to change (RFC 9846 section 9.1)."""

SURE = 0.9


@pattern
def hello_retry_always(crowd: Crowd) -> Iterator[Pattern]:
    """The key shares that clients bring never fit a server, which asks each time for another.

    What it looks like
        Five handshakes or more with one server whose ClientHello brings keys for the same groups, and all were answered
        with a HelloRetryRequest for another group.

    What it means
        Client and server get on, but each connection takes one round trip more than it needs.

    What to try
        Let the client bring a key for the group that the server wants, or the server accept one that the client brings.
    """
    for members in crowd.by_server.values():
        retried = [m for m in members if m.handshake.hello_retry]
        if len(retried) < FEWEST_RETRIES:
            continue
        fitting = {
            _shares(m) for m in members if m.handshake.server_hello and not m.handshake.hello_retry
        }
        by_shares: dict[tuple[NamedGroup, ...], list[Member]] = {}
        for member in retried:
            by_shares.setdefault(_shares(member), []).append(member)
        for shares, group in by_shares.items():
            wanted = {_wanted(m) for m in group}
            if len(group) >= FEWEST_RETRIES and shares not in fitting and None not in wanted:
                yield _told(group, shares)


def _shares(member: Member) -> tuple[NamedGroup, ...]:
    hello = member.handshake.client_hello
    return tuple(g for g in hello.key_share_groups if not g.is_grease) if hello is not None else ()


def _wanted(member: Member) -> NamedGroup | None:
    """Return the group that was asked for; None where it was a cookie only."""
    retry = member.handshake.body("hello_retry_request", ServerHello)
    return retry.group if retry is not None else None


def _told(members: list[Member], shares: tuple[NamedGroup, ...]) -> Pattern:
    trips = [rtt for m in members if (rtt := m.handshake.flow.rtt_ns) is not None]
    said = (
        "{server} answered {times} hellos of {clients} with a HelloRetryRequest for {wanted}, and none without one: "
        "they bring a key for {shares}. Each connection takes a round trip more."
    )
    if trips:
        said = (
            "{server} answered {times} hellos of {clients} with a HelloRetryRequest for {wanted}, and none without "
            "one: they bring a key for {shares}. Each connection takes a round trip more, {rtt} here."
        )
    values = {
        "server": members[0].server,
        "times": len(members),
        "clients": listed(m.client for m in members),
        "wanted": listed(_wanted(m) for m in members),
        "shares": listed(shares) or Phrase("none"),
        "rtt": duration(int(median(trips))) if trips else "",
    }
    retries = (m.handshake.first("hello_retry_request") for m in members[:EVIDENCE])
    return Pattern(
        "hello_retry_always",
        Text("Every connection takes a HelloRetryRequest"),
        confidence=SURE,
        side="server" if USUAL & set(shares) else "client",
        members=tuple(members),
        summary=Text(said, **values),
        fix=Text(
            "Let the clients bring a key for {wanted} at once (OpenSSL: put it first in Groups; curl: --curves), or "
            "let {server} accept {shares} (nginx: ssl_ecdh_curve; OpenSSL: Groups).",
            **values,
        ),
        evidence=tuple(event for event in retries if event is not None),
        severity=Severity.warning,
    )
