"""Handshake messages: from the body of one message to a value.

The table at the end says which decoder reads which type; each kind of message has its own module. A
type that the table does not have is kept as `UnknownMessage`. A body that does not fit its type, by
a byte too few or too many, raises `DecodeError` and nothing else.

Source: RFC 8446 section 4, RFC 5246 section 7.4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from tlsparse.tls.certificate import (
    decode_certificate,
    decode_certificate_request,
    decode_certificate_url,
    decode_certificate_verify,
)
from tlsparse.tls.certificate_status import certificate_status
from tlsparse.tls.codes import HandshakeType, SupplementalDataFormat
from tlsparse.tls.compression import decode_compressed_certificate
from tlsparse.tls.context import Context
from tlsparse.tls.finished import (
    decode_end_of_early_data,
    decode_finished,
    decode_key_update,
    decode_new_connection_id,
    decode_request_connection_id,
    decode_server_hello_done,
)
from tlsparse.tls.hello import (
    ServerHello,
    decode_client_hello,
    decode_draft_hello_retry_request,
    decode_encrypted_extensions,
    decode_hello_request,
    decode_hello_verify_request,
    decode_server_hello,
)
from tlsparse.tls.key_exchange import decode_client_key_exchange, decode_server_key_exchange
from tlsparse.tls.reader import Reader
from tlsparse.tls.ticket import decode_new_session_ticket

__all__ = ["Context", "SupplementalData", "UnknownMessage", "decode_message", "message_name"]


@dataclass(frozen=True, slots=True)
class UnknownMessage:
    """A message of a type that is not read here."""

    type: HandshakeType
    body: bytes


@dataclass(frozen=True, slots=True)
class SupplementalData:
    """Data for the application, outside of extensions. Source: RFC 4680 section 2."""

    entries: tuple[tuple[SupplementalDataFormat, bytes], ...]


def decode_supplemental_data(body: Reader) -> SupplementalData:
    """Decode the body of a SupplementalData message."""
    return SupplementalData(
        body.vector(3, "supp_data").list(
            lambda r: (SupplementalDataFormat(r.u16()), r.vector(2, "supp_data_entry").rest())
        )
    )


def decode_message(type: HandshakeType, body: bytes, context: Context) -> object:
    """Decode the body of one handshake message.

    Parameters
    ----------
    type
        From the message's header.
    body
        All that follows the 4-byte header (12 bytes in DTLS).
    context
        What the hellos agreed on.

    Raises
    ------
    DecodeError
        If the body does not have the structure of its type, exactly.
    """
    if type == HandshakeType.certificate:
        return _decode_remembered(type, body, context)
    return _decode(type, body, context)


def _decode(type: HandshakeType, body: bytes, context: Context) -> object:
    decode = _DECODERS.get(type)
    if decode is None:
        return UnknownMessage(type, body)
    reader = Reader(body, type.name)
    message = decode(reader, context)
    reader.finish()
    return message


# A server sends the same chain in every handshake.
_decode_remembered = lru_cache(maxsize=512)(_decode)


def message_name(type: HandshakeType, message: object = None) -> str:
    """Return the name of a message.

    That of its type, but ``hello_retry_request`` for a ServerHello that is one.
    """
    if isinstance(message, ServerHello) and message.is_hello_retry_request:
        return "hello_retry_request"
    return type.name


def _any(decode: Callable[[Reader], object]) -> Callable[[Reader, Context], object]:
    """Make a decoder of one that needs no context."""
    return lambda body, context: decode(body)


_DECODERS: dict[int, Callable[[Reader, Context], object]] = {
    HandshakeType.hello_request: _any(decode_hello_request),
    HandshakeType.client_hello: lambda body, context: decode_client_hello(
        body, context.is_datagram
    ),
    HandshakeType.server_hello: _any(decode_server_hello),
    HandshakeType.hello_verify_request: _any(decode_hello_verify_request),
    HandshakeType.new_session_ticket: decode_new_session_ticket,
    HandshakeType.end_of_early_data: _any(decode_end_of_early_data),
    HandshakeType.hello_retry_request: _any(decode_draft_hello_retry_request),
    HandshakeType.encrypted_extensions: _any(decode_encrypted_extensions),
    HandshakeType.request_connection_id: _any(decode_request_connection_id),
    HandshakeType.new_connection_id: _any(decode_new_connection_id),
    HandshakeType.certificate: decode_certificate,
    HandshakeType.server_key_exchange: decode_server_key_exchange,
    HandshakeType.certificate_request: decode_certificate_request,
    HandshakeType.server_hello_done: _any(decode_server_hello_done),
    HandshakeType.certificate_verify: decode_certificate_verify,
    HandshakeType.client_key_exchange: decode_client_key_exchange,
    HandshakeType.finished: decode_finished,
    HandshakeType.certificate_url: _any(decode_certificate_url),
    HandshakeType.certificate_status: _any(certificate_status),
    HandshakeType.supplemental_data: _any(decode_supplemental_data),
    HandshakeType.key_update: _any(decode_key_update),
    HandshakeType.compressed_certificate: decode_compressed_certificate,
}
