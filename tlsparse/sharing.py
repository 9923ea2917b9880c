"""One capture, read by several processes, each of which follows a share of its conversations.

Every process reads the whole file, which is the smaller part of the work, and makes the handshakes of its own share.
Then they tell each other what must be known of all (`reading.Knowledge`), as far as one of them asks for it, and each
judges its own. What is made of them in the end is for the caller to say: it runs where they are, so that no more need
be sent than is asked for. Most captures are read by one process alone, which goes the same way.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tlsparse import collector
from tlsparse.flow.share import WHOLE, Share
from tlsparse.frames import Contents, Problem
from tlsparse.handshake.company import Asking
from tlsparse.pcap.source import Source
from tlsparse.processes import Process, send
from tlsparse.reading import Gathering, Knowledge, Reading

if TYPE_CHECKING:
    from tlsparse.trust.trust import Trust

Made = TypeVar("Made")


@dataclass(frozen=True)
class Order(Generic[Made]):
    """What to read, and what to make of it."""

    source: Source
    make: Callable[[Contents], Made]
    all_flows: bool = False
    trust: Trust | None = None
    share: Share = WHOLE


@dataclass
class Read(Generic[Made]):
    """What came of it: one thing from each process."""

    packets: int
    made: list[Made]
    problems: list[Problem]  # that belong to no conversation


def read_shared(
    order: Order[Made],
    others: Sequence[Process] = (),
    progress: Callable[[int], None] | None = None,
) -> Read[Made]:
    """Read a capture together with other processes, which wait for orders.

    Raises
    ------
    TlsparseError
        As `tlsparse.read` does; or if another process failed.
    """
    workers = 1 + len(others)
    for number, other in enumerate(others, 1):
        other.send(replace(order, share=Share(number, workers)))
    reading, gathering = _gather(replace(order, share=Share(0, workers)), progress)
    problems = reading.problems()
    asking, knowledge = gathering.asking(), gathering.knowledge()
    for other in others:
        theirs, left_out = other.receive()
        asking.add(theirs)
        problems += left_out
    for other in others:
        other.send(asking)
    for other in others:
        knowledge.merge(other.receive())
    if others:
        asked = knowledge.about(asking)
        for other in others:
            other.send(asked)
    made = [order.make(gathering.contents(knowledge))]
    made += [other.receive() for other in others]
    return Read(reading.packets, made, problems)


def as_it_is(contents: Contents) -> Contents:
    """Make nothing of it: what was read is sent as it is."""
    return contents


def _gather(
    order: Order[Any], progress: Callable[[int], None] | None = None
) -> tuple[Reading, Gathering]:
    """Read a share of a capture."""
    reading = Reading(order.all_flows, progress, order.share)
    gathering = Gathering(order.all_flows, order.trust)
    for conversation in reading.conversations(order.source):
        gathering.take(conversation)
    return reading, gathering


@collector.paused()
def work() -> None:
    """Be one of the other processes."""
    import pickle

    orders, answers = sys.stdin.buffer, sys.stdout.buffer
    order: Order[Any] = pickle.load(orders)
    reading, gathering = _gather(order)
    send((gathering.asking(), reading.left_out()), answers)
    own = gathering.knowledge()
    asking: Asking = pickle.load(orders)
    send(own.about(asking), answers)
    knowledge: Knowledge = pickle.load(orders)
    send(order.make(gathering.contents(knowledge)), answers)
    os._exit(0)  # what was made need not be taken apart again
