"""Working ahead: the next item is made in another thread while one is used.

That pays where making and using are both done by compiled kernels and by the system, which let other threads run.
"""

from __future__ import annotations

from collections.abc import Iterator
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterator[Item], most: int) -> Iterator[Item]:
    """Yield the items of an iterator, which runs in a thread of its own.

    Parameters
    ----------
    items
        What to yield. An exception of it is raised here, after the items before it.
    most
        How many items there are at a time: the one that is used, and those that are ready or being made. At least 2.
    """
    made: SimpleQueue[tuple[Item, None] | tuple[None, BaseException]] = SimpleQueue()
    places = Semaphore(most)
    stopped = False

    def make() -> None:
        try:
            while True:
                places.acquire()
                if stopped:
                    return
                made.put((next(items), None))
        except BaseException as error:  # whatever it is, it is raised where the items are used
            made.put((None, error))

    thread = Thread(target=make, name="tlsparse-ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, error = made.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]
            places.release()
    finally:
        stopped = True
        places.release()
        thread.join()
