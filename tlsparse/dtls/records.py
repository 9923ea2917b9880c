"""Where are the records in a datagram?

A datagram holds one record or several, and no record spans two datagrams. A record has one of three headers:

- up to DTLS 1.2, and in DTLS 1.3 before there are keys: type, version, epoch, sequence number and length, 13 bytes;
- with a connection id, the same of type tls12_cid, with the id before the length;
- in DTLS 1.3 with keys, the unified header: a byte that begins with the bits 001 and says which of connection id,
  second byte of the sequence number and length follow.

A connection id does not say how long it is: the hellos did. Where they were not seen, a record that fills its datagram
shows it, because then only one length fits.

Source: RFC 6347 section 4.1 (DTLS 1.2), RFC 9146 section 4 (connection ids), RFC 9147 section 4 (DTLS 1.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tlsparse.tls.codes import DTLS_1_0, DTLS_1_2, DTLS_1_3
from tlsparse.tls.reader import Reader

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, HEARTBEAT = 20, 21, 22, 23, 24
TLS12_CID, ACK = 25, 26

HEADER_VERSIONS = frozenset((DTLS_1_0, DTLS_1_2))
"""What the version field of a header may hold: that of a DTLS 1.3 record says DTLS 1.2 (RFC 9147 section 4)."""

LONGEST_FRAGMENT = 18432
"""2^14 + 2048, what RFC 6347 section 4.1.2.7 allows for a ciphertext, as RFC 5246 section 6.2.3 does."""

SHORTEST_PROTECTED = 16
"""The sequence number is masked with as many bytes of the ciphertext (RFC 9147 section 4.2.3)."""

LONGEST_GUESSED_ID = 32
"""Connection ids of more bytes exist in theory only; without the hellos they are not searched for."""


@dataclass(slots=True, frozen=True)
class Record:
    """One record, with as much of its fragment as was captured."""

    content_type: int  # application_data for a unified header: the true type is encrypted
    version: int  # 0xfefc for a unified header, which has no such field
    epoch: int  # of a unified header only the two low bits
    sequence: int  # of a unified header the 8 or 16 bits, encrypted, as they were sent
    length: int  # of the fragment, as the header says
    fragment: bytes  # shorter than `length` where the packet was cut
    connection_id: bytes = b""

    @property
    def is_unified(self) -> bool:
        """Whether the header is the unified one of DTLS 1.3."""
        return self.version == DTLS_1_3

    @property
    def is_encrypted(self) -> bool:
        """Whether the fragment is protected: everything is from epoch 1 on."""
        return self.epoch > 0 or self.is_unified


def read_records(datagram: bytes, connection_id_length: int | None = None) -> Iterator[Record]:
    """Yield the records of a datagram.

    Parameters
    ----------
    datagram
        Payload of one UDP packet.
    connection_id_length
        Length in bytes of the connection id in records of this sender; None if it is not known.

    Raises
    ------
    DecodeError
        At the first record that is none. What was yielded before it stands.
    """
    reader = Reader(datagram, "record")
    while len(reader):
        first = reader.u8()
        if first & 0xE0 == 0x20:
            yield _unified(reader, first, connection_id_length)
        elif CHANGE_CIPHER_SPEC <= first <= ACK:
            yield _versioned(reader, first, connection_id_length)
        else:
            reader.fail(f"has a content type of {first}")


def _versioned(reader: Reader, content_type: int, id_length: int | None) -> Record:
    """Read a record that bears its version, past the content type."""
    version = reader.u16()
    if version not in HEADER_VERSIONS:
        reader.fail(f"has a version of 0x{version:04x}")
    epoch = reader.u16()
    sequence = int.from_bytes(reader.opaque(6), "big")
    connection_id = b""
    if content_type == TLS12_CID:
        reader, id_length = _with_id_length(reader, id_length, before_length=0)
        connection_id = reader.opaque(id_length)
    length = reader.u16()
    fragment = _fragment(reader, length)
    return Record(content_type, version, epoch, sequence, length, fragment, connection_id)


def _unified(reader: Reader, first: int, id_length: int | None) -> Record:
    """Read a record with a unified header, past its first byte: 0 0 1 C S L E E."""
    has_id, long_sequence, has_length = first & 0x10, first & 0x08, first & 0x04
    connection_id = b""
    if has_id:
        if has_length:
            reader, id_length = _with_id_length(reader, id_length, 2 if long_sequence else 1)
        connection_id = reader.opaque(id_length or 0)
    sequence = reader.u16() if long_sequence else reader.u8()
    length = reader.u16() if has_length else len(reader)
    if length < SHORTEST_PROTECTED:
        reader.fail(f"has {length} protected bytes, needs {SHORTEST_PROTECTED}")
    fragment = _fragment(reader, length)
    epoch = first & 0x03
    return Record(APPLICATION_DATA, DTLS_1_3, epoch, sequence, length, fragment, connection_id)


def _fragment(reader: Reader, length: int) -> bytes:
    """Read a fragment, or what was captured of it."""
    if length > LONGEST_FRAGMENT:
        reader.fail(f"claims {length} bytes")
    return reader.opaque(min(length, len(reader)))


def _with_id_length(
    reader: Reader, id_length: int | None, before_length: int
) -> tuple[Reader, int]:
    """Return a reader at the same place and the length of the connection id that begins there.

    A length that is not known is the one with which the record ends where the datagram does; `before_length` bytes lie
    between the id and the length of the record.
    """
    if id_length is not None:
        return reader, id_length
    start = reader.offset
    rest = reader.rest()
    for guess in range(min(LONGEST_GUESSED_ID + 1, len(rest) - before_length - 1)):
        at = guess + before_length
        if rest[at] << 8 | rest[at + 1] == len(rest) - at - 2:
            return Reader(rest, "record", start), guess
    reader.fail("has a connection id of unknown length")
