"""A handshake went well with a server that compresses, or lacks secure renegotiation."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Severity, Text, advice, remark
from tlsparse.handshake.handshake import Handshake
from tlsparse.tls.codes import DTLS_1_3, TLS_1_3, CipherSuite, ExtensionType

NEWEST = (TLS_1_3, DTLS_1_3)
"""Versions without either; their drafts are asked for it."""


@remark
def unprotected_hello(handshake: Handshake) -> Iterator[Finding]:
    """The ServerHello turns compression on, or does not answer secure renegotiation.

    What it looks like
        A ServerHello up to TLS 1.2 with a compression method other than null, or without renegotiation_info though the
        client asked for it.

    What it means
        Compression before encryption gives secrets away (CRIME). Without secure renegotiation somebody in between can
        put words of his own before those of the client (RFC 5746), and OpenSSL 3 no longer talks to such servers.

    What to try
        Switch compression off, and update the server.
    """
    choice = handshake.server_hello
    if choice is None or choice.version in NEWEST or choice.version.is_tls13:
        return
    answer = handshake.first("server_hello")
    if answer is None:
        return
    if choice.compression_method:
        yield Finding(
            "weak.compression",
            confidence=0.97,
            side="server",
            step=handshake.step,
            summary=Text(
                "{server} turned compression on (packet {packet}): the lengths of what is sent give secrets away.",
                server=handshake.target,
                packet=answer.packet,
            ),
            fix=advice(
                "Switch TLS compression off on {server} (Apache: SSLCompression off; OpenSSL: Options = -Compression).",
                server=handshake.target,
            ),
            evidence=(answer,),
            severity=Severity.warning,
        )
    hello, info = handshake.client_hello, ExtensionType.renegotiation_info
    if hello is None or choice.extension(info) is not None or handshake.order:
        return
    signal = CipherSuite.TLS_EMPTY_RENEGOTIATION_INFO_SCSV
    if hello.extension(info) is None and signal not in hello.cipher_suites:
        return
    yield Finding(
        "weak.renegotiation",
        confidence=0.97,
        side="server",
        step=handshake.step,
        summary=Text(
            "{server} does not have secure renegotiation (packet {packet}); OpenSSL 3 and others refuse to talk to it.",
            server=handshake.target,
            packet=answer.packet,
        ),
        fix=advice(
            "Update {server}, which lacks the extension renegotiation_info of RFC 5746.",
            server=handshake.target,
        ),
        evidence=(answer,),
        severity=Severity.warning,
    )
