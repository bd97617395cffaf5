"""The rounds of the recording thread, compiled: in the interpreter it is only when recordings begin or end.

A function of Python that runs eight times a second finds nothing of itself in the processor's cache and costs
a quarter of what the writing does; and it waits for the interpreter's lock.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from media.plane.compiled import kernel, store_word
from media.plane.legs import Array, Integer
from media.recording.writing import write_tracks

_poll: Any = types.ExternalFunction("poll", types.int32(types.uintp, types.uint64, types.int32))
_read: Any = types.ExternalFunction("read", types.int64(types.int32, types.uintp, types.uintp))

_POLLIN = 1


@kernel
def write_until_woken(
    addresses: Array, frames: Array, channels: Array, wake: Integer, milliseconds: Integer, scratch: Array
) -> Integer:
    """Write what comes to the tracks every so many milliseconds; return how many have ended.

    Returns as well after a round once the eventfd ``wake`` says so; with -1 milliseconds there is no
    round before. ``scratch`` holds a word.
    """
    while True:
        # A struct pollfd: the descriptor, and behind it what is asked for.
        store_word(scratch.ctypes.data, wake | (_POLLIN << 32))
        woken = _poll(scratch.ctypes.data, np.uint64(1), np.int32(milliseconds))
        if woken > 0:
            _read(np.int32(wake), scratch.ctypes.data, np.uint64(8))
        # After the read: who wakes us from now on is answered by the round that follows.
        ended = write_tracks(addresses, frames, channels)
        if woken != 0 or ended > 0:
            return ended
