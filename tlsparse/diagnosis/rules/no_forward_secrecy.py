"""A handshake went well without ephemeral keys."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from tlsparse.diagnosis.finding import Finding, Severity, Text, advice, remark
from tlsparse.handshake.handshake import Handshake
from tlsparse.tls.codes import DTLS_1_3, TLS_1_3, CipherSuite

if TYPE_CHECKING:
    from tlsparse.tls.hello import ServerHello

STATIC = ("TLS_RSA_", "TLS_DH_", "TLS_ECDH_", "TLS_PSK_", "TLS_KRB5_", "SSL_")
"""How the names of suites begin whose keys follow from a key that lasts. Anonymous ones begin like that too, and have
ephemeral keys."""

TLS_1_3_ONLY = frozenset((TLS_1_3, DTLS_1_3))


@remark
def no_forward_secrecy(handshake: Handshake) -> Iterator[Finding]:
    """The keys of the connection follow from a key that lasts.

    What it looks like
        A cipher suite of TLS_RSA, TLS_DH, TLS_ECDH or TLS_PSK; or TLS 1.3 with a pre-shared key and no key share.

    What it means
        Who records the connection today, and gets the server's key some day, can read it then. Such suites have gone
        from TLS 1.3, and should not be used before it (RFC 9325 section 4.1).

    What to try
        Allow suites with ECDHE first on both sides.
    """
    choice = handshake.server_hello
    suite = choice.cipher_suite if choice is not None else handshake.cipher_suite
    if suite is None or not (is_static(suite) or _is_shared_key_alone(choice)):
        return
    answer = handshake.first("server_hello")
    yield Finding(
        "weak.forward_secrecy",
        confidence=0.97,
        side="server",
        step=handshake.step,
        summary=Text(
            "The connection has no forward secrecy ({suite}, packet {packet}): whoever gets the long-lived key can "
            "read a recording of it.",
            suite=suite,
            packet=answer.packet if answer else None,
        ),
        fix=advice(
            "Put suites with ECDHE first on {server} (nginx: ssl_ciphers, ssl_prefer_server_ciphers on), and see that "
            "the client offers them.",
            server=handshake.target,
        ),
        evidence=() if answer is None else (answer,),
        severity=Severity.note,
    )


@lru_cache(maxsize=512)
def is_static(suite: CipherSuite) -> bool:
    """Tell whether the keys of a suite follow from a key that lasts."""
    return suite.name.startswith(STATIC) and "_anon_" not in suite.name


def _is_shared_key_alone(choice: ServerHello | None) -> bool:
    """Tell whether TLS 1.3 does without a key share; every other handshake of it has one."""
    return choice is not None and choice.version in TLS_1_3_ONLY and choice.group is None
