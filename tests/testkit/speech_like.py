"""Sound with pitch, harmonics and pauses, and how far another sound is from it."""

import numpy as np
from numpy.typing import NDArray

from media.sound import Samples


def speech_like(seconds: float, rate: int = 8000) -> Samples:
    """Return a gliding voice of 110 to 150 Hz that swells and pauses twice in three seconds."""
    time = np.arange(round(seconds * rate)) / rate
    pitch = 130 + 20 * np.sin(2 * np.pi * 0.7 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    voice = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 15))
    loudness = np.clip(np.sin(2 * np.pi * 1.5 * time) + 0.5, 0, 1)
    samples: Samples = (5000 * voice * loudness).astype(np.int16)
    return samples


def spectral_distance(heard: Samples, said: Samples) -> float:
    """Return the mean log-spectral distance in dB of two sounds of the same length."""

    def spectra(samples: Samples) -> NDArray[np.float64]:
        frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), 256)[::128]
        levels: NDArray[np.float64] = np.abs(np.fft.rfft(frames * np.hanning(256), axis=1))
        return 20 * np.log10(levels + 20)

    return float(np.sqrt(((spectra(heard) - spectra(said)) ** 2).mean(axis=1)).mean())
