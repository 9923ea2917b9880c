"""Working ahead: the next item is made in another thread while one is used.

That pays where making and using are both done by compiled kernels and by the system, which let other threads run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TypeVar, cast

Item = TypeVar("Item")

END = object()


def ahead(items: Iterator[Item], most: int) -> Iterator[Item]:
    """Yield the items of an iterator, which runs in a thread of its own.

    Parameters
    ----------
    items
        What to yield. An exception of it is raised here, after the items before it.
    most
        How many items there are at a time: the one that is used, and those that are ready or being made. At least 2.
    """
    from concurrent.futures import ThreadPoolExecutor  # most captures are small, and do without

    with ThreadPoolExecutor(1, "tlsparse-ahead") as thread:
        coming = deque(thread.submit(next, items, END) for _ in range(most - 1))
        while (item := coming.popleft().result()) is not END:
            coming.append(thread.submit(next, items, END))
            yield cast(Item, item)
