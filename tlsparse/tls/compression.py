"""CompressedCertificate: a Certificate message, made smaller.

What unpacks to much more than a chain can be is refused before it fills the memory.

Source: RFC 8879 section 4.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from tlsparse.errors import DecodeError
from tlsparse.tls.certificate import Certificate, decode_certificate
from tlsparse.tls.codes import CertificateCompressionAlgorithm
from tlsparse.tls.context import Context
from tlsparse.tls.reader import Reader

# Chains of 100 kB exist; a megabyte is no chain.
LARGEST_CHAIN = 1 << 20


@dataclass(frozen=True, slots=True)
class CompressedCertificate:
    """A compressed Certificate message; `certificate` is None if `error` tells why it stayed so."""

    algorithm: CertificateCompressionAlgorithm
    uncompressed_length: int
    compressed: bytes
    certificate: Certificate | None
    error: str | None


def decode_compressed_certificate(body: Reader, context: Context) -> CompressedCertificate:
    """Decode the body of a CompressedCertificate message, and the message in it."""
    algorithm = CertificateCompressionAlgorithm(body.u16())
    length = body.u24()
    compressed = body.vector(3, "compressed_certificate_message").rest()
    try:
        data = _decompress(algorithm, compressed, length)
        message = Reader(data, "certificate")
        certificate = decode_certificate(message, context)
        message.finish()
    except DecodeError as error:
        return CompressedCertificate(algorithm, length, compressed, None, str(error))
    return CompressedCertificate(algorithm, length, compressed, certificate, None)


def _decompress(algorithm: CertificateCompressionAlgorithm, data: bytes, length: int) -> bytes:
    """Unpack `data`, which says to be `length` bytes long."""
    body = Reader(data, "compressed_certificate")
    if length > LARGEST_CHAIN:
        body.fail(f"is said to unpack to {length} bytes, more than a chain can have")
    unpack = _ALGORITHMS.get(algorithm)
    if unpack is None:
        body.fail(f"is compressed with {algorithm}, which is not known")
    try:
        # One byte more than announced, to see whether there is more.
        unpacked = unpack(data, length + 1)
    except ImportError as error:
        body.fail(f"is compressed with {algorithm}, for which a package is missing: {error.name}")
    except ValueError as error:
        body.fail(f"does not unpack with {algorithm}: {error}")
    if len(unpacked) != length:
        body.fail(f"does not unpack to {length} bytes")
    return unpacked


def _zlib(data: bytes, limit: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, limit)
    except zlib.error as error:
        raise ValueError(error) from error


def _brotli(data: bytes, limit: int) -> bytes:
    brotli = importlib.import_module("brotli")
    try:
        unpacked: bytes = brotli.Decompressor().process(data, output_buffer_limit=limit)
    except (brotli.error, TypeError) as error:  # TypeError: a version that cannot be limited
        raise ValueError(error) from error
    return unpacked


def _zstd(data: bytes, limit: int) -> bytes:
    zstandard = importlib.import_module("zstandard")
    decompressor = zstandard.ZstdDecompressor(max_window_size=1 << 23)
    try:
        unpacked: bytes = decompressor.stream_reader(data).read(limit)
    except zstandard.ZstdError as error:
        raise ValueError(error) from error
    return unpacked


_ALGORITHMS: dict[int, Callable[[bytes, int], bytes]] = {
    CertificateCompressionAlgorithm.zlib: _zlib,
    CertificateCompressionAlgorithm.brotli: _brotli,
    CertificateCompressionAlgorithm.zstd: _zstd,
}
