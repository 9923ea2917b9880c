"""Somebody on the path lowered the version."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.handshake.handshake import Handshake
from tlsparse.tls.codes import CipherSuite


@rule
def downgraded(handshake: Handshake) -> Iterator[Finding]:
    """The server's random says that it was made to choose an old version, and the client offers a newer one.

    What it looks like
        A ServerHello whose random ends with DOWNGRD and 0 or 1, and illegal_parameter from the client.

    What it means
        A server that has TLS 1.3 writes these bytes when it has to choose less. The client offered more than that, so
        the offer did not arrive as it was sent: a box on the way changed the ClientHello. Some boxes that inspect
        traffic copy the random of the server behind them, and do this without intent.

    What to try
        Find the box between the two and update it, or exempt this server from inspection.
    """
    alert, hello, choice = handshake.refusal, handshake.client_hello, handshake.server_hello
    if choice is None or hello is None or choice.downgrade_sentinel is None:
        return
    if alert is None or alert.sender != "client" or alert.name != "illegal_parameter":
        return
    if CipherSuite.TLS_FALLBACK_SCSV in hello.cipher_suites:
        return
    newest = max(v.final for v in hello.versions if not v.is_grease)
    asked, answer = handshake.first("client_hello"), handshake.first("server_hello")
    yield Finding(
        "integrity.downgrade",
        confidence=0.95 if newest > choice.version else 0.6,
        side="network",
        step=handshake.step,
        summary=Text(
            "The server chose {version} and marked its random (packet {answer}): it has a newer version and was not "
            "offered it. The client refused with illegal_parameter (packet {packet}), since it offers {newest}.",
            version=choice.version,
            answer=answer.packet if answer else None,
            packet=alert.packet,
            newest=newest,
        ),
        fix=Text(
            "Capture on both sides and compare the ClientHello; the box between client and {server} that changes it "
            "must be updated or taken away.",
            server=handshake.target,
        ),
        evidence=tuple(e for e in (asked, answer, alert) if e is not None),
    )
