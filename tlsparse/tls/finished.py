"""The messages of a few bytes: those that end a flight, and those that follow the handshake.

Source: RFC 5246 sections 7.4.5 and 7.4.9; RFC 8446 sections 4.4.4, 4.5 and 4.6.3; RFC 9147 section
9.
"""

from __future__ import annotations

from dataclasses import dataclass

from tlsparse.tls.codes import SSL_3_0, ConnectionIdUsage, KeyUpdateRequest
from tlsparse.tls.context import Context
from tlsparse.tls.reader import Reader


@dataclass(frozen=True, slots=True)
class ServerHelloDone:
    """The server has said all, up to TLS 1.2."""


def decode_server_hello_done(body: Reader) -> ServerHelloDone:
    """Decode the body of a ServerHelloDone message, which is empty."""
    return ServerHelloDone()


@dataclass(frozen=True, slots=True)
class Finished:
    """A check sum over the handshake, which only who has the keys can make."""

    verify_data: bytes


def decode_finished(body: Reader, context: Context) -> Finished:
    """Decode the body of a Finished message.

    Its length is what tells it from noise: that of the suite's hash in TLS 1.3; 36 bytes in SSL
    3.0; 12 between the two, except for the suites of RFC 9189, which have 32.
    """
    length = _verify_data_length(context)
    return Finished(body.rest() if length is None else body.opaque(length))


# Bytes of the hash that ends the name of a suite of TLS 1.3.
_HASH_BYTES = {"SHA256": 32, "SHA384": 48, "SHA512": 64, "SM3": 32}


def _verify_data_length(context: Context) -> int | None:
    """Return how long the check sum must be, or None if that is not known."""
    suite = context.cipher_suite.name if context.cipher_suite is not None else ""
    if context.version is None:
        return None
    if context.is_tls13:
        return _HASH_BYTES.get(suite.rpartition("_")[2])
    if context.version == SSL_3_0:
        return 36
    return 32 if "KUZNYECHIK_CTR" in suite or "MAGMA_CTR" in suite else 12


@dataclass(frozen=True, slots=True)
class EndOfEarlyData:
    """The client has sent all its early data, in TLS 1.3."""


def decode_end_of_early_data(body: Reader) -> EndOfEarlyData:
    """Decode the body of an EndOfEarlyData message, which is empty."""
    return EndOfEarlyData()


@dataclass(frozen=True, slots=True)
class KeyUpdate:
    """The sender's next record is encrypted with the next key."""

    request_update: KeyUpdateRequest


def decode_key_update(body: Reader) -> KeyUpdate:
    """Decode the body of a KeyUpdate message."""
    return KeyUpdate(KeyUpdateRequest(body.u8()))


@dataclass(frozen=True, slots=True)
class RequestConnectionId:
    """A DTLS 1.3 peer's wish for more connection ids."""

    num_cids: int


def decode_request_connection_id(body: Reader) -> RequestConnectionId:
    """Decode the body of a RequestConnectionId message."""
    return RequestConnectionId(body.u8())


@dataclass(frozen=True, slots=True)
class NewConnectionId:
    """Connection ids that a DTLS 1.3 peer may use from now on."""

    cids: tuple[bytes, ...]
    usage: ConnectionIdUsage


def decode_new_connection_id(body: Reader) -> NewConnectionId:
    """Decode the body of a NewConnectionId message."""
    return NewConnectionId(
        cids=body.vector(2, "cids").list(lambda r: r.vector(1, "cid").rest()),
        usage=ConnectionIdUsage(body.u8()),
    )
