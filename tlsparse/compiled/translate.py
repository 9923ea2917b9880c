"""From a kernel's source to object code, by numba.

numba would keep what it compiles, too, but could not load it without being imported. So it is asked for the bare
function, in the form in which its functions call one another, without the wrapper by which Python would call it.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, NamedTuple

from llvmlite import binding
from numba import njit, types
from numba.core.compiler import Flags, compile_extra
from numba.core.errors import NumbaError
from numba.core.registry import cpu_target

OPTIONS = {
    "boundscheck": True,
    "_nrt": False,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    "forceinline": True,
}
"""Kernels make no objects. Without numba's own counting of references (_nrt), which would touch every column of every
named tuple at every call, they are ten times as fast."""

LINKED = ("memset", "memcpy", "memmove")
"""What code may call of the process it is linked into."""


class Code(NamedTuple):
    """A kernel, compiled."""

    symbol: str  # its name in the object code
    results: int  # how many integers it returns
    object_code: bytes


def translate(
    function: Callable[..., Any], kernels: Sequence[Callable[..., Any]], arguments: Sequence[Any]
) -> Code:
    """Compile a kernel, and those that it calls, for arguments like these.

    Raises
    ------
    RuntimeError
        If this numba cannot compile it, or not so that it can do without numba.
    """
    bodies = _with_compiled_callees(kernels)
    flags = Flags()
    flags.boundscheck = True
    flags.nrt = False
    flags.no_cpython_wrapper = True
    flags.no_cfunc_wrapper = True
    try:
        compiled = compile_extra(
            cpu_target.typing_context,
            cpu_target.target_context,
            bodies[function],
            tuple(map(_type_of, arguments)),
            None,
            flags,
            {},
        )
    except NumbaError as error:
        raise RuntimeError(f"numba cannot compile {function.__name__}: {error}") from error
    module = binding.parse_assembly(compiled.library.get_llvm_str())
    _check_is_whole(module)
    machine = binding.Target.from_triple(binding.get_process_triple()).create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=3,
        jit=True,
    )
    return Code(
        compiled.fndesc.llvm_func_name,
        _results(compiled.fndesc.restype),
        machine.emit_object(module),
    )


def _with_compiled_callees(
    kernels: Sequence[Callable[..., Any]],
) -> dict[Callable[..., Any], FunctionType]:
    """Copy each kernel, with globals in which the names of kernels stand for functions that numba compiles."""
    spaces = {name: dict(vars(sys.modules[name])) for name in {f.__module__ for f in kernels}}
    bodies = {f: FunctionType(f.__code__, spaces[f.__module__], f.__name__) for f in kernels}
    compilers = {f: njit(**OPTIONS)(body) for f, body in bodies.items()}
    for space in spaces.values():
        for name, value in list(space.items()):
            if isinstance(value, FunctionType) and value in compilers:
                space[name] = compilers[value]
    return bodies


def _type_of(argument: Any) -> types.Type:
    if isinstance(argument, array):
        return types.Array(types.int64, 1, "C")
    if isinstance(argument, bytes | bytearray | memoryview):
        return types.Array(types.uint8, 1, "C")
    if isinstance(argument, tuple):
        return types.NamedUniTuple(_type_of(argument[0]), len(argument), type(argument))
    return types.int64


def _results(kind: types.Type) -> int:
    if kind == types.none:
        return 0
    return kind.count if isinstance(kind, types.BaseTuple) else 1


def _check_is_whole(module: binding.ModuleRef) -> None:
    """Make sure that code calls nothing that a process without numba lacks: linking would end the process."""
    missing = [
        f.name
        for f in module.functions
        if f.is_declaration and not f.name.startswith("llvm.") and f.name not in LINKED
    ]
    if missing:
        raise RuntimeError(f"compiled code needs {', '.join(missing)}")
