"""A router or a host says that nobody takes the client's packets."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.handshake.event import EXPIRED, Event
from tlsparse.handshake.handshake import Handshake

NOBODY = ("icmp_port_unreachable", "icmp_protocol_unreachable")
"""Errors of a host that is there, without anybody who listens; or of a firewall that rejects."""

FORBIDDEN = (
    "icmp_net_prohibited",
    "icmp_host_prohibited",
    "icmp_admin_prohibited",
    "icmp_source_policy_failed",
    "icmp_route_rejected",
)
"""Errors of routers and firewalls that have a rule against it."""


@rule
def destination_unreachable(handshake: Handshake) -> Iterator[Finding]:
    """The first packet of a client is answered by ICMP: unreachable, prohibited, or too long on its way.

    What it looks like
        SYN, or a ClientHello over UDP, then an ICMP message that quotes it, from the server's host or from a router on
        the way. Nothing of the server itself.

    What it means
        Port unreachable from the server's own address: the host is there and nothing listens, or its firewall rejects.
        Prohibited: a firewall has a rule against it. Host or network unreachable: the last router finds no such host,
        or a router has no route. Time exceeded: packets go round in circles.

    What to try
        It is the sender of the ICMP message that knows why; begin there.
    """
    syn = handshake.first("syn") or handshake.first("client_hello")
    unheard = handshake.outcome == "refused" or (
        handshake.outcome == "silent" and handshake.is_unheard
    )
    if not unheard or syn is None or handshake.first("rst", "server"):
        return
    error = next((e for e in handshake.all("transport", "server") if e.is_refusal), None)
    lost = next((e for e in handshake.all("transport", "server") if e.name in EXPIRED), None)
    if error is not None and error.error is not None:
        yield _refused(handshake, syn, error, error.error.router)
    elif lost is not None and lost.error is not None:
        yield Finding(
            "transport.unanswered",
            confidence=0.92,
            side="network",
            step=handshake.step,
            summary=Text(
                "The packets of the client never got to {server}: {router} says that they were too many hops on their "
                "way ({error}, packet {packet}).",
                server=handshake.server,
                router=lost.error.router,
                error=lost.name,
                packet=lost.packet,
            ),
            fix=Text(
                "Look for a routing loop behind {router}: traceroute {ip}",
                router=lost.error.router,
                ip=handshake.server.ip,
            ),
            evidence=(syn, lost),
        )


def _refused(handshake: Handshake, syn: Event, error: Event, router: str) -> Finding:
    """Say who refused, and what to look for there."""
    server = handshake.server
    own = router == server.ip
    values = {"router": router, "error": error.name, "packet": error.packet, "server": server}
    udp = handshake.flow.transport != "tcp"
    if error.name in NOBODY and own:
        summary = Text(
            "The host of {server} answered with {error} (packet {packet}): nothing listens on that port, or its "
            "firewall rejects it.",
            **values,
        )
    elif error.name in NOBODY:
        summary = Text(
            "{router} answered for {server} with {error} (packet {packet}): a firewall there rejects the port.",
            **values,
        )
    elif error.name in FORBIDDEN:
        summary = Text(
            "{router} answered for {server} with {error} (packet {packet}): a rule there forbids this traffic.",
            **values,
        )
    else:
        summary = Text(
            "{router} answered for {server} with {error} (packet {packet}): it knows no way to that host, or the "
            "host is off.",
            **values,
        )
    return Finding(
        "transport.refused",
        confidence=0.95,
        side="server" if own else "network",
        step=handshake.step,
        summary=summary,
        fix=_fix(handshake, error, router, "udp" if udp else "tcp"),
        evidence=(syn, error),
    )


def _fix(handshake: Handshake, error: Event, router: str, transport: str) -> Text:
    server = handshake.server
    values = {"server": server, "ip": server.ip, "port": server.port, "router": router}
    if error.name in NOBODY and router == server.ip:
        return Text(
            "On {ip}, see what listens (ss -ln{letter} sport = :{port}) and what the firewall rejects "
            "(nft list ruleset).",
            letter=transport[0],
            **values,
        )
    if error.name in NOBODY + FORBIDDEN:
        return Text(
            "Let {transport} port {port} of {ip} pass on {router}, or find out why it is closed there.",
            transport=transport.upper(),
            **values,
        )
    return Text(
        "Check the address {ip}, whether the host is up, and the routes and neighbours of {router} "
        "(ip route get {ip}; ip neighbour).",
        **values,
    )
