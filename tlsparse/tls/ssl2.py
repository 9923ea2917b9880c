"""SSL 2.0: its records, and the messages that are not encrypted.

A record has no content type and no version. Its header is two bytes, the high bit set, and the rest a length; or three,
where the cipher works in blocks, and the third says how many bytes of padding end the record. So nearly all bytes look
like a record, and it takes a message to know SSL 2.0 by. A message lies in a record of its own, and its first byte is
its type.

The client picks the cipher: the server's hello lists what both of them have, and CLIENT-MASTER-KEY names one. All that
follows it is encrypted, as is all that follows the server's hello. Under the keys each record begins with a MAC of 16
bytes; since the padding is told in clear, the length of what is hidden is known to the byte.

The client's hello, which later versions understand as well, is in `tlsparse.tls.hello`.

Source: draft-hickman-netscape-ssl-00 (The SSL Protocol, 1995), sections 1.1 (records), 2.5 to 2.7 (messages).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tlsparse.errors import DecodeError
from tlsparse.tls.codes import SSL_2_0, CipherSuite, ProtocolVersion, Ssl2CertificateType, Ssl2Error
from tlsparse.tls.reader import Reader
from tlsparse.tls.records import Unreadable

ERROR, CLIENT_HELLO, CLIENT_MASTER_KEY, CLIENT_FINISHED, SERVER_HELLO = range(5)
SERVER_VERIFY, SERVER_FINISHED, REQUEST_CERTIFICATE, CLIENT_CERTIFICATE = range(5, 9)

MAC_BYTES = 16
"""All ciphers of SSL 2.0 come with MD5."""

ERROR_BYTES = 3
"""An ERROR is its type and a code."""

FINISHED_BYTES = MAC_BYTES + 1 + 16
"""SERVER-FINISHED is a MAC, its type and a session id, which is always 16 bytes long. REQUEST-CERTIFICATE is longer."""


class Ssl2Record(NamedTuple):
    """One record, with as much of its content as there is."""

    start: int  # offset of its header in the stream
    end: int  # offset after its last byte, padding included
    length: int  # of the content, without the padding; with the MAC, where it is encrypted
    content: bytes  # shorter than `length` where the stream ends

    @property
    def is_whole(self) -> bool:
        """Whether all of its content is there."""
        return len(self.content) == self.length


def read_ssl2_records(data: bytes) -> Iterator[Ssl2Record | Unreadable]:
    """Read the records of a stream from its first byte on, as far as they follow one another."""
    at = 0
    while at < len(data):
        header = Reader(data[at : at + 3], "record")
        try:
            first, second = header.u8(), header.u8()
            short = bool(first & 0x80)
            padding = 0 if short else header.u8()
        except DecodeError:
            yield Unreadable(at, len(data), "the stream ends inside a record header")
            return
        whole = (first & (0x7F if short else 0x3F)) << 8 | second
        length = whole - padding
        if length <= 0:
            yield Unreadable(at, len(data), "not a record of SSL 2.0")
            return
        begin = at + (2 if short else 3)
        yield Ssl2Record(at, begin + whole, length, data[begin : begin + length])
        at = begin + whole


@dataclass(frozen=True, slots=True)
class Ssl2ServerHello:
    """The server's certificate, and the ciphers that both sides have.

    With `session_id_hit` an earlier session goes on, and there is neither. Source: section 2.6.
    """

    session_id_hit: bool
    certificate_type: Ssl2CertificateType
    server_version: ProtocolVersion
    certificate: bytes
    cipher_specs: tuple[CipherSuite, ...]
    connection_id: bytes

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """The server's certificate in DER; SSL 2.0 knows no chains."""
        return (self.certificate,) if self.certificate else ()


def decode_ssl2_server_hello(data: bytes) -> Ssl2ServerHello:
    """Decode a SERVER-HELLO, from the byte that says its type.

    Raises
    ------
    DecodeError
        If it is of another type, or bytes are missing or left over.

    Source: draft-hickman-netscape-ssl-00 section 2.6.
    """
    body = _message(data, "server_hello", SERVER_HELLO)
    session_id_hit = body.u8() != 0
    certificate_type = Ssl2CertificateType(body.u8())
    version = ProtocolVersion(body.u16())
    certificate_length, specs_length, connection_id_length = body.u16(), body.u16(), body.u16()
    hello = Ssl2ServerHello(
        session_id_hit=session_id_hit,
        certificate_type=certificate_type,
        server_version=version,
        certificate=body.part(certificate_length, "certificate").rest(),
        cipher_specs=CipherSuite.each(body.part(specs_length, "cipher_specs").list(Reader.u24)),
        connection_id=body.part(connection_id_length, "connection_id").rest(),
    )
    body.finish()
    return hello


@dataclass(frozen=True, slots=True)
class ClientMasterKey:
    """The cipher that the client picks, and the key, encrypted for the server but for `clear_key`.

    Ciphers of export strength send the greater part of the key in clear. Source: section 2.5.
    """

    cipher_kind: CipherSuite
    clear_key: bytes
    encrypted_key: bytes
    key_arg: bytes


def decode_client_master_key(data: bytes) -> ClientMasterKey:
    """Decode a CLIENT-MASTER-KEY, from the byte that says its type.

    Raises
    ------
    DecodeError
        If it is of another type, or bytes are missing or left over.

    Source: draft-hickman-netscape-ssl-00 section 2.5.
    """
    body = _message(data, "client_master_key", CLIENT_MASTER_KEY)
    cipher_kind = CipherSuite(body.u24())
    clear_length, encrypted_length, arg_length = body.u16(), body.u16(), body.u16()
    message = ClientMasterKey(
        cipher_kind=cipher_kind,
        clear_key=body.part(clear_length, "clear_key").rest(),
        encrypted_key=body.part(encrypted_length, "encrypted_key").rest(),
        key_arg=body.part(arg_length, "key_arg").rest(),
    )
    body.finish()
    return message


@dataclass(frozen=True, slots=True)
class Ssl2Alert:
    """An ERROR: what one side complains of. SSL 2.0 does not say how grave it is. Source: section 2.7."""

    description: Ssl2Error


def decode_ssl2_error(data: bytes) -> Ssl2Alert:
    """Decode an ERROR that is not encrypted, from the byte that says its type.

    Raises
    ------
    DecodeError
        If it is of another type, or not of its length.

    Source: draft-hickman-netscape-ssl-00 section 2.7.
    """
    body = _message(data, "error", ERROR)
    alert = Ssl2Alert(Ssl2Error(body.u16()))
    body.finish()
    return alert


def _message(data: bytes, name: str, type: int) -> Reader:
    """Return a reader of a message, past its type."""
    body = Reader(data, name)
    if body.u8() != type:
        body.fail("is a message of another type")
    return body


def is_ssl2_answer(data: bytes) -> bool:
    """Tell whether a stream begins with what a server of SSL 2.0 answers: SERVER-HELLO, or an ERROR.

    Of the hello its first 13 bytes are needed.
    """
    body = Reader(data[:13], "answer")
    try:
        first, second, kind = body.u8(), body.u8(), body.u8()
        length = (first & 0x7F) << 8 | second
        if not first & 0x80:
            return False
        if kind == ERROR:
            return length == ERROR_BYTES and Ssl2Error(body.u16()).is_known
        hit, certificate_type, version = body.u8(), body.u8(), body.u16()
        certificate, specs, connection_id = body.u16(), body.u16(), body.u16()
    except DecodeError:
        return False
    if hit:
        shape = hit == 1 and certificate_type == certificate == specs == 0
    else:
        shape = certificate_type == 1 and certificate > 0 and specs % 3 == 0
    return (
        kind == SERVER_HELLO
        and shape
        and version == SSL_2_0
        and 16 <= connection_id <= 32
        and length == 11 + certificate + specs + connection_id
    )
