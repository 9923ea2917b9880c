"""Kernels: the loops over every packet, interpreted or compiled from the same source.

A kernel is a plain function over byte buffers, columns and integers, marked with `kernel`. It runs as Python until
`compile_kernels` puts numba's compiled form in its place, which pays only when there is much to read: compiling, or
even loading what was compiled before, takes longer than reading a small capture. `invoke` calls a kernel either way.

The input is hostile, so compiled code checks its bounds. numba is optional, the extra ``fast``.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

LARGE_BYTES = 16 << 20
"""From this size on, what compiled kernels save is more than what loading them costs."""

_kernels: list[Callable[..., Any]] = []
_compiled: dict[Callable[..., Any], Callable[..., Any]] = {}
_called: set[Callable[..., Any]] = set()


def kernel(function: Function) -> Function:
    """Mark a function as a kernel: it may call other kernels, and is called through `invoke`."""
    _kernels.append(function)
    return function


def invoke(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a kernel with buffers, columns, named tuples of columns, and integers.

    Says on standard error how long it took to compile it, which happens once on a machine.
    """
    if function not in _compiled.values():
        return function(*arguments)
    begun = time.perf_counter()
    result = function(*map(_view, arguments))
    if function not in _called:
        _called.add(function)
        if function.stats.cache_misses:  # type: ignore[attr-defined]
            seconds = time.perf_counter() - begun
            name = function.__name__.replace("_", " ")
            print(f"tlsparse: compiled {name!r} in {seconds:.1f} s, once for all", file=sys.stderr)
    return result


def compile_kernels() -> bool:
    """Put the compiled form of every kernel in its place; return whether there is one.

    Kernels refer to each other by name, so each module that has imported one is told.
    """
    if _compiled:
        return True
    try:
        import numba
    except ImportError:
        return False
    elsewhere, numba.config.CACHE_DIR = numba.config.CACHE_DIR, _cache_folder()
    try:
        # Kernels make no objects. Without numba's own counting of references (_nrt), which would touch every column of
        # every named tuple at every call, they are ten times as fast.
        compile_one = numba.njit(cache=True, boundscheck=True, nogil=True, _nrt=False)
        for function in _kernels:
            _compiled[function] = compile_one(function)
    finally:
        numba.config.CACHE_DIR = elsewhere
    _replace(_compiled)
    return True


def _cache_folder() -> str:
    """Return where to keep compiled kernels: a folder of its own for each state of their sources.

    numba looks only at the file of the kernel that is called, not at those of the kernels and constants that it uses;
    all of these are in the rooms of kernels.
    """
    digest = hashlib.sha256()
    for room in sorted({Path(function.__code__.co_filename).parent for function in _kernels}):
        for source in sorted(room.glob("*.py")):
            digest.update(source.read_bytes())
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = os.path.join(home, "tlsparse", f"kernels-{digest.hexdigest()[:16]}")
    try:
        os.makedirs(folder, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:  # no home
        pass
    return tempfile.mkdtemp(prefix="tlsparse-")


def interpret_kernels() -> None:
    """Undo `compile_kernels`."""
    _replace({compiled: function for function, compiled in _compiled.items()})
    _compiled.clear()


def _replace(forms: dict[Callable[..., Any], Callable[..., Any]]) -> None:
    """Let every module of the package mean the other form of each kernel."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "tlsparse":
            for attribute, value in list(vars(module).items()):
                if callable(value) and value in forms:
                    setattr(module, attribute, forms[value])


def _view(argument: Any) -> Any:
    """Let compiled code see a buffer or column without copying it."""
    import numpy as np

    if isinstance(argument, array):
        return np.frombuffer(argument, dtype=np.int64)
    if isinstance(argument, tuple):
        return type(argument)(*map(_view, argument))
    if isinstance(argument, bytes | bytearray | memoryview):
        return np.frombuffer(argument, dtype=np.uint8)
    return argument
