"""Telling speech from silence by energy, with a noise floor that adapts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from media.errors import MediaMisuse
from media.sound import FULL_SCALE, Samples

FRAME_SECONDS = 0.02

ABOVE_FLOOR_DB = 9.0
"""A frame this far above the noise floor is speech."""

QUIETEST_SPEECH_DBFS = -50.0
"""Nothing below counts, however quiet the line: the faintest talkers lie near -45 dBFS."""

FIRST_FLOOR_DBFS = -50.0
"""The noise that is expected until something is known."""

LOUDEST_FLOOR_DBFS = -40.0
"""The floor never rises above this, so that steady speech, music and tones do not become the noise."""

FLOOR_RISE_DB_PER_SECOND = 6.0
"""Slower than syllables, fast enough to follow a window being opened."""

HANG_OVER_SECONDS = 0.2
"""Pauses between words that still belong to speech."""

ONSET_FRAMES = 2
"""Frames in a row that make speech begin: one alone is a click."""

SILENT_DBFS = -96.0
"""What nothing at all counts as: less than one step of 16 bits."""
_SILENT_POWER = 10.0 ** (SILENT_DBFS / 10.0)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive frames that were judged alike."""

    active: bool
    samples: int


class VoiceActivityDetector:
    """Judges a stream frame by frame; see :meth:`receive`."""

    def __init__(self, rate: int = 8000) -> None:
        if rate < 1000:
            raise MediaMisuse(f"voice activity needs at least 1000 samples a second, not {rate}")
        self.frame_samples = round(rate * FRAME_SECONDS)
        self._rise = FLOOR_RISE_DB_PER_SECOND * FRAME_SECONDS
        self._hang_over_frames = round(HANG_OVER_SECONDS / FRAME_SECONDS)
        self._rest: Samples = np.empty(0, dtype=np.int16)
        self._ones = np.ones(self.frame_samples)
        self._floor = FIRST_FLOOR_DBFS
        self._loud_frames = 0
        self._hang_over = 0
        self.active = False

    @property
    def floor_dbfs(self) -> float:
        """The level that is taken for the noise of the line."""
        return self._floor

    def receive(self, samples: Samples) -> list[Stretch]:
        """Judge the whole frames in ``samples`` and what was left before; the rest waits."""
        waiting = np.concatenate((self._rest, samples)) if len(self._rest) else samples
        end = len(waiting) // self.frame_samples * self.frame_samples
        self._rest = waiting[end:].copy()
        if not end:
            return []
        if end == self.frame_samples:
            return [Stretch(self._judge(self._level(waiting[:end])), end)]
        stretches: list[Stretch] = []
        frames = self._loud_ones(waiting[:end].reshape(-1, self.frame_samples))
        for active, alike in groupby(map(self._take, frames)):
            stretches.append(Stretch(active, self.frame_samples * sum(1 for _ in alike)))
        return stretches

    def _judge(self, level: float) -> bool:
        loud = level > max(self._floor + ABOVE_FLOOR_DB, QUIETEST_SPEECH_DBFS)
        self._follow_floor(level)
        return self._take(loud)

    def _take(self, loud: bool) -> bool:
        """Take in whether a frame is loud; return whether it belongs to speech."""
        self._loud_frames = self._loud_frames + 1 if loud else 0
        if self._loud_frames >= ONSET_FRAMES or (loud and self.active):
            self.active = True
            self._hang_over = self._hang_over_frames
        elif self._hang_over:
            self._hang_over -= 1
        else:
            self.active = False
        return self.active

    def _level(self, frame: Samples) -> float:
        """Return the level of a frame in dBFS, without what a constant offset adds.

        Two products of vectors: every listened-to leg asks for this fifty times a second, all in one turn of
        the event loop (bench_recognition.py), and numpy's ``var`` takes several times as long.
        """
        wide = frame.astype(np.float64)
        samples = self.frame_samples
        mean = float(np.dot(wide, self._ones)) / samples
        power = (float(np.dot(wide, wide)) / samples - mean * mean) / FULL_SCALE**2
        return 10.0 * math.log10(max(power, _SILENT_POWER))

    def _loud_ones(self, frames: NDArray[np.int16]) -> list[bool]:
        """Say of each of many frames whether it is loud, as :meth:`_judge` does of one.

        The floor after a frame is the least of what it may be by that frame and by each one before, from
        which it has risen since.
        """
        wide = frames.astype(np.float64)
        mean = wide @ self._ones / self.frame_samples
        power = (np.einsum("ij,ij->i", wide, wide) / self.frame_samples - mean * mean) / FULL_SCALE**2
        levels = 10.0 * np.log10(np.maximum(power, _SILENT_POWER))
        risen = self._rise * np.arange(1, len(levels) + 1)
        floors = np.minimum.accumulate(np.minimum(levels - risen, self._floor)) + risen
        floors = np.clip(floors, SILENT_DBFS, LOUDEST_FLOOR_DBFS)
        before = np.concatenate(((self._floor,), floors[:-1]))
        self._floor = float(floors[-1])
        loud: list[bool] = (levels > np.maximum(before + ABOVE_FLOOR_DB, QUIETEST_SPEECH_DBFS)).tolist()
        return loud

    def _follow_floor(self, level: float) -> None:
        """Fall at once to a quieter frame, rise slowly: minimum tracking."""
        followed = min(level, self._floor + self._rise)
        self._floor = min(max(followed, SILENT_DBFS), LOUDEST_FLOOR_DBFS)
