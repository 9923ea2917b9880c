"""A server takes up no session, however often clients offer one."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.faces import offers_session
from tlsparse.diagnosis.finding import Severity, Text
from tlsparse.diagnosis.pattern import EVIDENCE, Crowd, Pattern, listed, pattern

FEWEST_OFFERS = 5
"""A ticket may have expired, or its key been replaced, once or twice."""

SURE = 0.85


@pattern
def resumption_refused(crowd: Crowd) -> Iterator[Pattern]:
    """Clients offer to resume a session again and again, and the server never does.

    What it looks like
        Five handshakes or more with one server that completed and began with a ticket, a session id or a pre-shared
        key, all of which the server passed over; none was resumed.

    What it means
        Sessions are given out and not known again: machines behind one address with ticket keys of their own, a server
        that was restarted, a cache that is too small. Every connection costs a full handshake.

    What to try
        Give all machines the same ticket keys, or switch tickets off where they cannot work.
    """
    for server, members in crowd.by_server.items():
        if len(members) < FEWEST_OFFERS:
            continue
        offered = [
            m
            for m in members
            if m.completed and (hello := m.handshake.client_hello) and offers_session(hello)
        ]
        if len(offered) < FEWEST_OFFERS or any(m.handshake.resumed is not False for m in offered):
            continue
        hellos = (m.handshake.first("client_hello") for m in offered[:EVIDENCE])
        yield Pattern(
            "resumption_refused",
            Text("Sessions are never resumed"),
            confidence=SURE,
            side="server",
            members=tuple(offered),
            summary=Text(
                "{clients} offered {server} {times} times to resume a session, and each time it made a full handshake.",
                clients=listed(m.client for m in offered),
                server=server,
                times=len(offered),
            ),
            fix=Text(
                "Give all machines behind {server} the same ticket keys (nginx: ssl_session_ticket_key; HAProxy: "
                "tls-ticket-keys; Apache: SSLSessionTicketKeyFile) and a session cache that is large enough, or switch "
                "tickets off there.",
                server=server,
            ),
            evidence=tuple(event for event in hellos if event is not None),
            severity=Severity.warning,
        )
