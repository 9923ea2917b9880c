"""Where are the records in a stream, and where are the messages in the records?

Finding boundaries and understanding contents never mix: this file knows the five bytes of a record header and the four
of a handshake message, and nothing of what they carry. A stream comes as *runs*, pairs of offset and bytes, with holes
between them; the body of application data may well be in a hole, since nobody needs it.

After a hole that swallowed a header, reading goes on at the next place that looks like a record; what was passed over
is said (`Unreadable`).

Source: RFC 9846 section 5.1, RFC 5246 section 6.2.1 (records); RFC 9846 section 4, RFC 5246 section 7.4 (messages).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, HEARTBEAT = 20, 21, 22, 23, 24

HEADER_BYTES = 5

LONGEST_FRAGMENT = 18432
"""2^14 + 2048, what RFC 5246 section 6.2.3 allows for a ciphertext."""

LONGEST_MESSAGE = 1 << 18
"""A handshake message that claims more than 256 KiB is not believed: no stack accepts as much."""

NOT_TLS = "not a TLS record"

MISSING = "bytes of a handshake message are missing"

Runs = Sequence[tuple[int, bytes]]


class Record(NamedTuple):
    """One record, with as much of its fragment as there is."""

    content_type: int
    version: int
    start: int  # offset of its header in the stream
    length: int  # of the fragment, as the header says
    fragment: bytes  # shorter than `length` where bytes are missing or were not wanted

    @property
    def end(self) -> int:
        """Offset after its last byte."""
        return self.start + HEADER_BYTES + self.length


@dataclass(slots=True, frozen=True)
class Unreadable:
    """A part of a stream that is no record."""

    start: int
    end: int
    reason: str


def read_records(runs: Runs, begin: int) -> Iterator[Record | Unreadable]:
    """Read all records of a stream, from offset `begin` on."""
    at = begin
    for start, data in runs:
        end = start + len(data)
        if at >= end:
            continue
        if at < start:
            found = find_record(data, 0)
            if found:
                stop = end if found < 0 else start + found
                yield Unreadable(start, stop, "no record begins after a gap")
            at = end if found < 0 else start + found
        while at + HEADER_BYTES <= end:
            place = at - start
            kind, major, minor, high, low = data[place : place + HEADER_BYTES]
            length = high << 8 | low
            if (
                not CHANGE_CIPHER_SPEC <= kind <= HEARTBEAT
                or length > LONGEST_FRAGMENT
                or (major != 3 and not begins_hello(data, place))
            ):
                found = find_record(data, place + 1)
                stop = end if found < 0 else start + found
                yield Unreadable(at, stop, NOT_TLS)
                at = stop
                continue
            body = place + HEADER_BYTES
            yield Record(kind, major << 8 | minor, at, length, data[body : body + length])
            at += HEADER_BYTES + length
        if at < end:
            yield Unreadable(at, end, "the stream ends inside a record header")
            at = end


_RECORD = re.compile(rb"[\x14-\x17]\x03[\x00-\x04]", re.DOTALL)


def find_record(data: bytes, begin: int) -> int:
    """Return the first place in `data`, from `begin` on, where a record surely begins; -1 if none does."""
    for match in _RECORD.finditer(data, begin):
        if begins_record(data, match.start()):
            return match.start()
    return -1


def begins_record(data: bytes, at: int) -> bool:
    """Tell whether a record surely begins at a place: it ends where the next record begins, or the bytes end."""
    if at + HEADER_BYTES > len(data) or not _RECORD.match(data, at):
        return False
    length = data[at + 3] << 8 | data[at + 4]
    following = at + HEADER_BYTES + length
    if length > LONGEST_FRAGMENT or following > len(data):
        return False
    return bool((length and following == len(data)) or _RECORD.match(data, following))


_HELLO = re.compile(rb"\x16..[\x00-\x48].[\x01\x02]\x00..\x03[\x00-\x04]", re.DOTALL)


def begins_hello(data: bytes, at: int) -> bool:
    """Tell whether a record with the beginning of a hello is at a place, whatever version the record says it has."""
    return _HELLO.match(data, at) is not None


_CLIENT_HELLO = re.compile(rb"\x16\x03[\x00-\x04]..\x01\x00..\x03[\x00-\x04]", re.DOTALL)


def find_client_hello(data: bytes) -> int:
    """Return where a record with the beginning of a ClientHello begins in `data`; -1 if none does.

    At the very beginning the record may hold as little as one byte of it.
    """
    if data[:2] == b"\x16\x03" and len(data) > 5 and data[2] <= 4 and data[5] == 1:
        return 0
    if begins_hello(data, 0) and data[5] == 1:
        return 0  # in a record of a version that there is not
    match = _CLIENT_HELLO.search(data)
    return match.start() if match else -1


def is_ssl2_client_hello(data: bytes) -> bool:
    """Tell whether a stream begins with a ClientHello in the form of SSL 2.0 (RFC 5246 appendix E.2)."""
    if len(data) < 11 or not data[0] & 0x80 or data[2] != 1:
        return False
    version = data[3] << 8 | data[4]
    suites, session, challenge = (data[at] << 8 | data[at + 1] for at in (5, 7, 9))
    return (
        (version == 0x0002 or 0x0300 <= version <= 0x0304)
        and suites > 0
        and suites % 3 == 0
        and session in (0, 16)
        and 8 <= challenge <= 32
        and (data[0] & 0x7F) << 8 | data[1] == 9 + suites + session + challenge
    )


class Fragmented(NamedTuple):
    """One handshake message, put together from the records that carried it."""

    type: int
    body: bytes
    start: int  # offset in the stream of the record in which it begins


class MessageJoiner:
    """Join the fragments of handshake records to whole messages.

    Several messages may share a record, and one may span many (RFC 9846 section 5.1).
    """

    def __init__(self) -> None:
        self._pieces: list[bytes] = []  # of a message that has begun and not ended
        self._had = 0  # bytes in them
        self._start = 0
        self._owed = 0  # bytes still to come of a message that was given up

    def add(self, record: Record) -> Iterable[Fragmented | Unreadable]:
        """Take the fragment of a handshake record; return the messages that it completes.

        A message ends with the record that holds its last byte: no stack reads half a record.
        """
        fragment = record.fragment
        if (
            not self._had
            and not self._owed
            and 4 <= len(fragment) == record.length == 4 + int.from_bytes(fragment[1:4], "big")
        ):  # one whole message, as in most records
            return (Fragmented(fragment[0], fragment[4:], record.start),)
        return self._join(record)

    def _join(self, record: Record) -> Iterator[Fragmented | Unreadable]:
        rest = min(self._owed, record.length)
        self._owed -= rest
        fragment = record.fragment[rest:]
        if not self._had:
            self._start = record.start
        if fragment:
            self._pieces.append(fragment)
            self._had += len(fragment)
        if self._had >= 4 and not self._had < self._wanted() <= 4 + LONGEST_MESSAGE:
            yield from self._whole_messages(record)
        missing = record.length - len(record.fragment)
        if missing and self._had:
            self._owed = max(0, self._wanted() - self._had - missing)
            yield self._drop(record.end, MISSING)

    def interrupt(self, at: int) -> Unreadable | None:
        """Give up the message that has begun, since the records before stream offset `at` are missing."""
        self._owed = 0
        return self._drop(at, MISSING) if self._had else None

    def finish(self) -> Unreadable | None:
        """Tell of a message whose end never came."""
        if not self._had:
            return None
        kind, wanted = self._pieces[0][0], self._wanted() - 4
        return Unreadable(
            self._start,
            self._start,
            f"a handshake message of type {kind} ends after {max(0, self._had - 4)} of {wanted} bytes",
        )

    @property
    def pending(self) -> bool:
        """Whether a message has begun and not ended."""
        return self._had > 0

    def _wanted(self) -> int:
        """Return the length of the message that has begun, its header included; 4 while that is not known."""
        head = self._pieces[0]
        if len(head) < 4:
            head = b"".join(self._pieces)
            self._pieces = [head]
        return 4 + int.from_bytes(head[1:4], "big") if len(head) >= 4 else 4

    def _whole_messages(self, record: Record) -> Iterator[Fragmented | Unreadable]:
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        at = 0
        while len(data) - at >= 4:
            length = int.from_bytes(data[at + 1 : at + 4], "big")
            if length > LONGEST_MESSAGE:
                yield self._drop(record.end, f"a message claims {length} bytes")
                return
            end = at + 4 + length
            if end > len(data):
                break
            yield Fragmented(data[at], data[at + 4 : end], self._start)
            at = end
            self._start = record.start
        self._pieces = [data[at:]] if at < len(data) else []
        self._had = len(data) - at

    def _drop(self, end: int, reason: str) -> Unreadable:
        self._pieces, self._had = [], 0
        return Unreadable(self._start, end, reason)
