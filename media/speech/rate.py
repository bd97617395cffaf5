"""Changing the rate of speech by FFmpeg: a thirtieth of what :mod:`media.resample` costs on the event loop.

A second of sound takes 0.15 ms. Speech comes in gushes far faster than it is heard, so that this counts.
"""

from __future__ import annotations

from collections.abc import Iterable

import av
import numpy as np

from media.sound import Samples

RATE = 8000
"""The telephone's samples a second."""


class RateConverter:
    """Turns mono sound at ``rate`` into ``wanted`` samples a second, piece by piece."""

    def __init__(self, rate: int, wanted: int = RATE) -> None:
        self.rate = rate
        self._resampler = (
            None if rate == wanted else av.AudioResampler(format="s16", layout="mono", rate=wanted)
        )

    def process(self, samples: Samples) -> Samples:
        """Return what ``samples`` complete; perhaps nothing."""
        if self._resampler is None or not len(samples):
            return samples
        contiguous = np.ascontiguousarray(samples, np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(contiguous, format="s16", layout="mono")
        frame.sample_rate = self.rate
        return self._converted(frame)

    def finish(self) -> Samples:
        """Return the rest of the stream."""
        return np.empty(0, np.int16) if self._resampler is None else self._converted(None)

    def _converted(self, frame: av.AudioFrame | None) -> Samples:
        assert self._resampler is not None
        return samples_of(self._resampler.resample(frame))


def samples_of(frames: Iterable[av.AudioFrame]) -> Samples:
    """Return what FFmpeg hands over as 16-bit mono frames."""
    parts = [frame.to_ndarray().reshape(-1) for frame in frames]
    return np.concatenate(parts).astype(np.int16, copy=False) if parts else np.empty(0, np.int16)
