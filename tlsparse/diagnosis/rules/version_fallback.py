"""A client went down to an older version without need."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, phrase_of, rule
from tlsparse.handshake.handshake import Handshake
from tlsparse.tls.codes import CipherSuite


@rule
def version_fallback(handshake: Handshake) -> Iterator[Finding]:
    """A client tried again with an older version, said so, and the server has a newer one.

    What it looks like
        TLS_FALLBACK_SCSV among the cipher suites, then inappropriate_fallback from the server. A server that does not
        know the signal (Java) goes on, and the client notices itself: illegal_parameter after the ServerHello.

    What it means
        An earlier attempt with the newer version failed, often for a reason of the network, and the client took that
        for a server that cannot bear it. The signal keeps an attacker from forcing old versions this way.

    What to try
        Look for the first attempt and why it failed; switch the fallback off in the client.
    """
    alert, hello = handshake.refusal, handshake.client_hello
    if alert is None or hello is None:
        return
    signals = CipherSuite.TLS_FALLBACK_SCSV in hello.cipher_suites
    told = alert.name == "inappropriate_fallback"
    noticed = signals and alert.sender == "client" and alert.name == "illegal_parameter"
    if not told and not (noticed and handshake.step == "server_hello"):
        return
    asked = handshake.first("client_hello")
    yield Finding(
        "negotiation.version.fallback",
        confidence=0.97 if told else 0.9,
        side="client",
        step=handshake.step,
        summary=Text(
            "The client fell back to {version} and says so (TLS_FALLBACK_SCSV); {server} has a newer version, and the"
            " "
            "{who} ended the handshake with {alert} (packet {packet}).",
            version=max(v for v in hello.versions if not v.is_grease),
            server=handshake.target,
            who=phrase_of(alert.sender),
            alert=alert.name,
            packet=alert.packet,
        ),
        fix=Text(
            "Find out why the client's first attempt at {server} failed, and let it offer its newest version again "
            "(openssl s_client: leave -fallback_scsv out).",
            server=handshake.target,
        ),
        evidence=tuple(e for e in (asked, alert) if e is not None),
    )
