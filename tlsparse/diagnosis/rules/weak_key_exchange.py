"""A handshake went well with a key exchange that is too weak."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Severity, Text, advice, remark
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake

ENOUGH_BITS = 2048
"""What RFC 9325 section 4.2 asks for."""

BROKEN = ("sha1", "md5")


@remark
def weak_key_exchange(handshake: Handshake) -> Iterator[Finding]:
    """The ServerKeyExchange has a short Diffie-Hellman prime, or is signed with SHA-1 or MD5.

    What it looks like
        A ServerKeyExchange up to TLS 1.2 with a prime of less than 2048 bits, or with a signature scheme such as
        rsa_pkcs1_sha1.

    What it means
        Short primes can be broken (Logjam), and signatures with these hashes forged (RFC 9155). This client took them;
        OpenSSL 3 and browsers do not.

    What to try
        Use ECDHE, or parameters of 2048 bits; let both sides sign with SHA-256.
    """
    event = handshake.first("server_key_exchange", "server")
    if event is None:
        return
    bits, scheme = getattr(event.body, "dh_bits", None), handshake.signature_scheme
    if bits is not None and bits < ENOUGH_BITS:
        yield _finding(
            handshake,
            event,
            "negotiation.weak_dh",
            Text(
                "{server} sent a Diffie-Hellman group of {bits} bits (packet {packet}), and the client took it.",
                server=handshake.target,
                bits=bits,
                packet=event.packet,
            ),
            advice(
                "On {server}: openssl dhparam -out dhparam.pem 2048 and use it (nginx: ssl_dhparam), or allow ECDHE "
                "suites first.",
                server=handshake.target,
            ),
        )
    if scheme is not None and scheme.name.endswith(BROKEN):
        yield _finding(
            handshake,
            event,
            "weak.signature",
            Text(
                "{server} signed its key exchange with {scheme} (packet {packet}); such signatures can be forged.",
                server=handshake.target,
                scheme=scheme,
                packet=event.packet,
            ),
            advice(
                "Let {server} and the client offer signature schemes with SHA-256 and better first (OpenSSL: "
                "SignatureAlgorithms).",
                server=handshake.target,
            ),
        )


def _finding(handshake: Handshake, event: Event, cause: str, said: Text, fix: Text) -> Finding:
    return Finding(
        cause,
        confidence=0.97,
        side="server",
        step=handshake.step,
        summary=said,
        fix=fix,
        evidence=(event,),
        severity=Severity.warning,
    )
