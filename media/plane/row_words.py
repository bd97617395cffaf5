"""Fields of a row by their place in memory, for what the event loop reads of many legs.

A field by name costs numpy a view of the row, and a fiftieth of that as a word of a ``memoryview``.
"""

from __future__ import annotations

import numpy as np

from media.plane.legs import LEG, Octets

WORD = 8


def word_of(name: str) -> int:
    """Return the place among the words of a row where a field, or an array of words, begins."""
    assert LEG.fields is not None
    form, offset = LEG.fields[name][:2]
    assert form.base == np.dtype("i8"), f"{name} is no word"
    return int(offset) // WORD


def words_of(row: Octets) -> memoryview:
    """Return the octets of a row as words, which go on changing while the tick runs."""
    return row.data.cast("q")
