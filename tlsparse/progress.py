"""A bar that says how much of a source is done: for a person who waits, and for nobody else.

It appears after a second, on standard error if that is a terminal, or below the cell of a notebook, and goes away when
all is done. tqdm draws it, and is imported when it is about to.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tlsparse.terminal import brief

if TYPE_CHECKING:
    from tqdm.std import tqdm

DELAY_S = 1.0
"""What takes no longer than this shows nothing."""

NAME_WIDTH = 30


@contextmanager
def shown_progress(
    name: str, total: int, shown: bool | None = None
) -> Iterator[Callable[[int], None] | None]:
    """Give what is to be told again and again how many bytes are done; None if nobody would see it.

    Parameters
    ----------
    name
        What is read.
    total
        How many bytes it has; 0 if that is not known.
    shown
        Whether to show them; by default if standard error is a terminal, or this is a notebook.
    """
    if not (is_watched() if shown is None else shown):
        yield None
        return
    bar = _Bar(name, total)
    try:
        yield bar.tell
    finally:
        bar.close()


def is_watched() -> bool:
    """Tell whether anybody would see a bar."""
    return _is_notebook() or (sys.stderr is not None and sys.stderr.isatty())


def _is_notebook() -> bool:
    """Tell whether this runs in the kernel of a notebook, rather than in IPython in a terminal."""
    if "ipykernel" not in sys.modules:
        return False
    from IPython import get_ipython

    return type(get_ipython()).__name__ == "ZMQInteractiveShell"


class _Bar:
    """A bar that is made when it is worth it."""

    def __init__(self, name: str, total: int) -> None:
        self._name = brief(name, NAME_WIDTH)
        self._total = total
        self._done = 0
        self._begun_s = time.monotonic()
        self._bar: tqdm[Any] | None = None
        self._cell: Any = None  # what shows it in a notebook

    def tell(self, done: int) -> None:
        """Show that so many bytes are done; when they are all the same as before, that it goes on."""
        self._done = done
        if self._bar is not None:
            self._bar.update(self._done - self._bar.n)
        elif time.monotonic() - self._begun_s >= DELAY_S:
            self._make()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
        if (
            self._cell is not None
        ):  # a widget that is gone would leave its last words in the notebook
            self._cell.update({"text/html": "", "text/plain": ""}, raw=True)

    def _make(self) -> None:
        """Make the bar: in a notebook of widgets, if it has them."""
        in_cell = _is_notebook() and find_spec("ipywidgets") is not None
        make = import_module("tqdm.notebook" if in_cell else "tqdm.std").tqdm
        settings = {"display": False} if in_cell else {"file": sys.stderr}
        bar: Any = make(
            desc=self._name,
            total=self._total or None,
            initial=self._done,
            unit="B",
            unit_scale=True,
            leave=False,
            **settings,
        )
        self._bar = bar
        if in_cell:
            show: Any = import_module("IPython.display").display
            self._cell = show(bar.container, display_id=True)
