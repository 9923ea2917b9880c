"""All handshakes of one client fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tlsparse.diagnosis.finding import Text
from tlsparse.diagnosis.pattern import (
    FEWEST,
    Crowd,
    Pattern,
    counted,
    listed,
    most_frequent,
    pattern,
    proof,
)

SURE, ONE_SERVER = 0.9, 0.8
"""With several servers it is the client; with one server it may have to do with what that one knows of the client."""

FIXES = {
    "certificate": (
        "See what {client} trusts and what its clock says: the other clients accept the certificates of these servers. "
        "Its list of roots may be old or lack a private root, or its traffic goes through an inspecting proxy."
    ),
    "client_certificate": (
        "See which certificate {client} shows, until when it is valid and who issued it: the servers accept those of "
        "other clients."
    ),
    "negotiation": (
        "Compare what {client} offers with what the other clients offer (tlsparse show FILE --frame offers), and bring "
        "its TLS library and settings to their state."
    ),
    "transport": (
        "Look at the path from {client} to these servers: a firewall, a proxy or a smaller MTU that the other clients "
        "do not have on theirs."
    ),
}
"""What to do, by the first word of the most frequent cause."""

OTHERWISE = (
    "Compare {client} with the clients that are fine: its TLS library and settings, its roots, its clock, and its path "
    "to these servers."
)


@pattern
def client_fails(crowd: Crowd) -> Iterator[Pattern]:
    """All handshakes of one client fail, while the same servers accept other clients.

    What it looks like
        Three handshakes or more of one address, none of which completed, with servers that completed three or more
        with other addresses.

    What it means
        The fault is at the client or on its part of the path: roots, clock, an old library, a proxy, a firewall.

    What to try
        Compare the client with one that is fine, beginning with what the cause of its failures is about.
    """
    failures = Counter(member.client for member in crowd.failed)
    for client in (client for client, count in failures.items() if count >= FEWEST):
        if client in crowd.accepted:
            continue
        alone = [member for member in crowd.by_client[client] if member.server in crowd.accepting]
        servers = dict.fromkeys(member.server for member in alone)
        others = sum(m.completed for server in servers for m in crowd.by_server.get(server, ()))
        if len(alone) < FEWEST or others < FEWEST:
            continue
        family = most_frequent(m.cause for m in alone).partition(".")[0]
        yield Pattern(
            "client_fails",
            Text("One client fails everywhere"),
            confidence=SURE if len(servers) > 1 else ONE_SERVER,
            side="network" if family == "transport" else "client",
            members=tuple(alone),
            summary=Text(
                "All {failed} handshakes of {client} failed, while {completed} handshakes of other clients with the "
                "same servers completed. Servers: {servers}. Causes: {causes}.",
                client=client,
                failed=len(alone),
                completed=others,
                servers=listed(servers),
                causes=counted(m.cause for m in alone),
            ),
            fix=Text(FIXES.get(family, OTHERWISE), client=client),
            evidence=proof(alone),
        )
