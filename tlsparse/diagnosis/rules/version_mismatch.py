"""Client and server have no protocol version in common."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Phrase, Text, advice, phrase_of, rule
from tlsparse.handshake.event import OTHER
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.offer import is_narrow
from tlsparse.tls.codes import DTLS_1_2, TLS_1_2, TLS_1_3, ProtocolVersion

SAID = ("protocol_version", "unsupported_version")

OLD = 0.85
"""A refusal of a hello that offers nothing newer than SSL 3.0; GnuTLS, OpenSSL and Java call it handshake_failure."""

AGED = 0.75
"""The same for TLS 1.0 and 1.1, which servers have switched off; but old clients lack suites, too."""


LONE = 0.5
"""The same for a hello that offers TLS 1.2 or 1.3 alone, and plenty of everything else: GnuTLS calls that
handshake_failure, too. Stacks offer both by themselves, so somebody has made it so."""


@rule
def version_mismatch(handshake: Handshake) -> Iterator[Finding]:
    """One side has only versions of TLS that the other refuses.

    What it looks like
        ClientHello, then protocol_version from the server; or a ServerHello, then protocol_version from the client. A
        client of SSL 3.0, TLS 1.0 or 1.1 may be told handshake_failure or internal_error instead.

    What it means
        The client is too old for the server, or the server for the client; or one of them allows a single version by
        its settings. nginx takes the versions of the default server of a port for all names on it.

    What to try
        Let both sides have TLS 1.2 and 1.3.
    """
    alert, hello = handshake.refusal, handshake.client_hello
    if alert is None or alert.encrypted or handshake.order:
        return
    offered = [v for v in hello.versions if not v.is_grease] if hello is not None else []
    confidence = _confidence(alert.name, alert.sender, handshake.step, offered, handshake)
    if not confidence:
        return
    asked, answer = handshake.first("client_hello"), handshake.first("server_hello")
    names = tuple(offered) or Phrase("a version that cannot be read")
    if alert.sender == "client" and handshake.version is not None:
        said = (
            "The server chose {version}, and the client refused it with {alert} (packet {packet}); it offers "
            "{offered}."
        )
    else:
        said = "The client offers {offered}, and the {who} refused with {alert} (packet {packet})."
    yield Finding(
        "negotiation.version",
        confidence=confidence,
        side="client" if offered and _is_old(offered) else OTHER[alert.sender],
        step=handshake.step,
        summary=Text(
            said,
            offered=names,
            version=handshake.version,
            who=phrase_of(alert.sender),
            alert=alert.name,
            packet=alert.packet,
        ),
        fix=advice(
            "Let client and {server} have a version in common, TLS 1.2 and 1.3 both: nginx ssl_protocols (of the "
            "default server of the port, too), Apache SSLProtocol, OpenSSL MinProtocol and MaxProtocol, Java "
            "jdk.tls.disabledAlgorithms, Go tls.Config MinVersion.",
            server=handshake.target,
        ),
        evidence=tuple(e for e in (asked, answer, alert) if e is not None),
    )


def _confidence(
    alert: str, sender: str, step: str, offered: list[ProtocolVersion], handshake: Handshake
) -> float:
    """Say how probable it is that an alert is about the version; 0 if nothing speaks for it."""
    if alert in SAID and step in ("client_hello", "server_hello"):
        return 0.92
    if sender != "server" or step != "client_hello" or not offered:
        return 0.0
    if alert not in ("handshake_failure", "internal_error"):
        return 0.0
    newest = max(offered)
    if newest < 0x0301:
        return OLD
    if _is_old(offered):
        return AGED
    chosen = {precedent.choice.version for precedent in handshake.precedents}
    if chosen:
        return 0.0 if chosen & set(offered) else OLD
    lone = len(offered) == 1 and alert == "handshake_failure" and not is_narrow(handshake)
    return LONE if lone else 0.0


def _is_old(offered: list[ProtocolVersion]) -> bool:
    """Tell whether a client offers nothing that is allowed today (RFC 8996)."""
    return not {TLS_1_2, TLS_1_3, DTLS_1_2} & {v.final for v in offered} and not any(
        v.is_datagram for v in offered
    )
