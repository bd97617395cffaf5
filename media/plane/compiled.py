"""How kernels are compiled: the decorators, and memory by address.

A daemon imports neither this nor any kernel: it loads what was compiled (:mod:`media.plane.machine_code`).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.lowering import Lower
from numba.core.typed_passes import NativeLowering
from numba.extending import intrinsic as _intrinsic

from media.plane import kernel_cache

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Numba's stubs know neither its settings, nor the option _nrt, nor how an intrinsic or a pass is made.
_config: Any = numba.config
_njit: Any = numba.njit
_pass_builder: Any = DefaultPassBuilder
_register_pass: Any = register_pass
intrinsic: Any = _intrinsic

_config.CACHE_DIR = str(kernel_cache.folder())

JIT = not _config.DISABLE_JIT
"""False under ``NUMBA_DISABLE_JIT=1``: kernels are plain Python then, and nothing with sockets runs."""


_ALIKE: dict[str, Any] = {"_nrt": False, "no_cfunc_wrapper": True}
"""Reference counting is off: else every call pays an atomic increment and decrement for each array of the
table. Nobody calls a kernel through a pointer of numba's."""


def hot(function: _Function) -> _Function:
    """Compile a kernel that is inlined where it is called.

    Nothing inside may allocate.
    """
    compiled: _Function = _njit(nogil=True, cache=True, forceinline=True, **_ALIKE)(function)
    return compiled


class _LoweringApart(Lower):
    """Marks a function as one that is not inlined, before its body is written."""

    def lower_function_body(self) -> Any:
        self.function.attributes.add("noinline")
        whole: Any = super()
        return whole.lower_function_body()


@_register_pass(mutates_CFG=True, analysis_only=False)
class _NativeLoweringApart(NativeLowering):
    _name = "native_lowering_apart"

    @property
    def lowering_class(self) -> type[Lower]:
        return _LoweringApart


class _CompilerApart(CompilerBase):
    """Numba's own passes, but that the function stays apart."""

    def define_pipelines(self) -> list[Any]:
        passes: Any = _pass_builder.define_nopython_pipeline(self.state)
        passes.passes = [
            (_NativeLoweringApart if each is NativeLowering else each, why) for each, why in passes.passes
        ]
        passes.finalize()
        return [passes]


def kernel(function: _Function) -> _Function:
    """Compile a kernel that stays a function of its own: rare, large, or called from Python.

    LLVM would put it wherever it is called. What seldom happens then lies between what always does, and
    the tick, which finds the processor's caches full of the kernel's code, fetches twice as much of its own.
    """
    # Said that it is not inlined, because it would inherit that from the one that calls it first.
    apart = {"forceinline": False, "pipeline_class": _CompilerApart}
    compiled: _Function = _njit(nogil=True, cache=True, **apart, **_ALIKE)(function)
    return compiled


def entry(function: _Function) -> _Function:
    """Compile what :mod:`media.plane.machine_code` calls: it takes 64-bit words and returns one.

    Numba's own way in from Python is left out, and nothing of numba is needed to call it.
    """
    compiled: _Function = _njit(nogil=True, no_cpython_wrapper=True, **_ALIKE)(function)
    return compiled


def _at(builder: Any, address: Any, bits: int) -> Any:
    return builder.inttoptr(address, ir.IntType(bits).as_pointer())


@intrinsic
def _load_int64(typing_context: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_at(builder, arguments[0], 64))

    return types.int64(types.int64), generate


@intrinsic
def _load_int32(typing_context: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_at(builder, arguments[0], 32))

    return types.int32(types.int64), generate


@intrinsic
def _load_uint8(typing_context: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_at(builder, arguments[0], 8))

    return types.uint8(types.int64), generate


@intrinsic
def _store_int64(typing_context: Any, address: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[1], _at(builder, arguments[0], 64))
        return ir.Constant(ir.IntType(32), 0)

    return types.int32(types.int64, types.int64), generate


@intrinsic
def _fence(typing_context: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        # What one writer and one reader need. A sequential one waits for every store that is on its way
        # to memory: in a ring that is not in the cache that costs as much as the rest of the copy.
        builder.fence("acq_rel")
        return ir.Constant(ir.IntType(32), 0)

    return types.int32(), generate


_SIX_WORDS: Any = types.UniTuple(types.int64, 6)  # type: ignore[no-untyped-call]


@intrinsic
def _call_c(typing_context: Any, function: Any, words: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        function, words = arguments
        word = ir.IntType(64)
        form = ir.FunctionType(ir.IntType(32), [word] * 6)
        pointer = builder.inttoptr(function, form.as_pointer())
        return builder.call(pointer, [builder.extract_value(words, place) for place in range(6)])

    return types.int32(types.int64, _SIX_WORDS), generate


@intrinsic
def _prefetch(typing_context: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())
        bits = ir.IntType(32)
        prefetch = builder.module.declare_intrinsic(
            "llvm.prefetch", [pointer.type], ir.FunctionType(ir.VoidType(), [pointer.type, bits, bits, bits])
        )
        # To read, to be kept near, data.
        builder.call(prefetch, [pointer, bits(0), bits(3), bits(1)])
        return ir.Constant(bits, 0)

    return types.int32(types.int64), generate


def _compiled_records_at(layout: np.dtype[Any]) -> Any:
    record: Any = numba.from_dtype(layout)

    @intrinsic
    def record_at(typing_context: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(record))

        return record(types.int64), generate

    return record_at


def _plain_records_at(layout: np.dtype[Any]) -> Any:
    octets: Any = ctypes.c_uint8 * layout.itemsize

    def record_at(address: int) -> Any:
        return np.frombuffer(octets.from_address(int(address)), layout).view(np.recarray)[0]

    return record_at


def records_at(layout: np.dtype[Any]) -> Any:
    """Return a function of kernels: the record of ``layout`` that lies at an address."""
    return _compiled_records_at(layout) if JIT else _plain_records_at(layout)


if JIT:
    _memmove: Any = types.ExternalFunction("memmove", types.uintp(types.uintp, types.uintp, types.uintp))

    @hot
    def memory_barrier() -> None:
        """Keep what is written before from being seen after what follows, by compiler and processor."""
        _fence()

    @hot
    def prefetch(address: int, octets: int) -> None:
        """Ask the processor for the cache lines of what will soon be needed."""
        for line in range(0, octets, 64):
            _prefetch(np.int64(address + line))

    @hot
    def word_at(address: int) -> Any:
        """Return the int64 that lies at ``address``."""
        return _load_int64(np.int64(address))

    @hot
    def store_word(address: int, value: int) -> None:
        """Write the int64 that lies at ``address``."""
        _store_int64(np.int64(address), np.int64(value))

    @hot
    def c_int_at(address: int) -> Any:
        """Return the C ``int`` that lies at ``address``."""
        return np.int64(_load_int32(np.int64(address)))

    @hot
    def octet_at(address: int) -> Any:
        """Return the octet that lies at ``address``."""
        return _load_uint8(np.int64(address))

    @hot
    def call_c(function: int, a: int, b: int, c: int, d: int, e: int, f: int) -> Any:
        """Call the C function at an address, which returns an ``int``.

        It takes up to six integers or pointers: what it does not take is passed in vain, because
        both calling conventions of Linux on 64 bits pass so many in registers.
        """
        words = (np.int64(a), np.int64(b), np.int64(c), np.int64(d), np.int64(e), np.int64(f))
        return np.int64(_call_c(np.int64(function), words))

    @hot
    def copy_octets(target: int, source: int, octets: int) -> None:
        """Copy memory between two addresses; who passes them keeps what lies there alive."""
        _memmove(np.uint64(target), np.uint64(source), np.uint64(octets))

else:

    def memory_barrier() -> None:
        """Do nothing: the interpreter lock orders what plain Python does."""

    def prefetch(address: int, octets: int) -> None:
        """Do nothing: plain Python is in no hurry."""

    def word_at(address: int) -> Any:
        return ctypes.c_int64.from_address(int(address)).value

    def store_word(address: int, value: int) -> None:
        ctypes.c_int64.from_address(int(address)).value = int(value)

    def c_int_at(address: int) -> Any:
        return ctypes.c_int32.from_address(int(address)).value

    def octet_at(address: int) -> Any:
        return ctypes.c_uint8.from_address(int(address)).value

    def call_c(function: int, a: int, b: int, c: int, d: int, e: int, f: int) -> Any:
        call = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_int64] * 6)(int(function))
        return call(*(int(word) for word in (a, b, c, d, e, f)))

    def copy_octets(target: int, source: int, octets: int) -> None:
        ctypes.memmove(int(target), int(source), int(octets))
