"""Client and server have no application protocol in common."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Phrase, Text, rule
from tlsparse.diagnosis.paragraph import paragraph, reason_of
from tlsparse.handshake.handshake import Handshake


@rule
def alpn_mismatch(handshake: Handshake) -> Iterator[Finding]:
    """The server speaks none of the application protocols that the client offers.

    What it looks like
        no_application_protocol in answer to the ClientHello; over QUIC, any alert whose reason phrase speaks of ALPN.
        Or, from Go in TLS 1.3: ServerHello, then one encrypted alert in place of EncryptedExtensions, to a client that
        offers protocols.

    What it means
        The client insists on a protocol such as h2, grpc or acme-tls/1 that the server does not have on this port, or
        the server on one that the client does not offer.

    What to try
        Compare the list of the client with the server's configuration.
    """
    alert, hello = handshake.refusal, handshake.client_hello
    if (
        alert is None
        or hello is None
        or alert.sender != "server"
        or handshake.step != "client_hello"
    ):
        return
    told = alert.name == "no_application_protocol" or "ALPN" in alert.meaning
    went_on = any(e.name == "encrypted" for e in handshake.all("message", "server"))
    hidden = alert.encrypted and bool(hello.alpn) and not went_on
    if not told and not hidden:
        return
    asked = handshake.first("client_hello")
    values = {
        "server": handshake.target,
        "offered": tuple(hello.alpn) or Phrase("none"),
        "packet": alert.packet,
        "alert": alert.name,
    }
    if told:
        said = (
            "{server} has none of the application protocols that the client offers ({offered}): {alert} (packet "
            "{packet})."
        )
    else:
        said = (
            "{server} sent its ServerHello and then an encrypted alert (packet {packet}), before any other message: "
            "so "
            "Go refuses application protocols. The client offers {offered}."
        )
    yield Finding(
        "negotiation.alpn",
        confidence=0.97 if told else 0.75,
        side="server",
        step=handshake.step,
        summary=paragraph(Text(said, **values), reason_of(alert)),
        fix=Text(
            "Enable one of {offered} on {server} (nginx: http2 on; Go: tls.Config NextProtos), or let the client "
            "offer "
            "what the server has, such as http/1.1.",
            **values,
        ),
        evidence=tuple(e for e in (asked, alert) if e is not None),
    )
