"""Wideband sound as two bands of 8 kHz: below and above 4 kHz, split by G.722's QMF.

A quadrature mirror filter lets each band fold a little of the other one at 4 kHz and takes both
folds away again where they are joined. So a band by itself is no narrowband sound: what was just
above 4 kHz lies in the lower band as a wrong tone. Two pairs of short filters at 8 kHz lead
between the bands and clean narrowband sound; each is the QMF and a steep low pass in one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from media.sound import Samples

Taps = NDArray[np.float32]

_HALF = (3, -11, -11, 53, 12, -156, 32, 362, -210, -805, 951, 3876)
"""ITU-T G.722 table 11, first half; the filter is symmetric."""
QMF_TAPS = 24
_LOW_PASS = np.array(_HALF + _HALF[::-1], np.float64) / 8192
_HIGH_PASS = _LOW_PASS * (-1.0) ** np.arange(QMF_TAPS)

STEEP_TAPS = 97
_PASS_TO = 3800 / 16000
"""Half way down at 3.8 kHz: telephone sound ends at 3.4 kHz, what is above 4.2 kHz is gone."""
_KAISER = 5.65
"""60 dB down."""


def _steep() -> NDArray[np.float64]:
    at = np.arange(STEEP_TAPS) - STEEP_TAPS // 2
    taps = np.sinc(2 * _PASS_TO * at) * np.kaiser(STEEP_TAPS, _KAISER)
    return np.asarray(taps / taps.sum(), np.float64)


def _between(qmf: NDArray[np.float64]) -> Taps:
    """Return a QMF filter and the steep one, with the rate doubled before and halved after both."""
    both = np.convolve(qmf, _steep())
    return np.ascontiguousarray(2 * both[1::2], np.float32)


TO_BANDS: Taps = np.stack([_between(_LOW_PASS), _between(_HIGH_PASS)])
"""Shape ``(2, TAPS)``: narrowband sound to the lower and the higher band."""
FROM_BANDS: Taps = np.stack([_between(_LOW_PASS), -_between(_HIGH_PASS)])
"""Shape ``(2, TAPS)``: their sum over both bands is narrowband sound."""
TAPS = TO_BANDS.shape[1]

SPLIT_TAPS: Taps = np.ascontiguousarray(np.stack([_LOW_PASS[::-1][::2], _LOW_PASS[::-1][1::2]]), np.float32)
"""Shape ``(2, QMF_TAPS / 2)``: of samples at even and at odd places; bands are their sum and difference."""
JOIN_TAPS: Taps = np.ascontiguousarray(2 * SPLIT_TAPS[::-1])
"""Shape ``(2, QMF_TAPS / 2)``: the difference and the sum of both bands to samples at even and odd places."""

for _table in (TO_BANDS, FROM_BANDS, SPLIT_TAPS, JOIN_TAPS):
    _table.setflags(write=False)


def _clip(sound: NDArray[np.float64]) -> Samples:
    return np.clip(np.rint(sound), -32767, 32767).astype(np.int16)


def split(samples: Samples) -> tuple[Samples, Samples]:
    """Return the lower and the higher band of 16 kHz ``samples``, as if silence had come before."""
    padded = np.concatenate([np.zeros(QMF_TAPS - 2), samples])
    bands = [np.convolve(padded, taps, "valid")[::2] for taps in (_LOW_PASS, _HIGH_PASS)]
    return _clip(bands[0]), _clip(bands[1])


def join(low: Samples, high: Samples) -> Samples:
    """Return the 16 kHz sound of two bands, as if silence had come before; 22 samples late in all."""
    spread = np.zeros((2, 2 * len(low) + QMF_TAPS - 1))
    spread[:, QMF_TAPS - 1 :: 2] = low, high
    joined = np.convolve(spread[0], 2 * _LOW_PASS, "valid") - np.convolve(spread[1], 2 * _HIGH_PASS, "valid")
    return _clip(joined)
