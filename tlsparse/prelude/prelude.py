"""What a prelude came to: which protocol, who asked for TLS in it, and who refused.

TLS begins where it was asked for and granted. A refusal is one of two kinds: somebody answered no; or the server had
listed what it can do, TLS not among it, and the client left over that. A client that never asks and goes on in plain
words has been refused nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tlsparse.prelude.talk import Side, Talk, Turn, shown


@dataclass(frozen=True, slots=True)
class Refusal:
    """That TLS, or the tunnel it was to go through, was not granted."""

    side: Side  # who refused
    kind: Literal["refused", "not_advertised"]
    code: str  # as the protocol writes it: 454, NO, -ERR, N; "" where nothing but a list was sent
    words: str  # safe to be printed
    turn: Turn  # in which it was said


@dataclass(frozen=True, slots=True)
class Prelude:
    """What was spoken before TLS, or instead of it.

    The turns hold what was sent, passwords to a proxy included; the texts hold none and are safe to be printed.
    """

    protocol: str  # smtp, imap, http_connect, ...
    variant: str = ""  # of the protocol, where there are several: SOCKS 4, 4a, 5, PROXY 1, 2
    greeting: str = ""  # how the server introduced itself
    advertised: bool | None = None  # whether TLS was on the server's list; None if none was seen
    asked: Turn | None = None  # in which TLS, or the tunnel, was asked for
    request: str = ""  # its words
    target: str = ""  # host:port that a tunnel was asked for, or a proxy speaks for
    granted: Turn | None = None  # in which the server agreed
    refused: Refusal | None = None
    went_on: bool = False  # the client went on in plain, after a refusal or without ever asking
    opened: tuple[int, int] | None = (
        None  # bytes of client and server before what went through a tunnel
    )
    through: Prelude | None = None  # the tunnel that carried this prelude

    @property
    def protocols(self) -> tuple[str, ...]:
        """The protocols that carry one another, the outermost first."""
        return (*(self.through.protocols if self.through else ()), self.protocol)


def answer_no(
    turn: Turn, code: str, words: bytes | str, *, advertised: bool | None = None
) -> Refusal:
    """Return the refusal that somebody spoke; a server that does not know what was asked had not advertised it."""
    kind: Literal["refused", "not_advertised"] = (
        "not_advertised" if advertised is False else "refused"
    )
    return Refusal(turn.side, kind, shown(code), shown(words), turn)


def left_unserved(talk: Talk, turn: Turn, words: bytes | str) -> Refusal | None:
    """Return the refusal that lies in a list without TLS, if the client was the one to leave."""
    if talk.closed_by != "client":
        return None
    return Refusal(turn.side, "not_advertised", "", shown(words), turn)
