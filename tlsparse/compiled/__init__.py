"""Kernels: the loops over every packet, interpreted or as machine code, from the same source.

A kernel is a plain function over byte buffers, columns and integers, marked with `kernel`. It runs as Python until
`compile_kernels` is called, which pays only when there is much to read: compiling, or even loading what was compiled
before, takes longer than reading a small capture. `invoke` calls a kernel either way.

numba compiles a kernel the first time on a machine (`translate`); what it makes is kept as object code, which later
runs load without numba (`native`): importing that takes longer than reading a hundred megabytes. The input is hostile,
so compiled code checks its bounds. Both are optional, the extra ``fast``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from tlsparse.compiled.native import Library, Native

Function = TypeVar("Function", bound=Callable[..., Any])

LARGE_BYTES = 16 << 20
"""From this size on, what compiled kernels save is more than what loading them costs."""

_kernels: list[Callable[..., Any]] = []
_library: Library | None = None  # while kernels run as machine code


def kernel(function: Function) -> Function:
    """Mark a function as a kernel: it may call other kernels, and is called through `invoke`."""
    _kernels.append(function)
    return function


def invoke(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a kernel with buffers, columns, named tuples of columns, and integers.

    Says on standard error how long it took to compile it, which happens once on a machine.
    """
    if _library is None:
        return function(*arguments)
    native = _library.find(function)
    if native is None:
        try:
            with _library.alone(function):  # another process may have compiled it meanwhile
                native = _library.find(function) or _compile(_library, function, arguments)
        except RuntimeError as error:
            print(f"tlsparse: {error}; reading on without it, slowly", file=sys.stderr)
            interpret_kernels()
            return function(*arguments)
    return native(arguments)


def _compile(library: Library, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Native:
    begun = time.perf_counter()
    native = library.compile(function, _kernels, arguments)
    seconds, name = time.perf_counter() - begun, function.__name__.replace("_", " ")
    print(f"tlsparse: compiled {name!r} in {seconds:.1f} s, once for all", file=sys.stderr)
    return native


def compile_kernels() -> bool:
    """Let kernels run as machine code from now on; return whether they do, which takes the extra ``fast``."""
    global _library
    if _library is None and find_spec("numba") is not None:
        from tlsparse.compiled.native import Library

        _library = Library(_kernels)
    return _library is not None


def interpret_kernels() -> None:
    """Undo `compile_kernels`."""
    global _library
    _library = None
