"""Which one or two frequencies a piece of a telephone line consists of.

A frame of 20 ms tells one frequency exactly. Two that are 80 Hz apart, as those of 350 and 440 Hz, look like
one in it; they are told apart in 40 ms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from media.sound import FULL_SCALE, Samples

RATE = 8000
LOWEST_HZ, HIGHEST_HZ = 400.0, 2500.0
"""Where a single tone lies: below are the voices of men, above is hiss."""
LOWEST_OF_TWO_HZ = 300.0
PURITY = 0.85
"""The part of the energy around the peaks; noise 10 dB below a tone leaves 0.9."""
TWIST_DB = 10.0
"""How much louder one of two tones may be."""

_LOBE = 7
"""Points of the spectrum on each side of a peak that belong to it: the window's main lobe."""


@dataclass(frozen=True, eq=False)
class _Lens:
    """What a window of some samples makes of a sound."""

    window: NDArray[np.float64]
    points: int

    @classmethod
    def of(cls, samples: int, points: int) -> _Lens:
        return cls(np.hanning(samples), points)

    @property
    def hz(self) -> float:
        """Between two points of the spectrum."""
        return RATE / self.points

    def through(self, sound: Samples) -> NDArray[np.float64]:
        """Return the sound without its constant part, windowed."""
        wide = sound.astype(np.float64)
        return np.asarray((wide - float(wide.sum()) / len(wide)) * self.window)

    def spectrum(self, windowed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the energy at each point; the sum of all is that of the sound (Parseval)."""
        wave = np.fft.rfft(windowed, self.points)
        # All but the two ends of a real spectrum stand for two frequencies.
        energy: NDArray[np.float64] = (wave.real**2 + wave.imag**2) * (2.0 / self.points)
        return energy


_ONE_FRAME, _TWO_FRAMES = _Lens.of(160, 512), _Lens.of(320, 1024)
_FULL_POWER = float(np.sum(_ONE_FRAME.window**2)) * FULL_SCALE**2


def level_of(frame: Samples) -> float:
    """Return how loud a frame of 160 samples is, in dBFS; its edges count less."""
    windowed = _ONE_FRAME.through(frame)
    return 10.0 * math.log10(max(float(np.dot(windowed, windowed)) / _FULL_POWER, 1e-10))


def single(frame: Samples) -> tuple[float, ...]:
    """Return the frequency, in Hz, when 160 samples are nearly all around one; else nothing."""
    windowed = _ONE_FRAME.through(frame)
    spectrum = _ONE_FRAME.spectrum(windowed)
    at = int(spectrum.argmax())
    if not LOWEST_HZ <= at * _ONE_FRAME.hz <= HIGHEST_HZ:
        return ()
    around = float(spectrum[at - _LOBE : at + _LOBE + 1].sum())
    if around < PURITY * float(np.dot(windowed, windowed)):
        return ()
    return (_frequency(spectrum, at, _ONE_FRAME.hz),)


def pair(frames: Samples) -> tuple[float, ...]:
    """Return two frequencies, the lower first, when 320 samples are nearly all around them; else nothing."""
    windowed = _TWO_FRAMES.through(frames)
    spectrum = _TWO_FRAMES.spectrum(windowed)
    places, around = list[int](), list[float]()
    rest = spectrum.copy()
    for _ in range(2):
        at = int(rest.argmax())
        if not LOWEST_OF_TWO_HZ <= at * _TWO_FRAMES.hz <= HIGHEST_HZ:
            return ()
        beside = slice(at - _LOBE, at + _LOBE + 1)
        places.append(at)
        around.append(float(rest[beside].sum()))
        rest[beside] = 0.0
    louder, softer = around
    is_pure = louder + softer >= PURITY * float(np.dot(windowed, windowed))
    if not is_pure or softer * 10.0 ** (TWIST_DB / 10.0) < louder:
        return ()
    return tuple(sorted(_frequency(spectrum, at, _TWO_FRAMES.hz) for at in places))


def _frequency(spectrum: NDArray[np.float64], at: int, hz: float) -> float:
    """Return where the peak truly lies, between the points of the spectrum."""
    left, here, right = np.log(np.maximum(spectrum[at - 1 : at + 2], 1e-12))
    bend = left - 2.0 * here + right
    offset = 0.0 if bend == 0.0 else 0.5 * (left - right) / bend
    return (at + float(offset)) * hz
