"""One side does not have secure renegotiation, and the other insists on it."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, phrase_of, rule
from tlsparse.handshake.handshake import Handshake
from tlsparse.tls.codes import CipherSuite, ExtensionType


@rule
def legacy_renegotiation(handshake: Handshake) -> Iterator[Finding]:
    """A ServerHello without renegotiation_info, and the client leaves; or a ClientHello without it.

    What it looks like
        The client signals secure renegotiation, the ServerHello up to TLS 1.2 has no renegotiation_info, and the client
        ends with handshake_failure. Or the other way round, with the alert from the server.

    What it means
        The old side lacks RFC 5746 of 2010. OpenSSL 3, and what is built on it, no longer talks to such servers:
        "unsafe legacy renegotiation disabled".

    What to try
        Update the old side. As a stopgap OpenSSL 3 has the option UnsafeLegacyServerConnect.
    """
    alert, hello, choice = handshake.refusal, handshake.client_hello, handshake.server_hello
    if alert is None or hello is None or alert.name != "handshake_failure" or handshake.order:
        return
    info = ExtensionType.renegotiation_info
    signal = CipherSuite.TLS_EMPTY_RENEGOTIATION_INFO_SCSV
    asks = hello.extension(info) is not None or signal in hello.cipher_suites
    if alert.sender == "client":
        if choice is None or choice.version.is_tls13 or not asks or choice.extension(info):
            return
        old, values = "server", {"who": handshake.target}
    else:
        modern = all(v.is_tls13 for v in hello.versions if not v.is_grease)
        if choice is not None or asks or modern or not hello.extensions:
            return
        old, values = "client", {"who": handshake.client}
    asked, answer = handshake.first("client_hello"), handshake.first("server_hello")
    yield Finding(
        "negotiation.renegotiation",
        confidence=0.92 if old == "server" else 0.75,
        side="server" if old == "server" else "client",
        step=handshake.step,
        summary=Text(
            "{who} does not have secure renegotiation (RFC 5746), and the {other} ended the handshake with "
            "handshake_failure (packet {packet}).",
            other=phrase_of(alert.sender),
            packet=alert.packet,
            **values,
        ),
        fix=Text(
            "Update {who}, which lacks the extension renegotiation_info; as a stopgap the other side can allow it: "
            "Options = UnsafeLegacyServerConnect in openssl.cnf, %UNSAFE_RENEGOTIATION in GnuTLS.",
            **values,
        ),
        evidence=tuple(e for e in (asked, answer, alert) if e is not None),
    )
