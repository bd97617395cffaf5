"""The two smallest compiled programs that can stand opposite the media plane.

``echo`` is the floor: a packet read and a packet sent for every leg and tick, nothing else, with
the plane's sockets, phases and sleep. ``load`` is a caller on every leg: a packet every 20 ms,
and everything that comes back is read and counted. Both run until told to stop.
"""

from typing import Any

import numpy as np
from numba import njit, types

from media.plane import libc

_SIGNATURE = types.int64(types.int32, types.uintp, types.uintp, types.int32)
_recv: Any = types.ExternalFunction("recv", _SIGNATURE)
_send: Any = types.ExternalFunction("send", _SIGNATURE)

TICK_NS = 20_000_000
PHASES = 4
STOP, RECEIVED, SENT = range(3)
"""Words of ``control``."""
KEPT = 128
"""Packets of each leg that ``load`` remembers, by sequence number; a power of two."""


@njit(nogil=True, cache=True)
def _now(clock):
    libc.clock_gettime(np.int32(libc.CLOCK_MONOTONIC), clock.ctypes.data)
    return clock[0] * 1_000_000_000 + clock[1]


@njit(nogil=True, cache=True)
def _sleep_until(due, clock):
    while _now(clock) < due:
        clock[0], clock[1] = due // 1_000_000_000, due % 1_000_000_000
        libc.clock_nanosleep(
            np.int32(libc.CLOCK_MONOTONIC), np.int32(libc.TIMER_ABSTIME), clock.ctypes.data, np.uint64(0)
        )


@njit(nogil=True, cache=True)
def _receive(descriptor, buffer):
    size = np.uint64(len(buffer))
    return _recv(np.int32(descriptor), buffer.ctypes.data, size, np.int32(libc.MSG_DONTWAIT))


@njit(nogil=True, cache=True)
def echo(descriptors, buffer, clock, control):
    """Read one datagram of each leg in its phase and send as many octets back."""
    due = _now(clock)
    phase = 0
    while control[STOP] == 0:
        _sleep_until(due, clock)
        for leg in range(phase, len(descriptors), PHASES):
            if _receive(descriptors[leg], buffer) > 0:
                control[RECEIVED] += 1
            flags = np.int32(libc.MSG_DONTWAIT | libc.MSG_NOSIGNAL)
            if _send(np.int32(descriptors[leg]), buffer.ctypes.data, np.uint64(172), flags) > 0:
                control[SENT] += 1
        phase = (phase + 1) % PHASES
        due += TICK_NS // PHASES


@njit(nogil=True, cache=True)
def _keep(buffer, heard, numbers):
    """Remember the payload that has come."""
    number = np.int64(buffer[2]) << 8 | np.int64(buffer[3])
    place = number & (KEPT - 1)
    heard[place, :] = buffer[12:172]
    numbers[place] = number


@njit(nogil=True, cache=True)
def load(descriptors, packets, heard, numbers, buffer, clock, control):
    """Send each leg's packet every 20 ms, numbered and stamped, and keep what has come."""
    due = _now(clock)
    tick, phase = 0, 0
    while control[STOP] == 0:
        _sleep_until(due, clock)
        for leg in range(phase, len(descriptors), PHASES):
            packet = packets[leg]
            stamp = 160 * tick
            packet[2], packet[3] = (tick >> 8) & 255, tick & 255
            packet[4], packet[5] = (stamp >> 24) & 255, (stamp >> 16) & 255
            packet[6], packet[7] = (stamp >> 8) & 255, stamp & 255
            flags = np.int32(libc.MSG_DONTWAIT | libc.MSG_NOSIGNAL)
            if _send(np.int32(descriptors[leg]), packet.ctypes.data, np.uint64(172), flags) > 0:
                control[SENT] += 1
            octets = _receive(descriptors[leg], buffer)
            while octets > 0:
                control[RECEIVED] += 1
                if octets == 172:
                    _keep(buffer, heard[leg], numbers[leg])
                octets = _receive(descriptors[leg], buffer)
        phase += 1
        if phase == PHASES:
            phase, tick = 0, tick + 1
        due += TICK_NS // PHASES
