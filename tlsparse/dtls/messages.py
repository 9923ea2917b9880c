"""Handshake messages, put together from fragments that arrive in any order and more than once.

Each fragment has the header of its whole message: type, length and number (``message_seq``), then which part of the
message it is. A side that gets no answer sends its flight again, the same messages with the same numbers in new
records, perhaps cut differently; the second time they are repeats. Only a message of the same number and other bytes
is a message again: a HelloVerifyRequest with a newer cookie.

Whatever is kept counts against a `Room`, so a hostile conversation cannot fill the memory.

Source: RFC 6347 sections 4.2.2 and 4.2.3, RFC 9147 sections 5.2 to 5.5 and 7 (ACK).
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from tlsparse.tls.reader import Reader

HEADER_BYTES = 12

LONGEST_MESSAGE = 1 << 18
"""A handshake message that claims more than 256 KiB is not believed: no stack accepts as much."""

PIECE_COST = 256
"""Bytes that a piece of a message costs beside its own, so that there are never many thousands of them."""


@dataclass(slots=True, frozen=True)
class Fragment:
    """A part of a handshake message, maybe all of it."""

    type: int
    length: int  # of the whole message's body
    message_seq: int
    offset: int  # of `data` within that body
    data: bytes


def read_fragments(data: bytes) -> Iterator[Fragment]:
    """Yield the fragments in a handshake record that is not encrypted.

    Raises
    ------
    DecodeError
        At the first fragment that is cut short or contradicts itself. What was yielded before it stands.

    Source: RFC 6347 section 4.2.2.
    """
    reader = Reader(data, "handshake")
    while len(reader):
        kind, length, message_seq = reader.u8(), reader.u24(), reader.u16()
        offset, fragment_length = reader.u24(), reader.u24()
        if length > LONGEST_MESSAGE:
            reader.fail(f"claims {length} bytes")
        if offset + fragment_length > length:
            reader.fail(
                f"has bytes {offset} to {offset + fragment_length} of a message of {length}"
            )
        yield Fragment(kind, length, message_seq, offset, reader.opaque(fragment_length))


class RecordNumber(NamedTuple):
    """Which record of a sender."""

    epoch: int
    sequence: int


def decode_ack(data: bytes) -> tuple[RecordNumber, ...]:
    """Decode the record numbers of an ACK that is not encrypted.

    Raises
    ------
    DecodeError
        If `data` is anything but one vector of record numbers.

    Source: RFC 9147 section 7.
    """
    body = Reader(data, "ack")
    numbers = body.vector(2, "record_numbers").list(lambda r: RecordNumber(r.u64(), r.u64()))
    body.finish()
    return numbers


class Room:
    """Bytes that may still be kept, of their own and of the larger room that they are part of."""

    def __init__(self, size: int, within: Room | None = None) -> None:
        self._left = size
        self._within = within

    def take(self, size: int) -> bool:
        """Take `size` bytes if there are as many."""
        if size > self._left or (self._within and not self._within.take(size)):
            return False
        self._left -= size
        return True

    def give(self, size: int) -> None:
        """Give `size` bytes back."""
        self._left += size
        if self._within:
            self._within.give(size)


@dataclass(slots=True, frozen=True)
class Joined:
    """One handshake message, whole."""

    type: int
    message_seq: int
    body: bytes
    repeated: bool  # the same message was whole before


@dataclass(slots=True, frozen=True)
class Unfinished:
    """A handshake message of which parts never came."""

    type: int
    message_seq: int
    length: int
    had: int  # bytes of it that came


class MessageJoiner:
    """Join the fragments that one side sends.

    Parameters
    ----------
    room
        What the messages and their pieces may occupy. A fragment for which there is none is lost, and `lost` counts it.
    """

    def __init__(self, room: Room) -> None:
        self.lost = 0
        self._room = room
        self._begun: dict[tuple[int, int, int], _Pieces] = {}
        self._whole: dict[tuple[int, int, int], list[bytes]] = {}

    def add(self, fragment: Fragment) -> Joined | None:
        """Take a fragment; return the message that it completes, if it does."""
        key = fragment.message_seq, fragment.type, fragment.length
        if len(fragment.data) == fragment.length:
            self._discard(key)
            return self._complete(key, fragment.data)
        pieces = self._begun.get(key)
        if pieces is None or not pieces.agree(fragment):
            self._discard(key)
            pieces = _Pieces()
        news = pieces.news(fragment)
        cost = sum(PIECE_COST + len(data) for _, data in news)
        if not self._room.take(cost):
            self.lost += 1
            return None
        if news:
            pieces.put(news, cost)
            self._begun[key] = pieces
        if pieces.had < fragment.length:
            return None
        body = pieces.joined()
        self._discard(key)
        return self._complete(key, body)

    def unfinished(self) -> list[Unfinished]:
        """Return the messages that have begun and were never whole, by number."""
        return [
            Unfinished(kind, message_seq, length, pieces.had)
            for (message_seq, kind, length), pieces in sorted(
                self._begun.items(), key=itemgetter(0)
            )
            if (message_seq, kind, length) not in self._whole
        ]

    def _complete(self, key: tuple[int, int, int], body: bytes) -> Joined | None:
        message_seq, kind, _ = key
        known = self._whole.get(key, [])
        if body in known:
            return Joined(kind, message_seq, known[known.index(body)], repeated=True)
        if not self._room.take(PIECE_COST + len(body)):
            self.lost += 1
            return None
        self._whole[key] = [*known, body]
        return Joined(kind, message_seq, body, repeated=False)

    def _discard(self, key: tuple[int, int, int]) -> None:
        pieces = self._begun.pop(key, None)
        if pieces:
            self._room.give(pieces.cost)


class _Pieces:
    """What there is of one message: pieces that do not overlap, in order."""

    def __init__(self) -> None:
        self.had = 0  # bytes
        self.cost = 0
        self._pieces: list[tuple[int, bytes]] = []

    def agree(self, fragment: Fragment) -> bool:
        """Tell whether a fragment says the same as the pieces, where they overlap."""
        begin, end = fragment.offset, fragment.offset + len(fragment.data)
        for start, data in self._touched(begin, end):
            low, high = max(begin, start), min(end, start + len(data))
            if data[low - start : high - start] != fragment.data[low - begin : high - begin]:
                return False
        return True

    def news(self, fragment: Fragment) -> list[tuple[int, bytes]]:
        """Return the parts of a fragment that no piece has yet."""
        at, end = fragment.offset, fragment.offset + len(fragment.data)
        news = []
        for start, data in [*self._touched(at, end), (end, b"")]:
            if at < start:
                news.append((at, fragment.data[at - fragment.offset : start - fragment.offset]))
            at = max(at, start + len(data))
        return news

    def put(self, news: list[tuple[int, bytes]], cost: int) -> None:
        """Add pieces that overlap with none."""
        for piece in news:
            insort(self._pieces, piece)
            self.had += len(piece[1])
        self.cost += cost

    def joined(self) -> bytes:
        """Return all pieces as one."""
        return b"".join(data for _, data in self._pieces)

    def _touched(self, begin: int, end: int) -> list[tuple[int, bytes]]:
        """Return the pieces that have a byte from `begin` up to `end`."""
        first = bisect_right(self._pieces, begin, key=itemgetter(0))
        if first:
            start, data = self._pieces[first - 1]
            first -= start + len(data) > begin
        last = bisect_right(self._pieces, end - 1, key=itemgetter(0))
        return self._pieces[first:last]
