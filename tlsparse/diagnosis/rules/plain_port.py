"""TLS went to a port where something else is usual, and nothing came back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.handshake.handshake import Handshake


class Service(NamedTuple):
    """What is usual on a port."""

    name: str
    remedy: str
    alpn: str = ""  # who offers it means TLS from the first byte, which this service may have


SERVICES = {
    389: Service("LDAP", "Let the client use StartTLS (ldapsearch -ZZ), or ldaps:// on port 636."),
    1433: Service(
        "SQL Server", "Let the client begin with the PRELOGIN of TDS, in which TLS is carried."
    ),
    1883: Service("MQTT", "Connect to port 8883, or switch TLS on for this listener."),
    3389: Service("RDP", "Let the client begin with the connection request of RDP."),
    5222: Service("XMPP", "Let the client use STARTTLS, or port 5223."),
    5432: Service(
        "PostgreSQL",
        "Let the client send an SSLRequest first (psql: sslmode=require); TLS from the first byte needs PostgreSQL 17 "
        "and sslnegotiation=direct.",
        alpn="postgresql",
    ),
    6379: Service("Redis", "Connect to the tls-port of Redis, or set one in redis.conf."),
    9092: Service("Kafka", "Connect to a listener of Kafka whose protocol is SSL or SASL_SSL."),
    11211: Service("memcached", "Start memcached with -Z and a certificate, or connect in plain."),
}
"""Ports whose servers wait for the client in plain, and close or fall silent when they hear TLS (IANA's registry)."""


@rule
def plain_port(handshake: Handshake) -> Iterator[Finding]:
    """A ClientHello went to the port of a protocol that begins in plain, and the server said nothing.

    What it looks like
        A ClientHello to port 389, 5432, 6379 or the like; then a close or a reset of the server, or silence.

    What it means
        The server waited for words of its own protocol. Where it greets first, or complains, it can be quoted, and
        another rule does.

    What to try
        Ask for TLS as the protocol wants it, or use its port for TLS.
    """
    hello, close = handshake.client_hello, handshake.ending.decisive
    service = SERVICES.get(handshake.target.port)
    if (
        service is None
        or hello is None
        or service.alpn in hello.alpn
        or handshake.outcome not in ("closed", "reset", "silent")
        or handshake.speech.prelude is not None
        or handshake.flow.transport != "tcp"
        or handshake.stream("server").end
    ):
        return
    silent = handshake.outcome == "silent"
    if not silent and (close is None or close.sender != "server"):
        return
    asked = handshake.first("client_hello")
    yield Finding(
        "protocol.server_not_tls",
        confidence=0.5 if silent else 0.75,
        side="server",
        step=handshake.step,
        summary=Text(
            "{server} said nothing to the ClientHello (packet {packet}). Its port is that of {name}, which begins in "
            "plain.",
            server=handshake.target,
            packet=asked.packet if asked else None,
            name=service.name,
        ),
        fix=Text(service.remedy),
        evidence=tuple(event for event in (asked, None if silent else close) if event is not None),
    )
