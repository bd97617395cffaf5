"""Tunes of plucked notes, made here so that no recording has to be shipped: the demo's and the hold music."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from media.sound import Samples, amplitude_of

Note = tuple[float, float]
"""Hertz and seconds."""

_CHORDS = (
    (261.63, 329.63, 392.0, 523.25),
    (220.0, 261.63, 329.63, 440.0),
    (174.61, 220.0, 261.63, 349.23),
    (196.0, 246.94, 293.66, 392.0),
)
"""C, A minor, F and G."""


def melody(notes: Sequence[Note], *, rate: int = 8000, level_dbfs: float = -11.0) -> Samples:
    """Return notes one after another; each begins softly, peaks ``level_dbfs`` below full scale and fades."""
    sounds = []
    for frequency, seconds in notes:
        t = np.arange(int(seconds * rate)) / rate
        attack = np.minimum(1.0, t / 0.01)
        sounds.append(np.sin(2 * np.pi * frequency * t) * attack * np.exp(-3.0 * t))
    return np.rint(np.concatenate(sounds) * amplitude_of(level_dbfs)).astype(np.int16)


def hold_music(*, rate: int = 8000) -> Samples:
    """Return 16 seconds of broken chords, to be repeated, soft enough to be talked over."""
    notes = [(frequency, 0.5) for chord in _CHORDS for frequency in (*chord, *chord[::-1])]
    return melody(notes, rate=rate, level_dbfs=-20.0)
