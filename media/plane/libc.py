"""The system calls of the tick, as symbols of the C library.

External symbols rather than ctypes pointers: code that calls them can be cached on disk. Linux
on 64 bits, where ``int`` has 32 bits and ``long``, ``size_t`` and pointers have 64.
"""

from __future__ import annotations

import platform
from typing import Any

from numba import types

_int, _long, _size = types.int32, types.int64, types.uintp


def _symbol(name: str, signature: Any) -> Any:
    return types.ExternalFunction(name, signature)


syscall = _symbol("syscall", _long(_long, _long, _long, _long, _long, _long, _long))
"""A system call by its number. The library's own ``send`` and ``recvmsg`` are places where a thread may be
cancelled, which costs two locked instructions for each; nobody cancels the tick."""
connect = _symbol("connect", _int(_int, _size, types.uint32))
write = _symbol("write", _long(_int, _size, _size))
pwrite = _symbol("pwrite", _long(_int, _size, _size, _long))
errno_location = _symbol("__errno_location", _size())
clock_gettime = _symbol("clock_gettime", _int(_int, _size))
clock_nanosleep = _symbol("clock_nanosleep", _int(_int, _int, _size, _size))

# The numbers of x86-64 are its own; machines that came later share a list (Linux's asm-generic/unistd.h).
RECVMSG, RECVFROM, SENDTO = (47, 45, 44) if platform.machine() == "x86_64" else (212, 207, 206)
CLOCK_REALTIME, CLOCK_MONOTONIC = 0, 1
TIMER_ABSTIME = 1
MSG_DONTWAIT, MSG_NOSIGNAL = 0x40, 0x4000
EINTR, ENOSPC, ECONNREFUSED = 4, 28, 111
SOL_SOCKET = 1
AF_UNSPEC = 0
