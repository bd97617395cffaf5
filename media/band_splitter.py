"""Splitting 16 kHz sound, piece by piece, into what the media plane plays: narrowband sound and two bands.

A second of sound takes 0.5 ms. The bands are those of :mod:`media.codecs.bands`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from media.codecs.bands import FROM_BANDS, QMF_TAPS, SPLIT_TAPS, TAPS
from media.resample import resample
from media.sound import Banded, Samples

RATE = 16_000
"""Samples a second that are split."""

_HALF_PAST = QMF_TAPS // 2 - 1
_PAST = TAPS - 1
_DELAY = 35
"""Samples of 8 kHz that the filters to narrowband sound and the QMF are late together."""
_BANDS_DELAY = 6
"""What the QMF is late alone."""


class BandSplitter:
    """Splits one stream; what comes out begins with it and, with :meth:`finish`, is as long.

    However the stream is cut into pieces, the result is the same.
    """

    def __init__(self) -> None:
        self._odd = np.zeros(0, np.int16)
        self._halves = np.zeros((2, _HALF_PAST), np.float32)
        """The last samples at even and at odd places."""
        # So many more of each band than its filter needs wait for the narrowband sound, which is later.
        self._bands = np.zeros((2, _PAST), np.float32)
        self._left_out = _DELAY

    def process(self, samples: Samples) -> Banded:
        """Return what ``samples`` complete; perhaps nothing."""
        samples = np.concatenate((self._odd, samples))
        even = len(samples) & ~1
        self._odd = samples[even:]
        return self._split(samples[:even].reshape(-1, 2).T.astype(np.float32))

    def finish(self) -> Banded:
        """Return the rest of the stream."""
        return self.process(np.zeros(2 * _DELAY - len(self._odd), np.int16))

    def _split(self, halves: NDArray[np.float32]) -> Banded:
        if not halves.size:
            return np.empty((3, 0), np.int16)
        signal = np.concatenate((self._halves, halves), axis=1)
        self._halves = signal[:, -_HALF_PAST:]
        first, second = (np.correlate(half, taps) for half, taps in zip(signal, SPLIT_TAPS, strict=True))
        bands = np.concatenate((self._bands, _rounded(np.stack((second + first, second - first)))), axis=1)
        self._bands = bands[:, -_PAST:]
        low, high = (np.convolve(band, taps, "valid") for band, taps in zip(bands, FROM_BANDS, strict=True))
        later = _DELAY - _BANDS_DELAY
        whole = np.concatenate((_rounded(low + high)[np.newaxis], bands[:, _PAST - later : -later]))
        left_out = min(self._left_out, whole.shape[1])
        self._left_out -= left_out
        return whole[:, left_out:].astype(np.int16)


def banded(sound: Samples) -> Banded:
    """Return narrowband sound as who hears wideband plays it; a second of it takes a millisecond."""
    splitter = BandSplitter()
    wide = resample(sound, RATE // 2, RATE)
    return np.concatenate((splitter.process(wide), splitter.finish()), axis=1)


def _rounded(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.clip(np.rint(sound), -32767, 32767)
