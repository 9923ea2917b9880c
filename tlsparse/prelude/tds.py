"""TDS, the packets of Microsoft SQL Server, and TLS inside them.

Every packet has a header of eight bytes: type, status, length, and what does not matter here. Up to TDS 7.4 the TLS
handshake travels as the data of packets of type PRELOGIN, so that a record may begin in one packet and end in
another; once it is over, records follow one another without TDS around them. `unwrap` takes the packets away and
keeps the way back. (In TDS 8 there is TLS from the first byte, and nothing to unwrap.)

Source: [MS-TDS] sections 2.2.3.1 (packet header), 2.2.6.5 (PRELOGIN) and 3.2.5.1 to 3.2.5.3 (TLS negotiation).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tlsparse.errors import DecodeError
from tlsparse.tls.reader import Reader

PRELOGIN, TABULAR_RESULT = 0x12, 0x04
END_OF_MESSAGE = 0x01
HEADER_BYTES = 8
RECORD_HEADER_BYTES = 5


class Packet(NamedTuple):
    """One TDS packet."""

    type: int
    status: int
    start: int  # offset of its header
    data: bytes  # shorter than the header says where the bytes end
    whole: bool

    @property
    def end(self) -> int:
        """Offset after its last byte."""
        return self.start + HEADER_BYTES + len(self.data)


class Piece(NamedTuple):
    """Consecutive bytes of TLS, and where they were in the stream."""

    tls: int  # offset among the bytes of TLS
    stream: int  # offset in the bytes that were unwrapped
    length: int


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """One direction's bytes of TLS."""

    data: bytes
    pieces: tuple[Piece, ...]

    def place(self, offset: int) -> int:
        """Return where in the stream a byte of TLS was; one past the end was after the last."""
        if not self.pieces:
            return offset
        piece = self.pieces[max(0, bisect_right(self.pieces, offset, key=lambda p: p.tls) - 1)]
        return piece.stream + offset - piece.tls


def unwrap(data: bytes) -> Unwrapped:
    """Take the TDS packets away from around the TLS of one direction.

    Parameters
    ----------
    data
        What one side sent, from its first byte on. Its own prelogin message is passed over.

    Returns
    -------
    Unwrapped
        The handshake out of its packets and the records that follow it; nothing where there is no TLS inside TDS.
    """
    pieces: list[Piece] = []
    parts: list[bytes] = []
    at = length = 0
    for packet in read_packets(data):
        if not pieces and not _begins_record(packet.data):
            at = packet.end
            continue
        if packet.type != PRELOGIN:
            break
        at = packet.end
        pieces.append(Piece(length, packet.start + HEADER_BYTES, len(packet.data)))
        parts.append(packet.data)
        length += len(packet.data)
    end = _end_of_records(data, at)
    if pieces and end > at:
        pieces.append(Piece(length, at, end - at))
        parts.append(data[at:end])
    return Unwrapped(b"".join(parts), tuple(pieces))


def read_packets(data: bytes) -> Iterator[Packet]:
    """Yield the packets from the first byte on, of the two types in which a connection begins."""
    reader = Reader(data, "tds")
    while len(reader):
        start = reader.offset
        try:
            kind, status, length = reader.u8(), reader.u8(), reader.u16()
            reader.opaque(4)  # SPID, number, window
        except DecodeError:
            return
        if kind not in (PRELOGIN, TABULAR_RESULT) or status > 0x1F or length <= HEADER_BYTES:
            return
        size = min(length - HEADER_BYTES, len(reader))
        body = reader.opaque(size)
        yield Packet(kind, status, start, body, size == length - HEADER_BYTES)


def _begins_record(data: bytes) -> bool:
    """Tell whether the data of a packet begin with a record of the handshake, or its alert."""
    return data[:1] in (b"\x15", b"\x16") and data[1:2] == b"\x03"


def _end_of_records(data: bytes, at: int) -> int:
    """Follow records from an offset on and return where they end."""
    while data[at : at + 1] in (b"\x14", b"\x15", b"\x16", b"\x17") and data[at + 1 : at + 2] in (
        b"\x03",
        b"",
    ):
        header = data[at : at + RECORD_HEADER_BYTES]
        if len(header) < RECORD_HEADER_BYTES:
            return len(data)
        at = min(len(data), at + RECORD_HEADER_BYTES + int.from_bytes(header[3:], "big"))
    return at
