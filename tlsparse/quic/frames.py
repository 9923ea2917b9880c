"""Frames: what an opened Initial packet holds.

Only five kinds may be in one: PADDING, PING, ACK, CRYPTO and CONNECTION_CLOSE. A frame does not say how long it is, so
behind one of an unknown kind nothing can be read.

Source: RFC 9000 sections 12.4, 17.2.2 and 19.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from tlsparse.quic.packet import variable_integer
from tlsparse.tls.reader import Reader

CRYPTO_ERROR = range(0x0100, 0x0200)
"""Error codes that are a TLS alert, in their lowest byte (RFC 9000 section 20.1)."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Asks for an acknowledgment. Source: RFC 9000 section 19.2."""


@dataclass(frozen=True, slots=True)
class Ack:
    """Packets of the other side that arrived. Source: RFC 9000 section 19.3.

    Attributes
    ----------
    delay
        Between arrival and acknowledgment, as encoded.
    ranges
        First and last packet number of each range, the highest range first.
    """

    delay: int
    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Crypto:
    """A piece of the handshake messages. Source: RFC 9000 section 19.6."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class ConnectionClose:
    """Ends the connection. Source: RFC 9000 section 19.19.

    Attributes
    ----------
    frame_type
        The frame that the error was found in; 0 where that is not known, None where the application closed.
    reason
        For people to read, with an escape for each byte that is not printable ASCII.
    """

    error_code: int
    frame_type: int | None
    reason: str

    @property
    def alert(self) -> int | None:
        """The TLS alert that the error code stands for. Source: RFC 9001 section 4.8."""
        if self.frame_type is None or self.error_code not in CRYPTO_ERROR:
            return None
        return self.error_code & 0xFF


Frame: TypeAlias = Ping | Ack | Crypto | ConnectionClose


def read_frames(payload: bytes) -> Iterator[Frame]:
    """Read the frames of an Initial packet, front to back, and pass over the padding.

    Parameters
    ----------
    payload
        What a packet held, decrypted.

    Yields
    ------
    Frame
        All that could be read before anything that cannot.

    Raises
    ------
    DecodeError
        A frame is cut short, or is of a kind that no Initial packet may hold.
    """
    body = Reader(payload, "quic_frame")
    while True:
        _skip_padding(payload, body)
        if not len(body):
            return
        kind = variable_integer(body)
        read = _FRAMES.get(kind)
        if read is None:
            body.fail(f"is of type 0x{kind:02x}, which no Initial packet may hold,")
        yield read(body)


_ZEROS = re.compile(rb"\x00*")


def _skip_padding(payload: bytes, body: Reader) -> None:
    """Step over PADDING frames, a thousand as fast as one. Source: RFC 9000 section 19.1."""
    zeros = _ZEROS.match(payload, body.offset)
    if zeros:
        body.opaque(zeros.end() - zeros.start())


def _read_ack(body: Reader, *, ecn: bool) -> Ack:
    high = variable_integer(body)
    delay = variable_integer(body)
    more = variable_integer(body)
    low = high - variable_integer(body)
    ranges = [(low, high)]
    for _ in range(more):
        high = low - variable_integer(body) - 2
        low = high - variable_integer(body)
        ranges.append((low, high))
    if low < 0:
        body.fail("acknowledges packets before the first")
    if ecn:
        for _ in range(3):  # ECT0, ECT1 and ECN-CE counts
            variable_integer(body)
    return Ack(delay, tuple(ranges))


def _read_crypto(body: Reader) -> Crypto:
    offset = variable_integer(body)
    return Crypto(offset, body.part(variable_integer(body), "crypto_data").rest())


def _read_close(body: Reader, *, of_application: bool) -> ConnectionClose:
    error_code = variable_integer(body)
    frame_type = None if of_application else variable_integer(body)
    reason = body.part(variable_integer(body), "reason_phrase").text()
    return ConnectionClose(error_code, frame_type, reason)


_FRAMES: Mapping[int, Callable[[Reader], Frame]] = {
    0x01: lambda body: Ping(),
    0x02: partial(_read_ack, ecn=False),
    0x03: partial(_read_ack, ecn=True),
    0x06: _read_crypto,
    0x1C: partial(_read_close, of_application=False),
    0x1D: partial(_read_close, of_application=True),
}
