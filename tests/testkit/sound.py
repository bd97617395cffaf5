"""Sound for tests: tones that name who is speaking, and ways to see who is heard.

Each speaker gets a frequency of its own; over ``WINDOW`` samples every one of them has a whole
number of periods, so an FFT separates them exactly.
"""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from media.sound import Samples, level_dbfs
from media.tone import tone

RATE = 8000
WINDOW = 800
"""0.1 s: the FFT's lines lie 10 Hz apart."""

FREQUENCIES = tuple(range(300, 3300, 70))
"""One for each speaker; no two are harmonics of one another within a line."""

HEARD_DBFS = -40.0


def voice_of(speaker: int, seconds: float = 1.0, *, level_dbfs: float = -20.0) -> Samples:
    """Return the tone that only ``speaker`` makes."""
    return tone(FREQUENCIES[speaker], seconds, level_dbfs=level_dbfs)


def level_at(samples: Samples, frequency: float, rate: int = RATE) -> float:
    """Return how loud a sine of ``frequency`` is in ``samples``: the level of its peak in dBFS."""
    turns = 2 * np.pi * frequency * np.arange(len(samples)) / rate
    amplitude = 2 * abs(np.dot(samples, np.exp(-1j * turns))) / len(samples)
    return float(20 * np.log10(max(amplitude, 1e-9) / 32768))


def speakers_heard(samples: Samples, speakers: Iterable[int] = range(len(FREQUENCIES))) -> set[int]:
    """Return who is heard in the last whole window of ``samples``."""
    window = samples[len(samples) - WINDOW :]
    assert len(window) == WINDOW, f"{len(samples)} samples are less than a window of {WINDOW}"
    return {each for each in speakers if level_at(window, FREQUENCIES[each]) > HEARD_DBFS}


def loudest_frequency(samples: Samples, rate: int = RATE) -> float:
    """Return the frequency of the strongest line of the spectrum, in Hz."""
    spectrum = np.abs(np.fft.rfft(samples.astype(np.float64) * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate / len(samples)


def noise(seconds: float, dbfs: float, *, seed: int = 1, rate: int = RATE) -> Samples:
    """Return white noise with an RMS level of ``dbfs``."""
    drawn = np.random.default_rng(seed).normal(0.0, 32768 * 10 ** (dbfs / 20), round(seconds * rate))
    return np.clip(np.rint(drawn), -32768, 32767).astype(np.int16)


def babble(seconds: float, *, seed: int = 1, dbfs: float = -20.0, rate: int = RATE) -> Samples:
    """Return a sound shaped like speech: a gliding pitch, three wandering formants, breath, syllables."""
    random = np.random.default_rng(seed)
    at = np.arange(round(seconds * rate))

    def wander(low: float, high: float, every: float) -> np.ndarray:
        points = np.arange(0, len(at) + every * rate, round(every * rate))
        return np.interp(at, points, random.uniform(low, high, len(points)))

    pitch = wander(80, 260, 0.16)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    formants = (wander(250, 900, 0.12), wander(850, 2400, 0.12), wander(2000, 3200, 0.12))
    sound = random.normal(0.0, 0.05, len(at))
    for harmonic in range(1, 40):
        frequency = harmonic * pitch
        shape = sum(1 / (1 + ((frequency - each) / 150) ** 2) for each in formants) + 2 / harmonic
        sound += np.where(frequency < rate / 2, shape, 0.0) * np.sin(harmonic * phase)
    sound *= np.clip(wander(-0.6, 1.0, 0.1), 0.0, None)
    sound *= 32768 * 10 ** (dbfs / 20) / float(np.sqrt(np.mean(sound**2)))
    return np.clip(np.rint(sound), -32768, 32767).astype(np.int16)


def wav_bytes(samples: Sequence[int] | Samples, rate: int = RATE, channels: int = 1) -> bytes:
    """Return a 16-bit WAV file, written by the standard library; several channels are interleaved."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(np.asarray(samples, dtype="<i2").tobytes())
    return file.getvalue()


def g711_wav_bytes(payload: bytes, *, law: str) -> bytes:
    """Return a WAV file whose content is PCMU (``mulaw``) or PCMA (``alaw``)."""
    format_tag = {"alaw": 6, "mulaw": 7}[law]
    chunk = struct.pack("<HHIIHHH", format_tag, 1, RATE, RATE, 1, 8, 0)
    content = b"WAVEfmt " + struct.pack("<I", len(chunk)) + chunk
    content += b"data" + struct.pack("<I", len(payload)) + payload
    return b"RIFF" + struct.pack("<I", len(content)) + content


def read_wav(file: str | Path | bytes) -> tuple[int, np.ndarray]:
    """Return the rate and the samples, shape ``(samples, channels)``, of a WAV file."""
    source = io.BytesIO(file) if isinstance(file, bytes) else str(file)
    with wave.open(source, "rb") as reader:
        frames = np.frombuffer(reader.readframes(reader.getnframes()), dtype="<i2")
        return reader.getframerate(), frames.reshape(-1, reader.getnchannels()).astype(np.int16)


__all__ = [
    "FREQUENCIES",
    "RATE",
    "WINDOW",
    "babble",
    "g711_wav_bytes",
    "level_at",
    "level_dbfs",
    "loudest_frequency",
    "noise",
    "read_wav",
    "speakers_heard",
    "voice_of",
    "wav_bytes",
]
