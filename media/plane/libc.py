"""The system calls of the tick, as symbols of the C library.

External symbols rather than ctypes pointers: code that calls them can be cached on disk. Linux
on 64 bits, where ``int`` has 32 bits and ``long``, ``size_t`` and pointers have 64.
"""

from __future__ import annotations

from typing import Any

from numba import types

_int, _long, _size = types.int32, types.int64, types.uintp


def _symbol(name: str, signature: Any) -> Any:
    return types.ExternalFunction(name, signature)


recvmsg = _symbol("recvmsg", _long(_int, _size, _int))
send = _symbol("send", _long(_int, _size, _size, _int))
sendto = _symbol("sendto", _long(_int, _size, _size, _int, _size, types.uint32))
connect = _symbol("connect", _int(_int, _size, types.uint32))
write = _symbol("write", _long(_int, _size, _size))
pwrite = _symbol("pwrite", _long(_int, _size, _size, _long))
errno_location = _symbol("__errno_location", _size())
clock_gettime = _symbol("clock_gettime", _int(_int, _size))
clock_nanosleep = _symbol("clock_nanosleep", _int(_int, _int, _size, _size))

CLOCK_REALTIME, CLOCK_MONOTONIC = 0, 1
TIMER_ABSTIME = 1
MSG_DONTWAIT, MSG_NOSIGNAL = 0x40, 0x4000
EINTR, ENOSPC, ECONNREFUSED = 4, 28, 111
SOL_SOCKET = 1
SO_TIMESTAMPNS = 35
"""The option that asks for time stamps, and the type of the control message that brings one."""
AF_UNSPEC = 0
