"""What a ClientHello tells of its sender's clock.

Up to TLS 1.2 a random begins with gmt_unix_time, the clock of who made it. It serves nothing and gives a client away,
so most stacks fill it with chance by now; SChannel, Secure Transport and Mbed TLS still tell the time. Four random
bytes are near the capture's time once in a while, so they are believed in three cases only: several hellos of a client
are off by the same, the stack is one that tells the time, or the time is right. Else a time within a few years is a
hint.

Source: RFC 5246 section 7.4.1.2; RFC 8446 section 4.1.2 no longer has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tlsparse.handshake.handshake import Handshake, ToldClock
from tlsparse.handshake.stacks import client_stack
from tlsparse.pcap.block import NO_TIME

TELLING = ("schannel", "apple", "mbedtls")
"""Families of stacks that tell the time where they speak TLS 1.2 at most."""

SAME_S = 3
"""Clocks that differ by less are the same: a hello takes its way, and seconds are whole."""

RIGHT_S = 120
"""A random number is so near to the capture's time once in eighteen million times."""

YEAR_S = 365 * 86400
NEAR_S, FAR_S = 3 * YEAR_S, 20 * YEAR_S


class Offset(NamedTuple):
    """The first bytes of a hello's random, taken for a clock."""

    random: bytes
    ahead_s: int  # of the capture's time; negative if it is behind


def offset_of(handshake: Handshake) -> Offset | None:
    """Return how far the first bytes of a hello's random are from the capture's time; None if one is not known."""
    event, hello = handshake.first("client_hello"), handshake.client_hello
    if event is None or hello is None or event.time_ns == NO_TIME:
        return None
    told = int.from_bytes(hello.random[:4], "big")
    return Offset(hello.random, told - event.time_ns // 1_000_000_000)


def clock_of(handshake: Handshake, offsets: Iterable[int]) -> ToldClock | None:
    """Return what a hello tells of its sender's clock.

    Parameters
    ----------
    handshake
        Any handshake of the client.
    offsets
        What its hellos would be ahead of the capture's time if they told it, this one among them; in seconds.
    """
    told = offset_of(handshake)
    if told is None:
        return None
    ahead = told.ahead_s
    hellos = sum(abs(other - ahead) <= SAME_S for other in offsets)
    if hellos > 1 or abs(ahead) <= RIGHT_S:
        return ToldClock(ahead, hellos, certain=True)
    hello = handshake.client_hello
    if hello is None or any(version.is_tls13 for version in hello.versions):
        return None
    stack = client_stack(handshake)
    if stack is not None and stack.family in TELLING and abs(ahead) < FAR_S:
        return ToldClock(ahead, hellos, certain=True)
    return (
        ToldClock(ahead, hellos, certain=False) if stack is None and abs(ahead) < NEAR_S else None
    )
