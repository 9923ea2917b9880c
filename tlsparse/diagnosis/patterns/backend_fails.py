"""One of several addresses of a name fails."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Text
from tlsparse.diagnosis.pattern import (
    FEWEST,
    NAME_WIDTH,
    Crowd,
    Member,
    Pattern,
    counted,
    listed,
    pattern,
    proof,
)
from tlsparse.flow.flow import Endpoint
from tlsparse.terminal import brief

SURE = 0.9

Service = tuple[str, int]
"""A name that clients ask for, and a port."""


@pattern
def backend_fails(crowd: Crowd) -> Iterator[Pattern]:
    """A name has several addresses, and handshakes with one of them fail while those with the others complete.

    What it looks like
        The same server name on the same port of several addresses: three handshakes or more with one of them, none of
        which completed, and three or more with the others that did; some client met both, or several failed.

    What it means
        One machine behind the name is set up otherwise than its fellows: an old certificate, a missing intermediate,
        another configuration, or it is down.

    What to try
        Take the address out of DNS or the load balancer, and bring it to the state of the others.
    """
    services = {(m.name, m.server.port) for m in crowd.failed if m.name}
    for (name, _), backends in _backends(crowd, services).items():
        for server, members in backends.items():
            if len(members) < FEWEST or any(m.completed for m in members):
                continue
            fine = [
                m
                for other, group in backends.items()
                if other != server
                for m in group
                if m.completed
            ]
            clients = {m.client for m in members}
            if len(fine) < FEWEST or (
                len(clients) < 2 and clients.isdisjoint(m.client for m in fine)
            ):
                continue
            yield Pattern(
                "backend_fails",
                Text("One of several servers of a name fails"),
                confidence=SURE,
                side="server",
                members=tuple(members),
                summary=Text(
                    "All {failed} handshakes for {name} with {server} failed, while {completed} with {others} "
                    "completed. Causes: {causes}.",
                    name=brief(name, NAME_WIDTH),
                    server=server,
                    failed=len(members),
                    others=listed(m.server for m in fine),
                    completed=len(fine),
                    causes=counted(m.cause for m in members),
                ),
                fix=Text(
                    "Take {server} out of the addresses of {name}, and bring it to the state of {others}: certificate "
                    "and chain, TLS settings, release.",
                    server=server,
                    name=brief(name, NAME_WIDTH),
                    others=listed(m.server for m in fine),
                ),
                evidence=proof(members),
            )


def _backends(crowd: Crowd, services: set[Service]) -> dict[Service, dict[Endpoint, list[Member]]]:
    """Sort the handshakes for some names by the servers that they went to; names with one server are left out."""
    found: dict[Service, dict[Endpoint, list[Member]]] = {}
    for member in crowd.members if services else ():
        if member.name and (service := (member.name, member.server.port)) in services:
            found.setdefault(service, {}).setdefault(member.server, []).append(member)
    return {service: backends for service, backends in found.items() if len(backends) > 1}
