"""The server would not begin TLS inside the plain protocol."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Severity, Text, rule
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.speech import TUNNELS

NAMES = {
    "postgresql": "PostgreSQL",
    "mysql": "MySQL",
    "mssql": "SQL Server",
    "sieve": "ManageSieve",
}
"""Of protocols that are not written in capitals."""

REMEDIES = {
    "smtp": "give the mail server a certificate and switch STARTTLS on (Postfix: smtpd_tls_security_level = may, "
    "smtpd_tls_chain_files), or let the client use implicit TLS on port 465",
    "lmtp": "give the mail server a certificate and switch STARTTLS on for LMTP",
    "imap": "give the server a certificate and switch STARTTLS on (Dovecot: ssl = yes), or let the client use implicit "
    "TLS on port 993",
    "pop3": "give the server a certificate and switch STLS on (Dovecot: ssl = yes), or let the client use implicit TLS "
    "on port 995",
    "ftp": "give the server a certificate and switch AUTH TLS on (vsftpd: ssl_enable=YES), or let the client use "
    "implicit TLS on port 990",
    "nntp": "give the server a certificate and switch STARTTLS on, or let the client use implicit TLS on port 563",
    "sieve": "give the server a certificate and switch STARTTLS on (Dovecot: ssl = yes)",
    "irc": "give the server a certificate and switch STARTTLS on, or let the client use implicit TLS on port 6697",
    "xmpp": "give the server a certificate for its domain and switch STARTTLS on, or let the client use implicit TLS "
    "on port 5223",
    "ldap": "give the server a certificate (OpenLDAP: olcTLSCertificateFile, olcTLSCertificateKeyFile), or let the "
    "client use ldaps:// on port 636",
    "postgresql": "set ssl = on with ssl_cert_file and ssl_key_file in postgresql.conf; a client with sslmode=prefer "
    "would go on without TLS",
    "mysql": "give the server a certificate (ssl_cert, ssl_key); a client with ssl-mode=PREFERRED would go on without "
    "TLS",
    "mssql": "install a certificate for SQL Server, or do not let the client insist on encryption",
    "rdp": "let the server offer the security layer TLS, or the client the one that the server demands",
}
"""What to do on the server, by protocol."""


@rule
def starttls_refused(handshake: Handshake) -> Iterator[Finding]:
    """TLS was asked for inside a plain protocol, and refused; or the server did not offer it and the client left.

    What it looks like
        STARTTLS, AUTH TLS, SSLRequest or the like, and a no: 454, NO, -ERR, the letter N. Or a list of what the server
        can do, TLS not among it, and the client says goodbye.

    What it means
        The server has TLS switched off, mostly for want of a certificate; it wants something else first; or somebody
        on the way removed the offer. A client that may go without TLS then goes on in plain: that is no failure, but
        nothing is hidden.

    What to try
        Read the server's words. Give it a certificate and switch TLS on, or use the port for implicit TLS.
    """
    prelude = handshake.speech.prelude
    answer = handshake.first("starttls_refused")
    if handshake.step != "prelude" or prelude is None or prelude.protocol in TUNNELS:
        return
    if prelude.refused is None or answer is None:
        return
    asked = handshake.first("starttls")
    values = {
        "server": handshake.target,
        "protocol": NAMES.get(prelude.protocol, prelude.protocol.upper()),
        "request": prelude.request,
        "words": prelude.refused.words or prelude.refused.code,
        "packet": answer.packet,
    }
    if prelude.went_on:
        summary = Text(
            "{server} refused TLS for {protocol} (packet {packet}: {words}), and the client went on without it: all "
            "that follows is readable.",
            **values,
        )
    elif asked is not None:
        summary = Text(
            "{server} refused TLS for {protocol}: it answered {request} with: {words} (packet {packet}).",
            **values,
        )
    else:
        summary = Text(
            "{server} does not offer TLS for {protocol} (packet {packet}: {words}), and the client left.",
            **values,
        )
    remedy = REMEDIES.get(prelude.protocol, "give it a certificate and switch TLS on")
    yield Finding(
        "protocol.starttls_refused",
        confidence=0.95 if asked else 0.75,
        side="server",
        step="prelude",
        summary=summary,
        fix=Text("On {server}: " + remedy + ".", server=handshake.target),
        evidence=tuple(event for event in (asked, answer) if event is not None),
        severity=Severity.note if prelude.went_on else Severity.failure,
    )
