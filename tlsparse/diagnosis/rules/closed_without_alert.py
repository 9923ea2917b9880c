"""One side ended the connection, and gave no reason."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Phrase, Severity, Text, phrase_of, rule
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake


@rule
def closed_without_alert(handshake: Handshake) -> Iterator[Finding]:
    """A FIN or a reset came before the handshake was through, and no alert before it.

    What it looks like
        ClientHello, then FIN or RST in place of the next message.

    What it means
        The side that closed gave up without a word. In place of a ServerHello: the server, or a box in front of it,
        dislikes something in the hello, or has nothing behind it. Later: it broke, or dislikes what it was shown and
        does not say so, as Node and wget do. A client that leaves before its hello only looked whether anyone is there.

    What to try
        Read the log of the side that closed, at this time.
    """
    close = handshake.ending.decisive
    if (
        handshake.outcome not in ("closed", "reset")
        or close is None
        or close.name == "version_negotiation"
    ):
        return
    if close.name not in ("fin", "rst"):
        return  # a refusal before TLS, which gave its reason
    hello, answer = handshake.first("client_hello"), handshake.first("server_hello")
    asked = None if hello else handshake.first("starttls") or handshake.first("tunnel")
    evidence = tuple(event for event in (asked, hello, answer, close) if event is not None)
    how = Phrase("reset the connection" if close.name == "rst" else "closed the connection")
    values = {"who": phrase_of(close.sender), "how": how, "packet": close.packet}
    silent = hello is None and asked is None and not handshake.speech.tls
    if close.sender == "client" and silent and handshake.order == 0:
        yield _probe(handshake, close)
    elif close.sender == "client":
        yield Finding(
            "client.aborted",
            confidence=0.6,
            side="client",
            step=handshake.step,
            summary=Text(
                "The {who} {how} (packet {packet}) in the middle of the handshake, without an alert.",
                **values,
            ),
            fix=Text("Read the client's log: it gave up by itself, or was told to."),
            evidence=evidence,
        )
    elif answer is not None:
        yield Finding(
            "server.internal_error",
            confidence=0.6,
            side="server",
            step=handshake.step,
            summary=Text(
                "The {who} {how} (packet {packet}) in the middle of its own handshake, without an alert.",
                **values,
            ),
            fix=Text("Read the log of {server} at this time.", server=handshake.target),
            evidence=evidence,
        )
    else:
        yield Finding(
            "transport.reset" if close.name == "rst" and hello else "transport.closed_on_connect",
            confidence=0.7,
            side="server",
            step=handshake.step,
            summary=Text(
                "The {who} {how} (packet {packet}) instead of answering {owed}.",
                owed=Phrase(
                    "the request for TLS" if handshake.step == "prelude" else "with a ServerHello"
                ),
                **values,
            ),
            fix=_where_to_read(handshake),
            evidence=evidence,
        )


def _where_to_read(handshake: Handshake) -> Text:
    """Name whose logs may tell why nobody answered: behind a proxy it may be the proxy's doing."""
    if handshake.target != handshake.server:
        return Text(
            "Read the logs of {server}, of the proxy {proxy}, and of any load balancer or firewall between them.",
            server=handshake.target,
            proxy=handshake.server,
        )
    return Text(
        "Read the log of {server} and of any load balancer or firewall in front of it.",
        server=handshake.server,
    )


def _probe(handshake: Handshake, close: Event) -> Finding:
    """Note a client that connected, said nothing and left: nothing failed for anybody."""
    return Finding(
        "client.aborted",
        confidence=0.8,
        side="client",
        step=handshake.step,
        summary=Text(
            "The client connected to {server} and left without a ClientHello (packet {packet}), as load balancers that "
            "look whether a server is up and port scanners do.",
            server=handshake.target,
            packet=close.packet,
        ),
        fix=Text(
            "Nothing, if it is a load balancer's check; let it check with TLS if such connections fill the logs of "
            "{server}.",
            server=handshake.target,
        ),
        evidence=(close,),
        severity=Severity.note,
    )
