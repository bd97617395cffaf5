"""Tones in a telephone line that are no voice: the beep of an answering machine, the tone of a fax machine.

A frame is tonal when nearly all its energy lies around one frequency. Voices have such moments too, but
neither hold the frequency still nor stop at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from media.sound import FULL_SCALE, Samples

RATE = 8000
FRAME = 160
FRAME_SECONDS = FRAME / RATE

LOWEST_HZ, HIGHEST_HZ = 400.0, 2500.0
QUIETEST_DBFS = -42.0
"""A tone below this is the hum of a line."""
PURITY = 0.85
"""The part of a frame's energy around its peak; noise 10 dB below a tone leaves 0.9."""
DRIFT = 0.015
"""How far, as a part of it, the frequency of one tone may wander."""
LEVEL_DRIFT_DB = 6.0
SHORTEST_SECONDS = 0.16
QUIET_DB = 12.0
"""How much quieter it is after a tone that has ended."""
QUIET_FRAMES = 4
"""Frames of it that follow a tone before it counts as one."""

_POINTS = 512
_LOBE = 7
"""Points of the spectrum on each side of a peak that belong to it: the window's main lobe."""
_WINDOW: NDArray[np.float64] = np.hanning(FRAME)
_EVEN: NDArray[np.float64] = np.full(FRAME, 1.0 / FRAME)
_HZ = RATE / _POINTS
_FULL_POWER = float(np.sum(_WINDOW**2)) * FULL_SCALE**2


@dataclass(frozen=True, slots=True)
class Tone:
    """A tone that has ended, with quiet after it."""

    frequency: float
    seconds: float
    place: int
    """1 for a tone that stands alone, 2 and more for those that follow one another without a pause."""


@dataclass(slots=True)
class _Run:
    """Tonal frames in a row."""

    frequency: float
    level: float
    place: int
    frames: int = 1

    def holds(self, frequency: float, level: float) -> bool:
        """Return whether a frame goes on with the same tone."""
        within = abs(frequency - self.frequency) <= DRIFT * self.frequency
        return within and abs(level - self.level) <= LEVEL_DRIFT_DB

    @property
    def seconds(self) -> float:
        return self.frames * FRAME_SECONDS


class ToneFollower:
    """Follows a line frame by frame; a frame is 160 samples at 8000 a second."""

    def __init__(self) -> None:
        self._run: _Run | None = None
        self._ended: _Run | None = None
        self._quiet = 0

    @property
    def sounding(self) -> float:
        """Seconds that the tone of this moment has lasted; 0 while there is none."""
        return 0.0 if self._run is None else self._run.seconds

    @property
    def frequency(self) -> float:
        """The frequency of the tone of this moment, in Hz; 0 while there is none."""
        return 0.0 if self._run is None else self._run.frequency

    def receive(self, frame: Samples) -> Tone | None:
        """Take the next frame; return the tone that is known to have ended by it."""
        level, frequency = _peak(frame)
        if frequency and self._goes_on(frequency, level):
            return None
        run, self._run = self._run, None
        # What is no whole frame of a tone ends it: the frame in which it stops is no tone.
        if run is not None and run.seconds >= SHORTEST_SECONDS:
            self._ended, self._quiet = run, 0
            return None
        return self._after(level)

    def _goes_on(self, frequency: float, level: float) -> bool:
        """Take a tonal frame; return whether a tone sounds."""
        run = self._run
        if run is not None and run.holds(frequency, level):
            run.frames += 1
            return True
        before = run if run is not None and run.seconds >= SHORTEST_SECONDS else self._ended
        self._run = _Run(frequency, level, 1 if before is None else before.place + 1)
        # The tone before was not followed by quiet, so that it does not count by itself.
        self._ended = None
        return True

    def _after(self, level: float) -> Tone | None:
        ended = self._ended
        if ended is None:
            return None
        if level > ended.level - QUIET_DB:
            self._ended = None
            return None
        self._quiet += 1
        if self._quiet < QUIET_FRAMES:
            return None
        self._ended = None
        return Tone(ended.frequency, ended.seconds, ended.place)


def _peak(frame: Samples) -> tuple[float, float]:
    """Return the level in dBFS, and the frequency when the frame is nearly all around one; else 0."""
    wide = frame.astype(np.float64)
    windowed = (wide - float(np.dot(wide, _EVEN))) * _WINDOW
    total = float(np.dot(windowed, windowed))
    level = 10.0 * math.log10(max(total / _FULL_POWER, 1e-10))
    if level < QUIETEST_DBFS:
        return level, 0.0
    wave = np.fft.rfft(windowed, _POINTS)
    spectrum: NDArray[np.float64] = wave.real**2 + wave.imag**2
    at = int(spectrum.argmax())
    if not LOWEST_HZ <= at * _HZ <= HIGHEST_HZ:
        return level, 0.0
    # All but the two ends of a real spectrum stand for two frequencies (Parseval).
    around = 2.0 * float(spectrum[at - _LOBE : at + _LOBE + 1].sum()) / _POINTS
    if around < PURITY * total:
        return level, 0.0
    left, here, right = np.log(np.maximum(spectrum[at - 1 : at + 2], 1e-9))
    bend = left - 2.0 * here + right
    offset = 0.0 if bend == 0.0 else 0.5 * (left - right) / bend
    return level, (at + float(offset)) * _HZ
