"""Bringing speech to one loudness without clipping it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from media.sound import FULL_SCALE, Samples

TARGET_DBFS = -18.0
"""The level of speech while it sounds: what telephone networks carry (ITU-T P.56, G.168 annexes)."""

GAIN_LIMIT_DB = 12.0
"""More would raise noise, or a text that is mostly breath."""

MEASURED_SECONDS = 3.0
"""The gain is fixed after this much sound: an engine far faster than real time has it at once."""

KNEE = 0.7
"""Magnitudes above this part of full scale are bent towards it, never beyond."""

_FRAME_SECONDS = 0.02
_ACTIVE_BELOW_LOUDEST_DB = 25.0


class LoudnessNormaliser:
    """Scales a stream by one gain, found in its first seconds, and bends the peaks that remain."""

    def __init__(self, rate: int, target_dbfs: float = TARGET_DBFS) -> None:
        self._frame = round(rate * _FRAME_SECONDS)
        self._measured_samples = round(rate * MEASURED_SECONDS)
        self._target_dbfs = target_dbfs
        self._held: list[Samples] = []
        self._gain: float | None = None

    def process(self, samples: Samples) -> Samples:
        """Return what can be given on: nothing until enough is measured, then everything."""
        if self._gain is not None:
            return _scaled(samples, self._gain)
        self._held.append(samples)
        if sum(map(len, self._held)) < self._measured_samples:
            return samples[:0]
        return self._release()

    def finish(self) -> Samples:
        """Return what a short stream still holds back."""
        return self._release() if self._held else np.empty(0, dtype=np.int16)

    def _release(self) -> Samples:
        measured = np.concatenate(self._held)
        self._held = []
        level = speech_level_dbfs(measured, self._frame)
        gain_db = 0.0 if level is None else self._target_dbfs - level
        self._gain = 10.0 ** (max(-GAIN_LIMIT_DB, min(gain_db, GAIN_LIMIT_DB)) / 20.0)
        return _scaled(measured, self._gain)


def speech_level_dbfs(samples: Samples, frame: int = 160) -> float | None:
    """Return the RMS level of the frames that sound, pauses left out; None when none does."""
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame).astype(np.float64)
    power: NDArray[np.float64] = np.square(frames).mean(axis=1)
    loudest = power.max(initial=0.0)
    if loudest == 0.0:
        return None
    active = power[power > loudest * 10.0 ** (-_ACTIVE_BELOW_LOUDEST_DB / 10.0)]
    return float(10.0 * np.log10(active.mean() / FULL_SCALE**2))


def _scaled(samples: Samples, gain: float) -> Samples:
    scaled = samples * (gain / FULL_SCALE)
    beyond = np.abs(scaled) - KNEE
    bent = np.sign(scaled) * (KNEE + (1.0 - KNEE) * np.tanh(beyond / (1.0 - KNEE)))
    limited: NDArray[np.float64] = np.where(beyond > 0.0, bent, scaled)
    return np.rint(limited * 32767.0).astype(np.int16)
