"""QUIC transport parameters: what each side of a QUIC connection tells the other in its hello.

A parameter is an id, a length and a value, the first two (and most values) as integers of variable
length: the two highest bits of the first byte say whether it has 1, 2, 4 or 8 bytes.

Source: RFC 9000 sections 16 and 18, RFC 9368 section 3.
"""

from __future__ import annotations

from dataclasses import dataclass

from tlsparse.errors import DecodeError
from tlsparse.tls.codes import TransportParameterId
from tlsparse.tls.describe import describe
from tlsparse.tls.reader import Reader

# Parameters whose value is one integer. Source: RFC 9000 section 18.2, RFC 9221 section 3.
_INTEGERS = frozenset({0x01, 0x03, *range(0x04, 0x0C), 0x0E, 0x20, 0x3127, 0xFF04DE1B})
_TEXTS = frozenset({0x3129})
_VERSIONS = frozenset({0x11, 0xFF73DB})


@dataclass(frozen=True, slots=True)
class TransportParameter:
    """One parameter: an int, text, a tuple of hex versions (the chosen one first), or bytes."""

    id: TransportParameterId
    value: int | str | bytes | tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.id}={describe(self.value)}" if self.value != b"" else str(self.id)


def variable_integer(body: Reader) -> int:
    """Read an integer of 1, 2, 4 or 8 bytes. Source: RFC 9000 section 16."""
    first = body.u8()
    length = 1 << (first >> 6)
    return (first & 0x3F) << 8 * (length - 1) | int.from_bytes(body.opaque(length - 1), "big")


def transport_parameters(body: Reader) -> tuple[TransportParameter, ...]:
    """Decode the quic_transport_parameters extension, in the order sent."""
    return body.list(_parameter)


def _parameter(body: Reader) -> TransportParameter:
    code = TransportParameterId(variable_integer(body))
    data = body.part(variable_integer(body), code.name).rest()
    return TransportParameter(code, _value(code, Reader(data, code.name)))


def _value(code: TransportParameterId, body: Reader) -> int | str | bytes | tuple[str, ...]:
    """Decode one value; bytes that do not fit their id stay bytes."""
    if code in _TEXTS:
        return body.text()
    if code in _VERSIONS and len(body) % 4 == 0:
        return body.list(lambda r: f"0x{r.u32():08x}")
    data = body.rest()
    if code in _INTEGERS:
        number = Reader(data)
        try:
            value = variable_integer(number)
            number.finish()
        except DecodeError:
            return data
        return value
    return data
