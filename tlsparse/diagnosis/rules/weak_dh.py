"""The Diffie-Hellman group of the server is too small for the client."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.handshake.handshake import Handshake
from tlsparse.tls.codes import ExtensionType

ENOUGH_BITS = 2048
"""What RFC 9325 section 4.2 asks for; OpenSSL refuses less at its usual security level, NSS less than 1023."""

SAID = ("handshake_failure", "illegal_parameter", "insufficient_security", "decrypt_error")


@rule
def weak_dh(handshake: Handshake) -> Iterator[Finding]:
    """The client refuses a ServerKeyExchange with a short prime.

    What it looks like
        ServerKeyExchange of a DHE suite with a prime of less than 2048 bits, then handshake_failure, illegal_parameter
        or insufficient_security from the client.

    What it means
        The server still has Diffie-Hellman parameters of 512 or 1024 bits, which can be broken (Logjam).

    What to try
        Generate parameters of 2048 bits on the server, or use the groups of RFC 7919; better, allow ECDHE suites.
    """
    alert = handshake.refusal
    if alert is None or alert.encrypted or alert.sender != "client" or alert.name not in SAID:
        return
    exchange = handshake.first("server_key_exchange")
    bits = getattr(exchange.body, "dh_bits", None) if exchange is not None else None
    if exchange is None or bits is None or bits >= ENOUGH_BITS or exchange.order > alert.order:
        return
    answer, hello = handshake.server_hello, handshake.client_hello
    insists = hello is not None and hello.extension(ExtensionType.extended_master_secret)
    got = answer is not None and answer.extension(ExtensionType.extended_master_secret)
    yield Finding(
        "negotiation.weak_dh",
        confidence=0.95 if got or not insists else 0.9,
        side="server",
        step=handshake.step,
        summary=Text(
            "{server} sent a Diffie-Hellman group of {bits} bits (packet {sent}), and the client refused it with "
            "{alert} (packet {packet}).",
            server=handshake.target,
            bits=bits,
            sent=exchange.packet,
            alert=alert.name,
            packet=alert.packet,
        ),
        fix=Text(
            "On {server}: openssl dhparam -out dhparam.pem 2048 and use it (nginx: ssl_dhparam; Apache: "
            "SSLOpenSSLConfCmd DHParameters; Java: -Djdk.tls.ephemeralDHKeySize=2048), or allow ECDHE suites first.",
            server=handshake.target,
        ),
        evidence=(exchange, alert),
    )
