"""The compiled kernels as a running program has them: loaded from disk, and called by address.

What :mod:`media.plane.warm` has compiled is one file of object code, which LLVM binds in a few milliseconds;
numba, which takes a second and a hundred megabytes, is not even imported. Where there is no such file yet,
another process makes it.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm

from media.errors import NotCompiled
from media.plane import kernel_cache

_ROOT = Path(__file__).parents[2]
_WORD = ctypes.c_int64


def path() -> Path:
    """Return the file of the kernels for this processor, whether it is there or not."""
    return kernel_cache.folder() / f"entries-{_processor_digest()}"


def is_compiled() -> bool:
    """Tell whether a start need not compile."""
    return path().exists()


def _processor_digest() -> str:
    return sha256("".join(_processor()).encode()).hexdigest()[:16]


@cache
def _processor() -> tuple[str, str]:
    """Return the processor's name, and what it can do: machine code is made for both."""
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def save(objects: Mapping[str, tuple[str, int, bytes]]) -> None:
    """Keep what was compiled: of each entry its symbol, how many words it takes, and its object code."""
    index = [(name, symbol, words, len(code)) for name, (symbol, words, code) in objects.items()]
    content = json.dumps(index).encode() + b"\n" + b"".join(code for _, _, code in objects.values())
    unfinished = path().with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(path())


class _Kernels:
    """The loaded code: LLVM's memory, and where in it each entry lies."""

    def __init__(self, content: bytes) -> None:
        head, _, code = content.partition(b"\n")
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        name, features = _processor()
        target = llvm.Target.from_triple(llvm.get_process_triple())
        machine = target.create_target_machine(cpu=name, features=features, jit=True)
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        self._entries: dict[str, tuple[int, int]] = {}
        self._functions: dict[tuple[str, bool], Callable[..., int]] = {}
        index, start = json.loads(head), 0
        for _, _, _, octets in index:
            self._engine.add_object_file(llvm.ObjectFileRef.from_data(code[start : start + octets]))
            start += octets
        self._engine.finalize_object()
        for entry, symbol, words, _ in index:
            self._entries[entry] = (self._engine.get_function_address(symbol), words)

    def function(self, entry: str, *, waits: bool) -> Callable[..., int]:
        """Return an entry as ctypes calls it; with ``waits`` others have the interpreter meanwhile."""
        known = self._functions.get((entry, waits))
        if known is None:
            known = self._functions[entry, waits] = self._declared(entry, waits)
        return known

    def _declared(self, entry: str, waits: bool) -> Callable[..., int]:
        address, words = self._entries[entry]
        # What numba's functions take first: where to put what is returned, and what was raised.
        form = (ctypes.CFUNCTYPE if waits else ctypes.PYFUNCTYPE)(
            ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *(words * [_WORD])
        )
        return form(address)


@cache
def _loaded() -> _Kernels:
    if not is_compiled():
        compile_apart()
    return _Kernels(path().read_bytes())


def prepare() -> None:
    """Load the kernels, and before that compile them where nobody has: a minute or two."""
    _loaded()


def compile_apart() -> None:
    """Compile in another process, so that the compiler's memory is given back."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(_ROOT), *sys.path])}
    environment.pop("NUMBA_DISABLE_JIT", None)
    environment[kernel_cache.CHOSEN] = str(kernel_cache.folder())
    command = [sys.executable, "-m", "media.plane.warm"]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)  # noqa: S603
    if ended.returncode != 0 or not is_compiled():
        said = ended.stderr.strip().splitlines()[-3:]
        raise NotCompiled(f"the media kernels could not be compiled: {' '.join(said) or ended.returncode}")


class Entry:
    """One compiled function, for one thread at a time: it returns what it returns in memory of its own.

    It takes 64-bit words, or addresses, and returns one; who passes an address keeps alive what lies there.
    With ``waits`` it leaves the interpreter to others for as long as it runs.
    """

    __slots__ = ("_call", "_kernels", "_raised_at", "_result_at", "_words")

    def __init__(self, name: str, *, waits: bool = False) -> None:
        self._kernels = _loaded()
        self._call = self._kernels.function(name, waits=waits)
        self._words: Any = (_WORD * 2)()
        self._result_at = ctypes.addressof(self._words)
        self._raised_at = self._result_at + ctypes.sizeof(_WORD)

    def __call__(self, *words: int) -> int:
        failed = self._call(self._result_at, self._raised_at, *words)
        assert not failed, f"a kernel failed with {failed}"
        result: int = self._words[0]
        return result
