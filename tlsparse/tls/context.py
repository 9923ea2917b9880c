"""What must be known of a handshake to read its next message.

The same type of message has had several bodies: a Certificate of TLS 1.3 has a context and
extensions, a ServerKeyExchange is whatever the cipher suite makes of it. All of this the hellos say
in the clear.
"""

from __future__ import annotations

from dataclasses import dataclass

from tlsparse.tls.codes import CipherSuite, ProtocolVersion


@dataclass(frozen=True, slots=True)
class Context:
    """Version and cipher suite agreed on, None as long as no ServerHello has been seen.

    Who sends.
    """

    version: ProtocolVersion | None = None
    cipher_suite: CipherSuite | None = None
    sender: str = ""

    @property
    def is_tls13(self) -> bool:
        """Whether bodies have the form of TLS 1.3.

        If nothing is known, they have that of TLS 1.2.
        """
        return self.version is not None and self.version.is_tls13

    @property
    def is_datagram(self) -> bool:
        """Whether the carrier is DTLS."""
        return self.version is not None and self.version.is_datagram

    @property
    def signs_with_scheme(self) -> bool:
        """Whether a signature says how it was made, as it does since TLS 1.2."""
        return self.version is None or not (
            0x0002 <= self.version <= 0x0302 or self.version.final == 0xFEFF
        )
