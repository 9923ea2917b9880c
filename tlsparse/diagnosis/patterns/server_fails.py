"""All handshakes with one server fail."""

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

ELSEWHERE, NOWHERE = 0.9, 0.7
"""Sure where the clients are fine elsewhere; else what they have in common may be at fault as well."""


@pattern
def server_fails(crowd: Crowd) -> Iterator[Pattern]:
    """All handshakes with one server fail, whoever the client is.

    What it looks like
        Three handshakes or more of two or more client addresses with one server, none of which completed.

    What it means
        The fault is at the server, on the path next to it, or in what all clients have in common; no single client
        brings it about.

    What to try
        Do what the most frequent cause asks for, beginning at the server.
    """
    for server, members in crowd.by_server.items():
        clients = dict.fromkeys(member.client for member in members)
        if server in crowd.accepting or len(members) < FEWEST or len(clients) < 2:
            continue
        fine = crowd.accepted.intersection(clients)
        said = "All {failed} handshakes with {server} failed. Clients: {clients}. Causes: {causes}."
        if fine:
            said = (
                "All {failed} handshakes with {server} failed. Clients: {clients}; with other servers handshakes of "
                "{fine} completed. Causes: {causes}."
            )
        sides = Counter(m.findings[0].side for m in members if m.findings)
        yield Pattern(
            "server_fails",
            Text("One server fails for every client"),
            confidence=ELSEWHERE if fine else NOWHERE,
            side=sides.most_common(1)[0][0] if sides else "server",
            members=tuple(members),
            summary=Text(
                said,
                server=server,
                failed=len(members),
                clients=listed(clients),
                fine=listed(client for client in clients if client in fine),
                causes=counted(m.cause for m in members),
            ),
            fix=Text(
                "Begin at {server} and on the path to it, since no single client brings this about. What mends {cause} "
                "is said with its handshakes.",
                server=server,
                cause=most_frequent(m.cause for m in members),
            ),
            evidence=proof(members),
        )
