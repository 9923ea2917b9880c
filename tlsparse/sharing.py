"""One capture, read by several processes, each of which follows a share of its conversations.

Every process reads the whole file, which is the smaller part of the work, and makes the handshakes of its own share.
Then they tell each other what must be known of all (`reading.Knowledge`), as far as one of them asks for it, and each
judges its own. What is made of them in the end is for the caller to say: it runs where they are, so that no more need
be sent than is asked for.

Most captures are read by one alone, so what is needed for more is imported when there are more.

The others are started as Python programs of their own, not forked: that is safe in notebooks, with threads, and on
every system. They take their orders from standard input and answer on standard output.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, Any, Generic, TypeVar

from tlsparse import collector
from tlsparse.compiled import LARGE_BYTES, are_kept
from tlsparse.errors import TlsparseError
from tlsparse.flow.share import WHOLE, Share
from tlsparse.frames import Contents, Problem
from tlsparse.handshake.company import Asking
from tlsparse.pcap.source import Source
from tlsparse.reading import Gathering, Knowledge, Reading

if TYPE_CHECKING:
    from tlsparse.trust.trust import Trust

Made = TypeVar("Made")

SAMPLES, SAMPLE_BYTES = 15, 256 << 10
"""Places of a file at which handshakes are counted, and bytes that are looked at in each."""

CLIENT_HELLO = re.compile(rb"\x16\x03[\x00-\x04]..\x01\x00..\x03[\x00-\x04]", re.DOTALL)

WORTHWHILE = 3_000
"""From so many handshakes on another process saves more than it costs to start it."""

PER_PROCESS = ("/dev/", "/proc/")
"""Where a name stands for another file in each process."""

START = "from tlsparse.sharing import work; work()"


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
    order: Order[Made], workers: int, progress: Callable[[int], None] | None = None
) -> Read[Made]:
    """Read a capture with so many processes, this one among them.

    Raises
    ------
    TlsparseError
        As `tlsparse.read` does; or if another process failed.
    """
    with _started([replace(order, share=Share(n, workers)) for n in range(1, workers)]) as others:
        reading, gathering = _gather(replace(order, share=Share(0, workers)), progress)
        problems = reading.problems()
        asking = gathering.asking()
        for other in others:
            theirs, left_out = other.receive()
            asking.add(theirs)
            problems += left_out
        for other in others:
            other.send(asking)
        knowledge = gathering.knowledge()
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


# --- How many? -------------------------------------------------------------------------------------------------------


def can_be_shared(source: Source) -> bool:
    """Tell whether every process can read a source from its beginning: a file by its name, or bytes.

    A pipe and an open file can be read once only; ``/dev/stdin`` is another file in each process.
    """
    if isinstance(source, str | os.PathLike):
        return os.path.isfile(source) and not os.path.abspath(source).startswith(PER_PROCESS)
    return isinstance(source, bytes | bytearray)


def worth(source: Source) -> int:
    """Return how many processes are worth it to read a source: one, or as many as there are processors.

    The handshakes are counted at some places of a file; the median counts, since many connections may begin at once
    and then only bring data.
    """
    if not isinstance(source, str | os.PathLike) or not can_be_shared(source):
        return 1
    size = os.path.getsize(source)
    if size < LARGE_BYTES or not are_kept():
        return 1
    counts = []
    with open(source, "rb") as file:
        for place in range(SAMPLES):
            file.seek(place * size // SAMPLES)
            counts.append(len(CLIENT_HELLO.findall(file.read(SAMPLE_BYTES))))
    expected = sorted(counts)[SAMPLES // 2] * size // SAMPLE_BYTES
    return processors() if expected >= WORTHWHILE else 1


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# --- The other processes ---------------------------------------------------------------------------------------------


class _Other:
    """Another process, as this one sees it."""

    def __init__(self, order: Order[Any]) -> None:
        import subprocess

        path = os.pathsep.join(filter(None, map(os.path.abspath, sys.path)))
        self._process = subprocess.Popen(
            [sys.executable, "-c", START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )
        self.send(order)

    def send(self, thing: object) -> None:
        assert self._process.stdin is not None
        try:
            _send(thing, self._process.stdin)
        except BrokenPipeError:
            raise self._failed() from None

    def receive(self) -> Any:
        import pickle

        assert self._process.stdout is not None
        try:
            return pickle.load(self._process.stdout)
        except (EOFError, pickle.UnpicklingError):
            raise self._failed() from None

    def _failed(self) -> TlsparseError:
        return TlsparseError(
            f"another process that read the same capture ended with status {self._process.wait()};"
            " with one worker there is none"
        )

    def end(self) -> None:
        """Make sure that it is no more."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def _started(orders: list[Order[Any]]) -> Iterator[list[_Other]]:
    others: list[_Other] = []
    try:
        for order in orders:
            others.append(_Other(order))
        yield others
    finally:
        for other in others:
            other.end()


def _send(thing: object, file: IO[bytes]) -> None:
    import pickle

    pickle.dump(thing, file, protocol=pickle.HIGHEST_PROTOCOL)
    file.flush()


@collector.paused()
def work() -> None:
    """Be one of the other processes."""
    import pickle

    orders, answers = sys.stdin.buffer, sys.stdout.buffer
    order: Order[Any] = pickle.load(orders)
    reading, gathering = _gather(order)
    _send((gathering.asking(), reading.left_out()), answers)
    asking: Asking = pickle.load(orders)
    _send(gathering.knowledge().about(asking), answers)
    knowledge: Knowledge = pickle.load(orders)
    _send(order.make(gathering.contents(knowledge)), answers)
    os._exit(0)  # what was made need not be taken apart again
