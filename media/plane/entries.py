"""What Python calls of the media plane, compiled: the loop of a media thread, and its rings."""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane.arrays import word_rows_at, words_at
from media.plane.compiled import entry
from media.plane.kernels import rings
from media.plane.legs import Integer
from media.plane.tick import run


@entry
def push(ring: Integer, rows: Integer, columns: Integer, ends: Integer, words: Integer) -> Integer:
    """Append the words of a row; 0 when the ring is full. ``rows`` and ``columns`` are the ring's."""
    ring_rows = word_rows_at(ring, rows, columns)
    return np.int64(rings.push(ring_rows, words_at(ends, np.int64(c.END_WORDS)), words_at(words, columns)))


@entry
def pull(ring: Integer, rows: Integer, columns: Integer, ends: Integer, words: Integer) -> Integer:
    """Move the oldest row to ``words``; 0 when there is none."""
    ring_rows = word_rows_at(ring, rows, columns)
    return np.int64(rings.pull(ring_rows, words_at(ends, np.int64(c.END_WORDS)), words_at(words, columns)))


@entry
def write_sound(ring: Integer, source: Integer, samples: Integer) -> Integer:
    """Append sound to a ring: :func:`rings.write_sound`."""
    return rings.write_sound(ring, source, samples)


@entry
def read_sound(ring: Integer, target: Integer, samples: Integer) -> Integer:
    """Take sound out of a ring: :func:`rings.read_sound`, without bands."""
    return rings.read_sound(ring, target, samples, np.int64(0))


ENTRIES = (run, push, pull, write_sound, read_sound)
