"""A sender of Initial packets, written from the RFCs and sharing nothing with the code under test."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

# Version: salt, first byte of an Initial with a packet number of 4 bytes, prefix of the labels.
FORMS = {
    0x00000001: ("38762cf7f55934b34d179ae6a4c80cadccbb7f0a", 0xC3, "quic "),
    0x6B3343CF: ("0dede3def700a6db819381be6e269dcbf9bd2ed9", 0xD3, "quicv2 "),
    0xFF00001D: ("afbfec289993d24c9e9786f19c6111e04390a899", 0xC3, "quic "),
}


def expand(secret: bytes, label: str, length: int) -> bytes:
    info = length.to_bytes(2, "big") + bytes([6 + len(label)]) + f"tls13 {label}\0".encode()
    return HKDFExpand(SHA256(), length, info).derive(secret)


def sender_keys(version: int, keyed_by: bytes, from_client: bool) -> tuple[bytes, bytes, bytes]:
    salt, _, prefix = FORMS[version]
    extract = HMAC(bytes.fromhex(salt), SHA256())
    extract.update(keyed_by)
    secret = expand(extract.finalize(), "client in" if from_client else "server in", 32)
    return (
        expand(secret, prefix + "key", 16),
        expand(secret, prefix + "iv", 12),
        expand(secret, prefix + "hp", 16),
    )


@pytest.fixture(scope="session")
def initial() -> Callable[..., bytes]:
    """Make one protected Initial packet."""

    def seal(
        payload: bytes,
        *,
        keyed_by: bytes,
        to: bytes = b"",
        by: bytes = b"",
        version: int = 1,
        number: int = 0,
        from_client: bool = True,
        token: bytes = b"",
        padded: int = 0,
    ) -> bytes:
        payload = payload.ljust(max(padded, 4), b"\0")
        header = bytes([FORMS[version][1]]) + version.to_bytes(4, "big")
        header += bytes([len(to)]) + to + bytes([len(by)]) + by + bytes([len(token)]) + token
        header += (0x4000 | 4 + len(payload) + 16).to_bytes(2, "big") + number.to_bytes(4, "big")
        key, iv, hp = sender_keys(version, keyed_by, from_client)
        nonce = (int.from_bytes(iv, "big") ^ number).to_bytes(12, "big")
        sealed = AESGCM(key).encrypt(nonce, payload, header)
        mask = Cipher(AES(hp), ECB()).encryptor().update(sealed[:16])
        first = header[0] ^ mask[0] & 0x0F
        masked = bytes(a ^ b for a, b in zip(header[-4:], mask[1:5], strict=True))
        return bytes([first]) + header[1:-4] + masked + sealed

    return seal


@pytest.fixture(scope="session")
def crypto() -> Callable[[int, bytes], bytes]:
    """Make one CRYPTO frame."""

    def frame(offset: int, data: bytes) -> bytes:
        sizes = (0x4000 | offset).to_bytes(2, "big"), (0x4000 | len(data)).to_bytes(2, "big")
        return b"\x06" + b"".join(sizes) + data

    return frame
