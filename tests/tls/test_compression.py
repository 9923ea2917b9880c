from __future__ import annotations

import sys
import zlib

import pytest

from tlsparse.tls import codes
from tlsparse.tls.codes import HandshakeType
from tlsparse.tls.compression import LARGEST_CHAIN
from tlsparse.tls.messages import Context, decode_message

# A Certificate of TLS 1.3: no context, one entry of two bytes, no extensions.
CERTIFICATE = bytes.fromhex("00 000007 000002 3000 0000")


def decode(data: bytes) -> object:
    return decode_message(HandshakeType.compressed_certificate, data, Context(codes.TLS_1_3))


def compressed(algorithm: int, length: int, data: bytes) -> bytes:
    return b"".join(
        (
            algorithm.to_bytes(2, "big"),
            length.to_bytes(3, "big"),
            len(data).to_bytes(3, "big"),
            data,
        )
    )


def test_a_compressed_certificate_is_a_certificate(decodes_only_whole):
    body = compressed(1, len(CERTIFICATE), zlib.compress(CERTIFICATE))

    assert (b"\x30\x00",) == decode(body).certificate.certificates
    assert decode(body).error is None
    decodes_only_whole(decode, body)


def test_zstd_is_read_if_its_package_is_there():
    zstandard = pytest.importorskip("zstandard")
    body = compressed(3, len(CERTIFICATE), zstandard.compress(CERTIFICATE))

    assert (b"\x30\x00",) == decode(body).certificate.certificates


def test_zstd_of_rubbish_is_kept_with_the_reason():
    pytest.importorskip("zstandard")

    assert "does not unpack with zstd" in decode(compressed(3, 10, b"rubbish")).error


@pytest.mark.parametrize("algorithm, package", [(2, "brotli"), (3, "zstandard")])
def test_without_its_package_it_stays_compressed(algorithm, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    message = decode(compressed(algorithm, 10, b"\xab\xcd"))

    assert message.certificate is None
    assert "for which a package is missing" in message.error
    assert b"\xab\xcd" == message.compressed


@pytest.mark.parametrize(
    "body, reason",
    [
        (compressed(1, 10, b"rubbish"), "does not unpack with zlib"),
        (compressed(1, 9, zlib.compress(CERTIFICATE)), "does not unpack to 9 bytes"),
        (compressed(1, 99, zlib.compress(CERTIFICATE)), "does not unpack to 99 bytes"),
        (compressed(1, 10, zlib.compress(bytes(10_000_000))), "does not unpack to 10 bytes"),
        (compressed(1, LARGEST_CHAIN + 1, b""), "more than a chain can have"),
        (compressed(0x1399, 10, b""), "is compressed with unknown_0x1399"),
        (compressed(1, 3, zlib.compress(b"\x00\x00\x01")), "certificate"),
    ],
)
def test_what_does_not_unpack_is_kept_with_the_reason(body, reason):
    message = decode(body)

    assert message.certificate is None
    assert reason in message.error
