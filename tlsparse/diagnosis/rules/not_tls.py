"""One side spoke something other than TLS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tlsparse.diagnosis.finding import Finding, Phrase, Severity, Text, rule
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.speech import is_usual

if TYPE_CHECKING:
    from tlsparse.prelude.foreign import Foreign


NAMES = {
    "http": "HTTP",
    "http2": "HTTP/2 in clear",
    "ssh": "SSH",
    "smtp": "SMTP",
    "ftp": "FTP",
    "imap": "IMAP",
    "pop3": "POP3",
    "nntp": "NNTP",
    "irc": "IRC",
    "xmpp": "XMPP",
    "ldap": "LDAP",
    "rdp": "RDP",
    "tds": "TDS, of SQL Server",
    "vnc": "VNC",
    "rtsp": "RTSP",
    "sip": "SIP",
    "smb": "SMB",
    "amqp": "AMQP",
    "mqtt": "MQTT",
    "socks": "SOCKS",
    "mysql": "MySQL",
    "postgresql": "PostgreSQL",
    "redis": "Redis",
    "sieve": "ManageSieve",
    "proxy": "the PROXY protocol",
    "echo": "the ClientHello itself, sent back",
    "garbage": "bytes of no known protocol",
}
"""What a side spoke, as people call it."""

STARTTLS = {
    "smtp": 465,
    "imap": 993,
    "pop3": 995,
    "ftp": 990,
    "nntp": 563,
    "irc": 6697,
    "xmpp": 5223,
    "ldap": 636,
}
"""Plain protocols in which TLS is begun by a command, and their ports for TLS from the first byte."""

REMEDIES = {
    "http": "Switch TLS on for {server} (nginx: listen ... ssl), connect to the port on which {ip} speaks TLS, or use "
    "http:// here.",
    "ssh": "An SSH server listens on {server}: correct the address or port, or have TLS sent elsewhere by whatever "
    "shares this port.",
    "vnc": "A VNC server listens on {server}: correct the address or port.",
    "echo": "Whatever listens on {server} sends back what it hears: correct the address or port.",
    "postgresql": "Let the client send an SSLRequest first, as PostgreSQL wants it.",
    "mysql": "Let the client wait for the greeting and ask for TLS then, as MySQL wants it.",
}
"""What to do if a server speaks this; another protocol gets the general advice."""

STARTTLS_REMEDY = (
    "{server} wants {name} first and TLS after it is asked for: let the client use STARTTLS here, or connect to the "
    "port for TLS from the first byte, {port}."
)

TALKS = (
    "ssh",
    "vnc",
    "smtp",
    "ftp",
    "imap",
    "pop3",
    "irc",
    "xmpp",
    "ldap",
    "mysql",
    "postgresql",
    "redis",
    "mqtt",
)
"""Protocols in which a server that answers in kind has understood; one of HTTP may only complain in it."""

GENERAL_REMEDY = "Connect to the port on which {ip} speaks TLS, or switch TLS on for this one."


@rule
def not_tls(handshake: Handshake) -> Iterator[Finding]:
    """TLS was due, and something else came: HTTP, SSH, the greeting of a mail server.

    What it looks like
        A ClientHello, answered with bytes that are no record of TLS, or with itself; a greeting of the server before
        it; or a connection to a port where TLS is usual, on which the client sends something else.

    What it means
        A plain service on this port, or a plain client on a TLS port. The TLS side's own error ("wrong version number",
        "record overflow") only says that it could not read the other's words.

    What to try
        Use the right port, or switch TLS on where it is missing.
    """
    if handshake.step == "prelude":
        return
    if handshake.first("client_hello", "server") is not None:
        yield _server_not_tls(handshake)  # an echo, which a client takes for a bad answer
    elif handshake.outcome != "not_tls":
        return
    elif handshake.step == "server_hello":
        yield _server_not_tls(handshake)
    elif not _is_plain_by_choice(handshake):
        yield _client_not_tls(handshake)


def _server_not_tls(handshake: Handshake) -> Finding:
    hello, decisive = handshake.first("client_hello"), handshake.ending.decisive
    foreign = handshake.foreign.get("server")
    name = foreign.name if foreign else ""
    answer, greeting = _said(handshake)
    port = STARTTLS.get(name)
    remedy = REMEDIES.get(name, GENERAL_REMEDY) if port is None else STARTTLS_REMEDY
    return Finding(
        "protocol.server_not_tls",
        confidence=0.95,
        side="server",
        step="server_hello",
        summary=Text(
            "{server} answered the ClientHello (packet {packet}) with something that is not TLS{spoken}."
            if greeting is None
            else "{server} spoke before the ClientHello (packet {packet}) came, and not TLS{spoken}.",
            server=handshake.target,
            packet=hello.packet if hello else None,
            spoken=_spoken(foreign),
        ),
        fix=Text(
            remedy,
            server=handshake.target,
            ip=handshake.target.ip,
            name=_named(name),
            port=port,
        ),
        evidence=tuple(e for e in (greeting, hello, decisive, answer) if e is not None),
    )


def _said(handshake: Handshake) -> tuple[Event | None, Event | None]:
    """Return what the server answered, when the client had begun with its hello; else what it had said before."""
    hello = handshake.first("client_hello", "client")
    if hello is None or handshake.flow.transport != "tcp":  # over UDP there are no streams
        return None, None
    asked = handshake.segment("client", hello.start)
    said = [handshake.segment("server", start) for start in handshake.stream("server").starts]
    answer = next((event for event in said if event.packet > asked.packet), None)
    return answer, said[0] if said and answer is None else None


def _client_not_tls(handshake: Handshake) -> Finding:
    decisive = handshake.ending.decisive
    evidence = () if decisive is None else (decisive,)
    foreign, answer = handshake.foreign.get("client"), handshake.foreign.get("server")
    if foreign is not None and answer is not None and foreign.name == answer.name in TALKS:
        return _understood(handshake, foreign.name, evidence)
    http = foreign is None or foreign.name in ("http", "http2")
    return Finding(
        "protocol.client_not_tls",
        confidence=0.85,
        side="client",
        step="client_hello",
        summary=Text(
            "{client} did not begin with TLS on port {port}{spoken}.",
            client=handshake.client,
            port=handshake.target.port,
            spoken=_spoken(foreign),
        ),
        fix=Text("Configure the client to use TLS on this port (https:// rather than http://).")
        if http
        else Text("Configure the client to use TLS on this port, or send it to the right one."),
        evidence=evidence,
    )


def _understood(handshake: Handshake, name: str, evidence: tuple[Event, ...]) -> Finding:
    """Note a talk in another protocol, to which the server has answered in kind."""
    values = {
        "client": handshake.client,
        "server": handshake.target,
        "port": handshake.target.port,
        "name": _named(name),
    }
    return Finding(
        "protocol.client_not_tls",
        confidence=0.9,
        side="client",
        step="client_hello",
        summary=Text(
            "{client} and {server} spoke {name} with each other: no TLS was meant.", **values
        ),
        fix=Text("Nothing, if {name} is meant to be served on port {port}, too.", **values),
        evidence=evidence,
        severity=Severity.note,
    )


def _spoken(foreign: Foreign | None) -> Text | str:
    """Say what was spoken, with its first words if they are a text."""
    if foreign is None:
        return ""
    quoted = foreign.words and foreign.name != "echo"
    return Text(
        ": {name} ({words})" if quoted else ": {name}",
        name=_named(foreign.name),
        words=foreign.words,
    )


def _named(protocol: str) -> str:
    """Return what a side spoke as people call it."""
    return Phrase(NAMES[protocol]) if protocol in NAMES else protocol


def _is_plain_by_choice(handshake: Handshake) -> bool:
    """Tell whether a client goes on in plain where it may: TLS begins with a command there, and it gave none."""
    prelude = handshake.speech.prelude
    return prelude is not None and prelude.went_on and not is_usual(handshake.server)
