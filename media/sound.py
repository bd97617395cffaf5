"""The one array type in which sound travels: 16-bit mono samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
"""Mono sound, shape ``(samples,)``."""

Banded = NDArray[np.int16]
"""Wideband sound as legs play it, shape ``(3, samples)`` at 8 kHz: what narrowband legs hear, and the bands
below and above 4 kHz (:mod:`media.codecs.bands`) of what wideband legs hear."""

FULL_SCALE = 32768.0
"""The amplitude of 0 dBFS: a sine that peaks at it has a level of -3.01 dBFS RMS."""


def level_dbfs(samples: Samples) -> float:
    """Return the RMS level in dB below full scale; -inf for silence or no samples."""
    if not len(samples):
        return float("-inf")
    wide = samples.astype(np.float64)
    mean_square = float(np.dot(wide, wide)) / len(wide)
    if mean_square == 0.0:
        return float("-inf")
    return float(10.0 * np.log10(mean_square / FULL_SCALE**2))


def amplitude_of(dbfs: float) -> float:
    """Return the amplitude, in sample units, that lies ``dbfs`` below full scale."""
    return FULL_SCALE * float(10.0 ** (dbfs / 20.0))
