"""The words of both sides of a connection, in order.

A turn is what one side said with one packet. Joined, the turns of a side are its bytes; every place in them leads
back to the turn that made it readable, and so to a packet. Only the first `LIMIT` bytes of a side are looked at: a
prelude is far shorter, and what is longer is no prelude.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Literal, NamedTuple

from tlsparse.terminal import plain

Side = Literal["client", "server"]

LIMIT = 32 << 10
"""Bytes of each side that are looked at, as many as are kept of a direction that does not speak TLS."""

LONGEST_LINE = 2048
"""Bytes of a line that are looked at. RFC 5321 allows 512, and extensions of mail lists a few more."""

SHOWN = 200
"""Bytes of strangers' words that are shown, at most."""


class Turn(NamedTuple):
    """What one side said with one packet."""

    side: Side  # the client is who opened the connection
    packet: int
    time_ns: int
    data: bytes


class Line(NamedTuple):
    """One line of text, without its end."""

    text: str
    turn: Turn  # that brought its last byte


class Talk:
    """What both sides said.

    Parameters
    ----------
    turns
        In the order of their arrival.
    closed_by
        Who was the first to close the connection, by FIN or RST; None where nobody did.
    port
        The server's port, which decides where what is said would do for more than one protocol.
    """

    def __init__(
        self, turns: Iterable[Turn], *, closed_by: Side | None = None, port: int | None = None
    ) -> None:
        self.turns: list[Turn] = []
        self.closed_by = closed_by
        self.port = port
        self._turns: dict[Side, list[Turn]] = {"client": [], "server": []}
        self._lines: dict[Side, list[Line]] = {}
        self._ends: dict[Side, list[int]] = {"client": [], "server": []}
        said: dict[Side, bytearray] = {"client": bytearray(), "server": bytearray()}
        for turn in turns:
            words = turn.data[: LIMIT - len(said[turn.side])]
            if not words:
                continue
            said[turn.side] += words
            self.turns.append(turn._replace(data=words))
            self._turns[turn.side].append(self.turns[-1])
            self._ends[turn.side].append(len(said[turn.side]))
        self.client = bytes(said["client"])
        self.server = bytes(said["server"])

    def said(self, side: Side) -> bytes:
        """Return all that a side said."""
        return self.client if side == "client" else self.server

    def turn(self, side: Side, end: int) -> Turn:
        """Return the turn with which the bytes before `end`, which is not 0, could be read."""
        return self._turns[side][bisect_left(self._ends[side], end)]

    def lines(self, side: Side) -> list[Line]:
        """Return the lines of a side that are complete; of a very long one, its beginning."""
        if side not in self._lines:
            lines, end = [], 0
            for line in self.said(side).split(b"\n")[:-1]:
                end += len(line) + 1
                text = decoded(line.removesuffix(b"\r")[:LONGEST_LINE])
                lines.append(Line(text, self.turn(side, end)))
            self._lines[side] = lines
        return self._lines[side]

    def later(self, side: Side, turn: Turn) -> bool:
        """Tell whether a side said something after a turn."""
        return any(other.packet > turn.packet for other in self._turns[side])

    def rest(self, client: int, server: int, port: int | None) -> Talk:
        """Return what was said after the first `client` and `server` bytes: the talk within a tunnel."""
        left = {"client": client, "server": server}
        turns = []
        for turn in self.turns:
            passed = min(left[turn.side], len(turn.data))
            left[turn.side] -= passed
            turns.append(turn._replace(data=turn.data[passed:]))
        return Talk(turns, closed_by=self.closed_by, port=port)


def decoded(data: bytes) -> str:
    """Return bytes as text, with an escape for each byte that is no UTF-8."""
    return data.decode("utf-8", "backslashreplace")


def shown(words: bytes | str) -> str:
    """Return words as one line that is safe to be printed, no longer than `SHOWN` bytes or characters."""
    text = decoded(words[:SHOWN]) if isinstance(words, bytes) else words[:SHOWN]
    return plain(" ".join(line.strip() for line in text.splitlines()).strip())
