"""Packet protection of the Initial packets: the keys that anybody can derive.

Both sides make their Initial keys from the Destination Connection ID of the client's first Initial packet and a salt
that belongs to the version. This hides nothing; it proves that both sides speak the same version, and here, that a
datagram is QUIC at all: no packet opens by accident. The first byte and the packet number are masked with a key of
their own (header protection), and must be unmasked before the rest can be decrypted. A `Protection` is one direction of
one connection; its ciphers are set up once.

Source: RFC 9001 sections 5.2 to 5.4, RFC 9369 section 3.3.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from tlsparse.quic.packet import DRAFTS, QUIC_1, QUIC_2, SAMPLED, Packet

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import AEADEncryptionContext, CipherContext
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_SALT_1 = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
_SALT_2 = bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9")
_SALT_29 = bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899")

# Drafts 33 and 34 have the salt of the RFC, 29 to 32 one of their own.
_SALTS = {version: _SALT_29 if version <= 0xFF000020 else _SALT_1 for version in DRAFTS} | {
    QUIC_1: _SALT_1,
    QUIC_2: _SALT_2,
}


class Protection:
    """Opens the Initial packets of one direction.

    Parameters
    ----------
    version
        The version, one of `tlsparse.quic.packet.VERSIONS`.
    destination_id
        Of the client's first Initial packet; after a Retry, the id that the Retry gave.
    from_client
        Whether packets of the client are to be opened, or those of the server.
    """

    __slots__ = ("_aead", "_iv", "_largest", "_mask")

    def __init__(self, version: int, destination_id: bytes, *, from_client: bool) -> None:
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.ciphers.algorithms import AES
        from cryptography.hazmat.primitives.ciphers.modes import ECB

        key, iv, header_key = initial_keys(version, destination_id, from_client=from_client)
        self._aead: AESGCM = AESGCM(key)
        self._iv = int.from_bytes(iv, "big")
        self._mask: CipherContext | AEADEncryptionContext = Cipher(
            AES(header_key), ECB()
        ).encryptor()
        self._largest = -1  # packet number

    def open(self, packet: Packet) -> bytes | None:
        """Decrypt a packet; None if it was not made with these keys, or not made at all.

        Source: RFC 9001 sections 5.3 and 5.4.2.
        """
        from cryptography.exceptions import InvalidTag

        data, at = packet.data, packet.number_at
        if not at or at + SAMPLED > len(data):
            return None
        mask = self._mask.update(data[at + 4 : at + SAMPLED])
        first = data[0] ^ mask[0] & 0x0F
        end = at + (first & 0x03) + 1
        truncated = bytes(a ^ b for a, b in zip(data[at:end], mask[1:], strict=False))
        number = full_packet_number(
            int.from_bytes(truncated, "big"), 8 * len(truncated), self._largest
        )
        nonce = (self._iv ^ number).to_bytes(12, "big")
        header = bytes([first]) + data[1:at] + truncated
        try:
            payload = self._aead.decrypt(nonce, data[end:], header)
        except InvalidTag:
            return None
        self._largest = max(self._largest, number)
        return payload


def initial_keys(
    version: int, destination_id: bytes, *, from_client: bool
) -> tuple[bytes, bytes, bytes]:
    """Derive key, IV and header protection key of one direction; parameters as of `Protection`.

    Source: RFC 9001 sections 5.1 and 5.2, RFC 9369 section 3.3.
    """
    prefix = b"quicv2 " if version == QUIC_2 else b"quic "
    common = hmac.digest(_SALTS[version], destination_id, "sha256")
    secret = _expand_label(common, b"client in" if from_client else b"server in", 32)
    return (
        _expand_label(secret, prefix + b"key", 16),
        _expand_label(secret, prefix + b"iv", 12),
        _expand_label(secret, prefix + b"hp", 16),
    )


def full_packet_number(truncated: int, bits: int, largest: int) -> int:
    """Complete a packet number, of which only the lowest bits are sent: the nearest to what is expected next.

    Source: RFC 9000 appendix A.3.
    """
    window = 1 << bits
    expected = largest + 1
    candidate = expected & ~(window - 1) | truncated
    if candidate <= expected - window // 2 and candidate < (1 << 62) - window:
        return candidate + window
    if candidate > expected + window // 2 and candidate >= window:
        return candidate - window
    return candidate


def _expand_label(secret: bytes, label: bytes, length: int) -> bytes:
    """HKDF-Expand-Label with SHA-256 and no context, for at most 32 bytes. Source: RFC 8446 section 7.1."""
    name = b"tls13 " + label
    info = length.to_bytes(2, "big") + bytes([len(name)]) + name + b"\x00"
    return hmac.digest(secret, info + b"\x01", "sha256")[:length]
