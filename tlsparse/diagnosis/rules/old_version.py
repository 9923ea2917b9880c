"""A handshake went well with a version of the protocol that is no longer safe."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Severity, Text, advice, remark
from tlsparse.handshake.handshake import Handshake
from tlsparse.tls.codes import DTLS_1_2, DTLS_1_3, TLS_1_2, TLS_1_3, ProtocolVersion

SAFE = frozenset((TLS_1_2, TLS_1_3, DTLS_1_2, DTLS_1_3))

TLS_FIX = "Update {client} or its settings, so that it offers TLS 1.2 and 1.3."
DTLS_FIX = "Update {client} or its settings, so that it offers DTLS 1.2."


@remark
def old_version(handshake: Handshake) -> Iterator[Finding]:
    """The two sides agreed on SSL, TLS 1.0, TLS 1.1 or DTLS 1.0.

    What it looks like
        A handshake that is through, with a version before TLS 1.2.

    What it means
        These versions must not be used any more (RFC 7568, RFC 8996): their hashes and paddings are broken. Browsers
        and new libraries refuse them, so the next update of either side may be the end of this connection.

    What to try
        Let both sides have TLS 1.2 and 1.3.
    """
    choice = handshake.server_hello
    version = choice.version if choice is not None else handshake.version
    if version is None or version in SAFE or version.is_tls13:
        return
    answer = handshake.first("server_hello")
    newest = _newest_offered(handshake)
    lags = newest is not None and newest > version and not version.is_datagram
    if lags:
        said = "The connection uses {version}, which is not safe any more: the client offers {newest}, the server less."
        fix = advice(
            "Let {server} have TLS 1.2 and 1.3 (nginx: ssl_protocols; Apache: SSLProtocol; OpenSSL: MinProtocol).",
            server=handshake.target,
        )
    else:
        said = "The connection uses {version}, which is not safe any more: the client offers nothing newer."
        fix = Text(DTLS_FIX if version.is_datagram else TLS_FIX, client=handshake.client)
    yield Finding(
        "weak.version",
        confidence=0.97,
        side="server" if lags else "client",
        step=handshake.step,
        summary=advice(said, version=version, newest=newest),
        fix=fix,
        evidence=() if answer is None else (answer,),
        severity=Severity.warning,
    )


def _newest_offered(handshake: Handshake) -> ProtocolVersion | None:
    hello = handshake.client_hello
    offered = hello.versions if hello is not None else ()
    return max((v.final for v in offered if not (v.is_grease or v.is_datagram)), default=None)
