"""The rounds of the recording thread, compiled: in the interpreter it is only when recordings begin or end.

A function of Python that runs eight times a second finds nothing of itself in the processor's cache and costs
a quarter of what the writing does; and it waits for the interpreter's lock.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from media.plane.arrays import sample_rows_at, samples_at, words_at
from media.plane.compiled import entry, hot, store_word
from media.plane.legs import Integer
from media.plane.sound_ring import RING_SAMPLES
from media.recording.writing import write_tracks

_poll: Any = types.ExternalFunction("poll", types.int32(types.uintp, types.uint64, types.int32))
_read: Any = types.ExternalFunction("read", types.int64(types.int32, types.uintp, types.uintp))

_POLLIN = 1


@hot
def _write_round(tracks: Integer, count: Integer, frames: Integer, channels: Integer) -> Integer:
    samples = np.int64(RING_SAMPLES)
    both = sample_rows_at(channels, np.int64(2), samples)
    return write_tracks(words_at(tracks, count), samples_at(frames, 2 * samples), both)


@entry
def write_until_woken(
    tracks: Integer,
    count: Integer,
    frames: Integer,
    channels: Integer,
    wake: Integer,
    milliseconds: Integer,
    scratch: Integer,
) -> Integer:
    """Write what comes to the tracks every so many milliseconds; return how many have ended.

    Returns as well after a round once the eventfd ``wake`` says so; with -1 milliseconds there is no
    round before. ``scratch`` holds a word.
    """
    while True:
        # A struct pollfd: the descriptor, and behind it what is asked for.
        store_word(scratch, wake | (_POLLIN << 32))
        woken = _poll(np.uint64(scratch), np.uint64(1), np.int32(milliseconds))
        if woken > 0:
            _read(np.int32(wake), np.uint64(scratch), np.uint64(8))
        # After the read: who wakes us from now on is answered by the round that follows.
        ended = _write_round(tracks, count, frames, channels)
        if woken != 0 or ended > 0:
            return ended


@entry
def write_round(tracks: Integer, count: Integer, frames: Integer, channels: Integer) -> Integer:
    """Write what has come to the tracks; return how many of them have ended.

    ``tracks`` are the addresses of so many records; ``frames`` and ``channels`` are the scratch of
    :func:`media.recording.writing.write_tracks`.
    """
    return _write_round(tracks, count, frames, channels)


ENTRIES = (write_until_woken, write_round)
