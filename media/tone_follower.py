"""Tones in a telephone line that are no voice: the beep of an answering machine, the tone of a fax machine.

A frame is tonal when nearly all its energy lies around one frequency or two. Voices have such moments too,
but neither hold the frequencies still nor stop at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from media.sound import Samples
from media.tone_spectrum import RATE, level_of, pair, single

FRAME = 160
FRAME_SECONDS = FRAME / RATE

QUIETEST_DBFS = -42.0
"""A tone below this is the hum of a line."""
DRIFT = 0.015
"""How far, as a part of it, the frequency of one tone may wander."""
LEVEL_DRIFT_DB = 6.0
SHORTEST_SECONDS = 0.16
QUIET_DB = 12.0
"""How much quieter it is after a tone that has ended."""
QUIET_FRAMES = 4
"""Frames of it that follow a tone before it counts as one."""


@dataclass(frozen=True, slots=True)
class Tone:
    """A tone that has ended, with quiet after it."""

    frequencies: tuple[float, ...]
    """One, or two that sounded together, the lower first; Hz."""
    seconds: float
    place: int
    """1 for a tone that stands alone, 2 and more for those that follow one another without a pause."""


@dataclass(slots=True)
class _Run:
    """Tonal frames in a row."""

    first: tuple[float, ...]
    """Of the first frame, against which the others are held."""
    level: float
    place: int
    total: tuple[float, ...]
    """The sums over all frames: those that hold the beginning and the end of the tone are less exact."""
    frames: int = 1

    def holds(self, frequencies: tuple[float, ...], level: float) -> bool:
        """Return whether a frame goes on with the same tone."""
        return (
            len(frequencies) == len(self.first)
            and abs(level - self.level) <= LEVEL_DRIFT_DB
            and all(
                abs(now - first) <= DRIFT * first for now, first in zip(frequencies, self.first, strict=True)
            )
        )

    def add(self, frequencies: tuple[float, ...]) -> None:
        """Take a frame that goes on with it."""
        self.total = tuple(each + now for each, now in zip(self.total, frequencies, strict=True))
        self.frames += 1

    @property
    def frequencies(self) -> tuple[float, ...]:
        """The mean of the frames."""
        return tuple(each / self.frames for each in self.total)

    @property
    def seconds(self) -> float:
        return self.frames * FRAME_SECONDS

    @property
    def is_tone(self) -> bool:
        """Whether it is long enough for one."""
        return self.seconds >= SHORTEST_SECONDS


class ToneFollower:
    """Follows a line frame by frame; a frame is 160 samples at 8000 a second."""

    def __init__(self) -> None:
        self._run: _Run | None = None
        self._ended: _Run | None = None
        self._quiet = 0
        self._before: Samples = np.zeros(FRAME, np.int16)

    @property
    def sounding(self) -> float:
        """Seconds that the tone of this moment has lasted; 0 while there is none."""
        return 0.0 if self._run is None else self._run.seconds

    @property
    def frequencies(self) -> tuple[float, ...]:
        """What sounds at this moment, in Hz; nothing while there is no tone."""
        return () if self._run is None else self._run.frequencies

    def receive(self, frame: Samples) -> Tone | None:
        """Take the next frame; return the tone that is known to have ended by it."""
        level = level_of(frame)
        frequencies = self._frequencies(frame, level)
        self._before = frame
        if frequencies:
            self._sound(frequencies, level)
            return None
        run, self._run = self._run, None
        # What is no whole frame of a tone ends it: the frame in which it stops is no tone.
        if run is not None and run.is_tone:
            self._ended, self._quiet = run, 0
            return None
        return self._after(level)

    def _frequencies(self, frame: Samples, level: float) -> tuple[float, ...]:
        """Return what the frame consists of.

        Two frequencies close to each other look in one frame like one that wanders, so that a pair is looked
        for in two, unless a single tone goes on.
        """
        if level < QUIETEST_DBFS:
            return ()
        one = single(frame)
        run = self._run
        if run is not None and (run.holds(one, level) or level < run.level - LEVEL_DRIFT_DB):
            # In the frame in which a tone stops, a pair would be found for the sake of the one before.
            return one
        return pair(np.concatenate((self._before, frame))) or one

    def _sound(self, frequencies: tuple[float, ...], level: float) -> None:
        """Take a tonal frame."""
        run = self._run
        if run is not None and run.holds(frequencies, level):
            run.add(frequencies)
            return
        self._run = _Run(frequencies, level, self._next_place(), frequencies)
        # The tone before was not followed by quiet, so that it does not count by itself.
        self._ended = None

    def _next_place(self) -> int:
        """Return the place of a tone that begins now; what was too short for a tone has none."""
        run = self._run
        if run is not None:
            return run.place + 1 if run.is_tone else run.place
        return 1 if self._ended is None else self._ended.place + 1

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
        return Tone(ended.frequencies, ended.seconds, ended.place)
