"""Is this datagram DTLS?

UDP has no port that DTLS must use, and WebRTC puts STUN, RTP and RTCP beside it on the same ports. The first byte tells
those apart from one another (20 to 63 is DTLS), but not from the rest of the world. So a datagram is believed only if
it is made of records from its first byte to its last, and if what is readable in them makes sense. Names of DNS, moves
of games and random bytes do not.

The unified header of DTLS 1.3 has three fixed bits, far too few to begin with; it is believed behind a record that
bears its version.

Source: RFC 6347 section 4.1, RFC 7983 section 7 as updated by RFC 9443.
"""

from __future__ import annotations

from collections.abc import Callable

from tlsparse.dtls.messages import HEADER_BYTES, decode_ack, read_fragments
from tlsparse.dtls.records import (
    ACK,
    ALERT,
    CHANGE_CIPHER_SPEC,
    HANDSHAKE,
    SHORTEST_PROTECTED,
    Record,
    read_records,
)
from tlsparse.errors import DecodeError
from tlsparse.tls.alert import decode_alert
from tlsparse.tls.codes import HandshakeType

FIRST_BYTES = range(CHANGE_CIPHER_SPEC, 64)
"""First bytes of datagrams with DTLS. Source: RFC 7983 section 7."""


def looks_like_dtls(datagram: bytes) -> bool:
    """Tell whether a datagram, seen alone, is surely DTLS.

    Of a datagram that was captured in part, the first handshake header must be there.
    """
    if datagram[:2] not in _BEGINNINGS:
        return False
    try:
        return all(_makes_sense(record) for record in read_records(datagram))
    except DecodeError:
        return False


_BEGINNINGS = frozenset(bytes((kind, 0xFE)) for kind in range(CHANGE_CIPHER_SPEC, ACK + 1))


def _makes_sense(record: Record) -> bool:
    """Tell whether a record holds what its type announces. Raises `DecodeError` where it is not even near."""
    if record.is_encrypted:
        return len(record.fragment) == record.length >= SHORTEST_PROTECTED
    holds = _PLAIN.get(record.content_type)
    return holds is not None and holds(record)


def _holds_messages(record: Record) -> bool:
    if len(record.fragment) < HEADER_BYTES:
        return False
    missing = record.length - len(record.fragment)
    fragments = read_fragments(record.fragment + bytes(missing))
    believed = [next(fragments)] if missing else fragments
    return all(HandshakeType(fragment.type).is_known for fragment in believed)


def _holds_alert(record: Record) -> bool:
    alert = decode_alert(record.fragment)
    return record.length == 2 and alert.level.is_known and alert.description.is_known


def _holds_change_cipher_spec(record: Record) -> bool:
    return record.length == 1 and record.fragment == b"\x01"


def _holds_ack(record: Record) -> bool:
    return len(decode_ack(record.fragment)) > 0


# Nothing else is ever sent in the clear: no application data, no heartbeat, no connection id.
_PLAIN: dict[int, Callable[[Record], bool]] = {
    HANDSHAKE: _holds_messages,
    ALERT: _holds_alert,
    CHANGE_CIPHER_SPEC: _holds_change_cipher_spec,
    ACK: _holds_ack,
}
