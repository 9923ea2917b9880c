"""Other processes that share in reading a capture: how many there should be, and how to talk with them.

They are started as Python programs of their own, not forked: that is safe in notebooks, with threads, and on every
system. They take their orders from standard input and answer on standard output.

What they import takes them as long as it takes this process. So this module imports little, and they can be started
before the rest is imported here.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING, Any

from tlsparse.compiled import LARGE_BYTES
from tlsparse.errors import TlsparseError, UsageError

if TYPE_CHECKING:
    from tlsparse.pcap.source import Source

SAMPLES, SAMPLE_BYTES = 15, 256 << 10
"""Places of a file at which handshakes are counted, and bytes that are looked at in each."""

CLIENT_HELLO = re.compile(rb"\x16\x03[\x00-\x04]..\x01\x00..\x03[\x00-\x04]", re.DOTALL)

WORTHWHILE = 3_000
"""From so many handshakes on another process saves more than it costs to start it."""

PER_PROCESS = ("/dev/", "/proc/")
"""Where a name stands for another file in each process."""

START = "from tlsparse.sharing import work; work()"


# --- How many? -------------------------------------------------------------------------------------------------------


def worth(source: Source) -> int:
    """Return how many processes are worth it to read a source: one, or as many as there are processors.

    The handshakes are counted at some places of a file; the median counts, since many connections may begin at once
    and then only bring data. While kernels are interpreted, each process would take long to find the packets of all.
    """
    if not isinstance(source, str | os.PathLike) or not can_be_shared(source):
        return 1
    size = os.path.getsize(source)
    if size < LARGE_BYTES or find_spec("numba") is None:
        return 1
    counts = []
    with open(source, "rb") as file:
        for place in range(SAMPLES):
            file.seek(place * size // SAMPLES)
            counts.append(len(CLIENT_HELLO.findall(file.read(SAMPLE_BYTES))))
    expected = sorted(counts)[SAMPLES // 2] * size // SAMPLE_BYTES
    return processors() if expected >= WORTHWHILE else 1


def can_be_shared(source: Source) -> bool:
    """Tell whether every process can read a source from its beginning: a file by its name, or bytes.

    A pipe and an open file can be read once only; ``/dev/stdin`` is another file in each process.
    """
    if isinstance(source, str | os.PathLike):
        return os.path.isfile(source) and not os.path.abspath(source).startswith(PER_PROCESS)
    return isinstance(source, bytes | bytearray)


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# --- Starting them, and talking with them ----------------------------------------------------------------------------


class Process:
    """Another process, as this one sees it: it is started, and waits for orders."""

    def __init__(self) -> None:
        import subprocess

        path = os.pathsep.join(filter(None, map(os.path.abspath, sys.path)))
        self._process = subprocess.Popen(
            [sys.executable, "-c", START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )

    def send(self, thing: object) -> None:
        """Send it a thing."""
        assert self._process.stdin is not None
        try:
            send(thing, self._process.stdin)
        except BrokenPipeError:
            raise self._failed() from None

    def receive(self) -> Any:
        """Wait for what it sends.

        Raises
        ------
        TlsparseError
            It ended instead.
        """
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
def started(source: Source, workers: int) -> Iterator[Sequence[Process]]:
    """Start processes, so that so many read a source, this one among them; they end when they are done with.

    Raises
    ------
    UsageError
        There are fewer workers than one.
    """
    if workers < 1:
        raise UsageError(f"a capture is read by one worker or more, not by {workers}")
    others: list[Process] = []
    try:
        for _ in range(workers - 1 if can_be_shared(source) else 0):
            others.append(Process())
        yield others
    finally:
        for other in others:
            other.end()


def send(thing: object, file: IO[bytes]) -> None:
    """Write a thing so that another process can read it."""
    import pickle

    pickle.dump(thing, file, protocol=pickle.HIGHEST_PROTOCOL)
    file.flush()
