"""A handshake went well with a cipher suite that protects little or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from tlsparse.diagnosis.finding import Finding, Severity, Text, advice, remark
from tlsparse.handshake.handshake import Handshake
from tlsparse.tls.codes import CipherSuite

FAULTS = (
    (
        re.compile("_anon_"),
        "The server chose {suite} (packet {packet}), with which nobody shows a certificate: anybody may be in between.",
    ),
    (
        re.compile("_NULL(_|$)"),
        "The server chose {suite} (packet {packet}), which does not encrypt: everybody on the way can read all.",
    ),
    (
        re.compile("EXPORT|_RC2_|_DES_|_DES40_|_DES_64"),
        "The server chose {suite} (packet {packet}), whose keys are so short that all of them can be tried.",
    ),
    (
        re.compile("_RC4_"),
        "The server chose {suite} (packet {packet}); RC4 leaks what it is to hide (RFC 7465).",
    ),
    (
        re.compile("_3DES_|_DES_192"),
        "The server chose {suite} (packet {packet}); the blocks of 3DES are too short to be safe (Sweet32).",
    ),
)
"""What is wrong with a suite, by its name, the worst first."""


@remark
def weak_cipher_suite(handshake: Handshake) -> Iterator[Finding]:
    """The two sides agreed on a cipher suite that must not be used any more.

    What it looks like
        A handshake that is through, with a suite of NULL, RC4, DES, 3DES or EXPORT, or without certificates.

    What it means
        What is sent can be read, now or with some effort (RFC 9325 section 4.1). The server allows such suites, and the
        client offers them.

    What to try
        Take the suite out of the settings of both sides.
    """
    choice = handshake.server_hello
    suite = choice.cipher_suite if choice is not None else handshake.cipher_suite
    if suite is None:
        return
    fault = fault_of(suite)
    if not fault:
        return
    answer = handshake.first("server_hello")
    yield Finding(
        "weak.cipher_suite",
        confidence=0.97,
        side="server",
        step=handshake.step,
        summary=Text(
            fault,
            suite=suite,
            packet=answer.packet if answer else None,
        ),
        fix=advice(
            "Allow on {server} only suites with AES-GCM or ChaCha20 and ephemeral keys (nginx: ssl_ciphers; OpenSSL: "
            "CipherString; Java: jdk.tls.disabledAlgorithms), and see that the client offers them.",
            server=handshake.target,
        ),
        evidence=() if answer is None else (answer,),
        severity=Severity.warning,
    )


@lru_cache(maxsize=512)
def fault_of(suite: CipherSuite) -> str:
    """Say what is wrong with a cipher suite; nothing if it is sound."""
    return next((fault for pattern, fault in FAULTS if pattern.search(suite.name)), "")
