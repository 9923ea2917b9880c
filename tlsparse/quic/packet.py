"""Packets: what can be read of a datagram without any key.

A datagram holds one packet or several. All but the last have a long header, which says how long they are; a packet
with a short header (1-RTT) goes on to the end of the datagram. What all versions share is the first bit, the version
and the two connection ids. The rest depends on the version: version 2 gives the four packet types other numbers.

`looks_like_quic` is for datagrams on ports where anything may be spoken. It is strict: whatever it takes is QUIC but
for an accident of many bytes. A port number proves nothing and is not asked for.

Source: RFC 8999 section 5, RFC 9000 sections 12.2 and 17, RFC 9369 section 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tlsparse.errors import DecodeError
from tlsparse.tls.reader import Reader

QUIC_1 = 0x00000001
QUIC_2 = 0x6B3343CF
DRAFTS = range(0xFF00001D, 0xFF000023)
"""The drafts 29 to 34 of version 1, whose packets have the form of version 1."""

VERSIONS = frozenset({QUIC_1, QUIC_2, *DRAFTS})
"""The versions whose Initial packets can be opened."""

LONGEST_ID = 20
"""Bytes in a connection id, at most (RFC 9000 section 17.2)."""

LONG_HEADER, FIXED_BIT = 0x80, 0x40

SAMPLED = 4 + 16
"""Bytes that must follow the header, for a sample of 16 to be taken after the longest packet number."""

_TAG = 16  # bytes of the Retry Integrity Tag


class PacketType(StrEnum):
    """Which packet it is, in the words of RFC 9000."""

    INITIAL = "initial"
    ZERO_RTT = "0-rtt"
    HANDSHAKE = "handshake"
    RETRY = "retry"
    VERSION_NEGOTIATION = "version_negotiation"
    ONE_RTT = "1-rtt"
    UNKNOWN = "unknown"  # of a version that is none of VERSIONS


# By the two bits of the first byte. Source: RFC 9000 section 17.2, RFC 9369 section 3.2.
_TYPES = (PacketType.INITIAL, PacketType.ZERO_RTT, PacketType.HANDSHAKE, PacketType.RETRY)
_TYPES_2 = (PacketType.RETRY, PacketType.INITIAL, PacketType.ZERO_RTT, PacketType.HANDSHAKE)


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet, still protected.

    Attributes
    ----------
    version
        As the long header says; 0 in a version negotiation and in a short header.
    destination_id
        Empty in a short header, which does not tell how long its id is: it follows the first byte of `data`.
    token
        Of an Initial or a Retry.
    versions
        What a version negotiation offers.
    data
        The packet, from its first byte to its last.
    number_at
        Where in `data` the protected packet number begins; 0 where there is none, or its place is not known.
    """

    type: PacketType
    version: int
    destination_id: bytes
    source_id: bytes
    data: bytes
    number_at: int = 0
    token: bytes = b""
    versions: tuple[int, ...] = ()


def read_packets(datagram: bytes) -> Iterator[Packet]:
    """Cut a datagram into its packets, front to back.

    Parameters
    ----------
    datagram
        The payload of UDP, whole.

    Yields
    ------
    Packet
        All that could be read before anything that cannot. Zeros after the last packet are padding.

    Raises
    ------
    DecodeError
        What comes next is no packet, is cut short, or is addressed to another connection than the first, which no
        sender may do.

    Source: RFC 9000 section 12.2.
    """
    body = Reader(datagram, "quic_packet")
    first_id = None
    while len(body):
        begin = body.offset
        first = datagram[begin]
        if first & LONG_HEADER:
            packet = _read_long_header(datagram, body)
            if first_id is None:
                first_id = packet.destination_id
            elif packet.destination_id != first_id:
                body.fail("is addressed to another connection than the packet before it")
        elif first & FIXED_BIT or (first_id and datagram.startswith(first_id, begin + 1)):
            packet = Packet(PacketType.ONE_RTT, 0, b"", b"", body.rest())
        elif any(body.rest()):
            body.fail("has bytes before it that are no packet")
        else:
            return
        yield packet


def looks_like_quic(datagram: bytes) -> bool:
    """Tell whether a datagram surely begins with a QUIC packet that has a long header.

    That is: it holds whole packets of a known version from its first byte to its last; or is a version negotiation that
    offers a version known or reserved; or the beginning of a connection in a reserved version, made to be refused.
    A datagram that was cut in the capture is not recognized, nor one with a short header only.
    """
    if len(datagram) < 7 or not datagram[0] & LONG_HEADER:
        return False
    version = int.from_bytes(datagram[1:5], "big")
    if version in VERSIONS:
        return bool(datagram[0] & FIXED_BIT) and _is_whole(datagram)
    if version == 0:
        return _is_version_negotiation(datagram)
    return is_reserved(version) and len(datagram) >= 1200 and _is_whole(datagram)


def is_reserved(version: int) -> bool:
    """Tell whether a version is one of 0x?a?a?a?a, reserved to be refused. Source: RFC 9000 section 15."""
    return version & 0x0F0F0F0F == 0x0A0A0A0A


def version_name(version: int) -> str:
    """Name a version: ``QUIC v1``, ``QUIC draft-29``, ``grease_0x1a2a3a4a``, ``unknown_0x51303530``."""
    if version in DRAFTS:
        return f"QUIC draft-{version & 0xFF}"
    names = {QUIC_1: "QUIC v1", QUIC_2: "QUIC v2"}
    return (
        names.get(version) or f"{'grease' if is_reserved(version) else 'unknown'}_0x{version:08x}"
    )


def variable_integer(body: Reader) -> int:
    """Read an integer of 1, 2, 4 or 8 bytes. Source: RFC 9000 section 16."""
    first = body.u8()
    length = 1 << (first >> 6)
    return (first & 0x3F) << 8 * (length - 1) | int.from_bytes(body.opaque(length - 1), "big")


def _is_whole(datagram: bytes) -> bool:
    try:
        return bool(list(read_packets(datagram)))
    except DecodeError:
        return False


def _is_version_negotiation(datagram: bytes) -> bool:
    try:
        packet = next(read_packets(datagram))
    except DecodeError:
        return False
    return any(version in VERSIONS or is_reserved(version) for version in packet.versions)


def _read_long_header(datagram: bytes, body: Reader) -> Packet:
    """Read one packet with a long header. Source: RFC 9000 section 17.2."""
    begin = body.offset
    first = body.u8()
    version = body.u32()
    destination_id = _read_connection_id(body, "destination_connection_id")
    source_id = _read_connection_id(body, "source_connection_id")
    number_at = 0
    token = b""
    versions: tuple[int, ...] = ()
    kind = _type_of(first, version)
    if kind is PacketType.VERSION_NEGOTIATION:
        versions = body.list(Reader.u32)
    elif kind is PacketType.UNKNOWN:
        body.rest()
    elif kind is PacketType.RETRY:
        token = body.part(max(1, len(body) - _TAG), "retry_token").rest()
        body.opaque(_TAG)
    else:
        if kind is PacketType.INITIAL:
            token = body.part(variable_integer(body), "token").rest()
        length = variable_integer(body)
        number_at = body.offset - begin
        if length < SAMPLED:
            body.fail(f"has {length} bytes to protect, needs {SAMPLED}")
        body.part(length, "payload")
    data = datagram[begin : body.offset]
    return Packet(kind, version, destination_id, source_id, data, number_at, token, versions)


def _type_of(first: int, version: int) -> PacketType:
    if version == 0:
        return PacketType.VERSION_NEGOTIATION
    if version not in VERSIONS:
        return PacketType.UNKNOWN
    return (_TYPES_2 if version == QUIC_2 else _TYPES)[first >> 4 & 3]


def _read_connection_id(body: Reader, name: str) -> bytes:
    child = body.vector(1, name)
    if len(child) > LONGEST_ID:
        child.fail(f"is {len(child)} bytes long, may have {LONGEST_ID}")
    return child.rest()
