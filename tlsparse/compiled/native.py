"""Kernels as machine code: kept in a folder, loaded into the process, and called.

The code is an object file for each kernel, with all that it calls. llvmlite links it into the process, ctypes calls it;
neither numba nor numpy is needed for that. A kernel gets its arguments as numba lays them out: an array as seven words
(two that only numba's own memory management uses, number of items, bytes of each, address, length and stride), a named
tuple of columns as those of each, an integer as itself. It returns a status, 0 if all is well, and puts its results
where the first argument points.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import tempfile
from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import llvmlite
from llvmlite import binding

MOST_RESULTS = 8


class Native:
    """One kernel, ready to be called.

    Parameters
    ----------
    name
        What to call it in a sentence.
    address
        Where its code begins.
    words
        How many words its arguments take.
    results
        How many integers it returns: 1 for one alone, more for a tuple, 0 for none.
    """

    def __init__(self, name: str, address: int, words: int, results: int) -> None:
        self._name = name
        self._words = words
        self._results = results
        pointers = (ctypes.c_void_p, ctypes.c_void_p)
        form = ctypes.CFUNCTYPE(ctypes.c_int32, *pointers, *([ctypes.c_int64] * words))
        self._call = form(address)

    def __call__(self, arguments: Sequence[Any]) -> Any:
        """Call it; the interpreter may do something else meanwhile."""
        words = [word for argument in arguments for word in lay_out(argument)]
        if len(words) != self._words:  # the code would read beyond them
            raise TypeError(f"{self._name} takes {self._words} words, not {len(words)}")
        room, error = (ctypes.c_int64 * MOST_RESULTS)(), ctypes.c_void_p()
        status = self._call(ctypes.addressof(room), ctypes.addressof(error), *words)
        if status not in (0, NONE):
            raise IndexError(f"{self._name} went beyond the end of a column (status {status})")
        if self._results == 1:
            return room[0]
        return tuple(room[: self._results]) if self._results else None


NONE = -2
"""The status with which a kernel returns that returns nothing."""


def lay_out(argument: Any) -> Iterator[int]:
    """Yield the words that an argument takes; it must not be let go before the call is over."""
    if isinstance(argument, array):
        address, length = argument.buffer_info()
        yield from (0, 0, length, 8, address, length, 8)
    elif isinstance(argument, tuple):
        for part in argument:
            yield from lay_out(part)
    elif isinstance(argument, bytes | bytearray | memoryview):
        length = len(argument)
        yield from (0, 0, length, 1, _address(argument), length, 1)
    else:
        yield int(argument)


def _address(data: bytes | bytearray | memoryview) -> int:
    if isinstance(data, bytes):
        return ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0
    return ctypes.addressof(ctypes.c_char.from_buffer(data)) if len(data) else 0


class Library:
    """The machine code of all kernels, as far as it was needed.

    Parameters
    ----------
    kernels
        All kernels. Code belongs to one state of their sources.
    """

    def __init__(self, kernels: Sequence[Callable[..., Any]]) -> None:
        self._folder = _folder(kernels)
        self._found: dict[Callable[..., Any], Native] = {}
        binding.initialize_native_target()
        binding.initialize_native_asmprinter()
        machine = binding.Target.from_default_triple().create_target_machine()
        self._linker = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)

    def find(self, function: Callable[..., Any]) -> Native | None:
        """Return a kernel that was compiled before, now or in an earlier run; None if there is none."""
        native = self._found.get(function)
        if native is None:
            try:
                packed = self._path(function).read_bytes()
            except OSError:
                return None
            if not _is_whole(packed):
                return None
            native = self._found[function] = self._load(function, packed)
        return native

    @contextlib.contextmanager
    def alone(self, function: Callable[..., Any]) -> Iterator[None]:
        """Let no other process compile a kernel meanwhile, where the system has locks for that."""
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(ImportError, OSError):
                import fcntl

                lock = stack.enter_context(self._path(function).with_suffix(".lock").open("ab"))
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def compile(
        self,
        function: Callable[..., Any],
        kernels: Sequence[Callable[..., Any]],
        arguments: Sequence[Any],
    ) -> Native:
        """Compile a kernel for arguments like these, and keep it.

        Raises
        ------
        RuntimeError
            If the numba that is installed does not make code as it is needed here.
        """
        from tlsparse.compiled.translate import translate

        code = translate(function, kernels, arguments)
        words = sum(1 for argument in arguments for _ in lay_out(argument))
        head = {
            "symbol": code.symbol,
            "words": words,
            "results": code.results,
            "sha256": hashlib.sha256(code.object_code).hexdigest(),
        }
        packed = json.dumps(head).encode() + b"\n" + code.object_code
        self._keep(self._path(function), packed)
        native = self._found[function] = self._load(function, packed)
        return native

    def _load(self, function: Callable[..., Any], packed: bytes) -> Native:
        """Link object code into the process. Its first line says how to call it."""
        head, _, object_code = packed.partition(b"\n")
        known = json.loads(head)
        self._linker.add_object_file(binding.ObjectFileRef.from_data(object_code))
        self._linker.finalize_object()
        address = self._linker.get_function_address(known["symbol"])
        return Native(function.__name__, address, known["words"], known["results"])

    def _path(self, function: Callable[..., Any]) -> Path:
        return self._folder / f"{function.__module__}.{function.__name__}.o"

    def _keep(self, path: Path, packed: bytes) -> None:
        """Write a file in one step, so that nobody reads half of it; where none can be written, go without."""
        with contextlib.suppress(OSError):
            with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
                file.write(packed)
            os.replace(file.name, path)


def _is_whole(packed: bytes) -> bool:
    """Tell whether a file is as it was written: damaged code would end the process."""
    head, _, object_code = packed.partition(b"\n")
    try:
        known = json.loads(head)
    except ValueError:
        return False
    return bool(known.get("sha256") == hashlib.sha256(object_code).hexdigest())


def _folder(kernels: Sequence[Callable[..., Any]]) -> Path:
    """Return where to keep code: a folder of its own for each state of the sources, compiler and processor.

    Kernels refer to kernels and constants of other files; all of these are in the rooms of kernels.
    """
    digest = hashlib.sha256()
    for room in sorted({Path(function.__code__.co_filename).parent for function in kernels}):
        for source in sorted(room.glob("*.py")):
            digest.update(source.read_bytes())
    for text in (
        llvmlite.__version__,
        binding.get_process_triple(),
        binding.get_host_cpu_name(),
        binding.get_host_cpu_features().flatten(),
    ):
        digest.update(text.encode())
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = Path(home, "tlsparse", f"kernels-{digest.hexdigest()[:16]}")
    with contextlib.suppress(OSError):  # without a home each run compiles anew
        folder.mkdir(parents=True, exist_ok=True)
    return folder
