"""The garbage collector, paused where very much is made that is kept.

Python's collector looks for objects that refer to each other in a circle, the more often the more is made. What a
capture is read into has no circles, and is millions of objects: looking through them again and again takes a fifth of
the time, and finds nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Keep the collector from running meanwhile; it is left as it was found."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
