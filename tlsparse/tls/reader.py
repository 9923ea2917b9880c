"""A cursor over bytes that cannot run past its end.

A TLS structure is numbers, fixed runs of bytes, and vectors: a length, then that many bytes. A
`Reader` walks over it forwards only. A vector gives a child reader that sees no byte beyond the
vector's own length, so every decoder above is straight-line code in the words of the RFC, with no
offset, slice or length check. This is the only module of `tlsparse.tls` that slices bytes. The
input is hostile: whatever is missing or left over raises `DecodeError`, which names the structure
(``client_hello.cipher_suites``) and the byte.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, TypeVar

from tlsparse.errors import DecodeError

if TYPE_CHECKING:
    from tlsparse.tls.codes import Code

T = TypeVar("T")
C = TypeVar("C", bound="Code")


class Reader:
    """Read numbers, bytes and vectors from `data`, front to back.

    Parameters
    ----------
    data
        The bytes of one structure, from its first to its last.
    structure
        Its name, as the RFC writes it; errors begin with it.
    start
        Offset of the first byte of `data` within the message body, for errors.
    """

    __slots__ = ("_at", "_data", "_end", "_start", "structure")

    def __init__(self, data: bytes, structure: str = "", start: int = 0) -> None:
        self._data = data
        self._at = 0
        self._end = len(data)
        self._start = start
        self.structure = structure

    def __len__(self) -> int:
        """Bytes left."""
        return self._end - self._at

    @property
    def offset(self) -> int:
        """Offset of the next byte within the message body."""
        return self._start + self._at

    def u8(self) -> int:
        """Read one byte as a number."""
        at = self._at
        if at >= self._end:
            self._fail_short(1)
        self._at = at + 1
        return self._data[at]

    def u16(self) -> int:
        """Read two bytes as a number, most significant first."""
        at = self._at
        if at + 2 > self._end:
            self._fail_short(2)
        self._at = at + 2
        return self._data[at] << 8 | self._data[at + 1]

    def u24(self) -> int:
        """Read three bytes as a number, most significant first."""
        return int.from_bytes(self.opaque(3), "big")

    def u32(self) -> int:
        """Read four bytes as a number, most significant first."""
        return int.from_bytes(self.opaque(4), "big")

    def u64(self) -> int:
        """Read eight bytes as a number, most significant first."""
        return int.from_bytes(self.opaque(8), "big")

    def opaque(self, length: int) -> bytes:
        """Read exactly `length` bytes."""
        at = self._at
        end = at + length
        if end > self._end:
            self._fail_short(length)
        self._at = end
        return self._data[at:end]

    def vector(self, width: int, name: str, minimum: int = 0) -> Reader:
        """Read a length of `width` bytes and return a reader of as many bytes as it says.

        Parameters
        ----------
        width
            Size of the length prefix in bytes: 1, 2 or 3.
        name
            The vector's name, appended to the name of this structure.
        minimum
            The least length, in bytes, with which the vector still means something.

        Raises
        ------
        DecodeError
            If the vector is longer than what is left, or shorter than `minimum`.
        """
        length = self.u16() if width == 2 else self.u8() if width == 1 else self.u24()
        child = self.part(length, name)
        if length < minimum:
            child.fail(f"is {length} bytes long, needs {minimum}")
        return child

    def part(self, length: int, name: str) -> Reader:
        """Return a reader of the next `length` bytes, named as by `vector`, and step over them."""
        child = Reader.__new__(Reader)
        child._data = self._data
        child._at = at = self._at
        child._end = self._end
        child._start = self._start
        child.structure = f"{self.structure}.{name}" if self.structure else name
        if at + length > self._end:
            child._fail_short(length)
        child._end = self._at = at + length
        return child

    def list(self, read: Callable[[Reader], T]) -> tuple[T, ...]:
        """Call `read` on this reader until no byte is left, and return what it gave."""
        items = []
        while self._at < self._end:
            before = self._at
            items.append(read(self))
            if self._at == before:
                self.fail("has an element of no bytes")
        return tuple(items)

    def codes(self, kind: type[C], width: int = 2) -> tuple[C, ...]:
        """Read all that is left as code points of `width` bytes (1 or 2) each."""
        count, odd = divmod(self._end - self._at, width)
        if odd:
            self.fail(f"is {len(self)} bytes long, no multiple of {width}")
        values = struct.unpack_from(f">{count}{'BH'[width - 1]}", self._data, self._at)
        self._at = self._end
        return kind.each(values)

    def rest(self) -> bytes:
        """Read all that is left, maybe nothing."""
        return self.opaque(self._end - self._at)

    def text(self) -> str:
        """Read all that is left as printable ASCII, with an escape for each other byte."""
        text = self.rest().decode("ascii", "backslashreplace")
        if text.isprintable():
            return text
        return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)

    def finish(self) -> None:
        """Raise `DecodeError` if any byte is left."""
        if self._at != self._end:
            self.fail(f"has {len(self)} bytes left over")

    def fail(self, reason: str) -> NoReturn:
        """Raise `DecodeError` for this structure, at the next byte."""
        raise DecodeError(self.structure, reason, self.offset)

    def _fail_short(self, length: int) -> NoReturn:
        self.fail(f"needs {length} bytes, has {len(self)}")
