"""Sound as the outside peers make and judge it: tones, speech-like noise, G.711, and who is heard.

Written apart from `media/` on purpose, so that a mistake there cannot hide behind the same mistake here.
Samples are int16, mono, 8 kHz.
"""

import io
import wave
from functools import cache

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

RATE = 8000
FRAME = 160
"""Samples in 20 ms."""

_SEGMENT_ENDS = np.array([0x1F, 0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF])


def tone(frequency: float, seconds: float, amplitude: int = 8000) -> Samples:
    """Return a sine. A multiple of 50 Hz has whole periods in each 20 ms frame."""
    at = np.arange(round(seconds * RATE)) / RATE
    return np.asarray(np.rint(amplitude * np.sin(2 * np.pi * frequency * at)), np.int16)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.int16)


def speech_like(seconds: float, seed: int = 7) -> Samples:
    """Return noise in the band of speech, swelling four times a second as syllables do."""
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    frequencies = np.fft.rfftfreq(count, 1 / RATE)
    spectrum[(frequencies < 200) | (frequencies > 3000)] = 0
    sound = np.fft.irfft(spectrum, count)
    swell = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * np.arange(count) / RATE)
    return np.asarray(np.rint(7000 * swell * sound / np.max(np.abs(sound))), np.int16)


def dtmf(key: str, seconds: float = 0.1, amplitude: int = 6000) -> Samples:
    """Return the two tones of a key (ITU-T Q.23)."""
    row, column = divmod("123A456B789C*0#D".index(key), 4)
    low, high = (697, 770, 852, 941)[row], (1209, 1336, 1477, 1633)[column]
    return tone(low, seconds, amplitude) + tone(high, seconds, amplitude)


def wav(samples: Samples) -> bytes:
    """Return the sound as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())
    return file.getvalue()


def read_wav(content: bytes, channel: int | None = None) -> Samples:
    """Return the sound of a WAV file of 16 bits and 8 kHz: mono, or one channel of two."""
    with wave.open(io.BytesIO(content)) as file:
        shape = (file.getnchannels(), file.getsampwidth(), file.getframerate())
        assert shape == (1 if channel is None else 2, 2, RATE), shape
        frames = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        return frames.reshape(-1, shape[0])[:, channel or 0]


def to_ulaw(samples: Samples) -> bytes:
    """Encode as G.711 mu-law."""
    return _ulaw_codes()[samples.astype(np.uint16)].tobytes()


def from_ulaw(payload: bytes) -> Samples:
    return _ulaw_values()[np.frombuffer(payload, np.uint8)]


def to_alaw(samples: Samples) -> bytes:
    """Encode as G.711 A-law, even bits inverted."""
    return _alaw_codes()[samples.astype(np.uint16)].tobytes()


def from_alaw(payload: bytes) -> Samples:
    return _alaw_values()[np.frombuffer(payload, np.uint8)]


_EVERY_SAMPLE = np.arange(0x10000, dtype=np.uint16).view(np.int16)
_EVERY_CODE = np.arange(0x100)
"""The codes are worked out once for all: packets of a talk are decoded hundreds of times."""


@cache
def _ulaw_codes() -> NDArray[np.uint8]:
    """Follow the segment description of the Recommendation."""
    samples = _EVERY_SAMPLE
    negative = samples < 0
    magnitude = np.minimum((np.abs(samples.astype(np.int32)) >> 2) + 33, 0x1FFF)
    segment = np.searchsorted(_SEGMENT_ENDS * 2 + 1, magnitude)
    mantissa = (magnitude >> (segment + 1)) & 0x0F
    code = ~((segment << 4) | mantissa) & 0xFF
    return np.asarray(np.where(negative, code & 0x7F, code), np.uint8)


@cache
def _ulaw_values() -> Samples:
    code = ~_EVERY_CODE & 0xFF
    magnitude = ((((code & 0x0F) << 1) + 33) << ((code >> 4) & 7)) - 33
    return (np.where(code & 0x80, -magnitude, magnitude) * 4).astype(np.int16)


@cache
def _alaw_codes() -> NDArray[np.uint8]:
    value = _EVERY_SAMPLE.astype(np.int32) >> 3
    negative = value < 0
    magnitude = np.where(negative, -value - 1, value)
    segment = np.searchsorted(_SEGMENT_ENDS, magnitude)
    mantissa = np.where(segment < 2, magnitude >> 1, magnitude >> segment) & 0x0F
    code = ((segment << 4) | mantissa) ^ np.where(negative, 0x55, 0xD5)
    return code.astype(np.uint8)


@cache
def _alaw_values() -> Samples:
    code = _EVERY_CODE ^ 0x55
    segment, mantissa = (code >> 4) & 7, code & 0x0F
    magnitude = np.where(
        segment == 0, (mantissa << 1) + 1, ((mantissa << 1) + 33) << np.maximum(segment - 1, 0)
    )
    return (np.where(code & 0x80, magnitude, -magnitude) * 8).astype(np.int16)


def share_of_tone(frame: Samples, frequency: float) -> float:
    """Return the share (0 to 1) of the frame's energy that lies at `frequency`, by Goertzel's measure."""
    signal = frame.astype(np.float64)
    energy = float(np.dot(signal, signal))
    if energy == 0:
        return 0.0
    phase = 2j * np.pi * frequency / RATE * np.arange(len(signal))
    return float(2 * abs(np.dot(signal, np.exp(-phase))) ** 2 / (len(signal) * energy))


def frames_of_tone(samples: Samples, frequency: float, least_share: float = 0.7) -> NDArray[np.bool_]:
    """Say for each whole 20 ms frame whether `frequency` is what is heard in it.

    Frames under -50 dBFS count as silence, whatever their spectrum.
    """
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    energy = np.einsum("ij,ij->i", frames, frames)
    phase = 2 * np.pi * frequency / RATE * np.arange(FRAME)
    # Two products of reals: one of complex numbers would first make such numbers of all that was heard.
    at_frequency = 2 * ((frames @ np.cos(phase)) ** 2 + (frames @ np.sin(phase)) ** 2) / FRAME
    loud = energy > FRAME * 100.0**2
    return np.asarray(loud & (at_frequency > least_share * np.maximum(energy, 1)), np.bool_)


def seconds_of_tone(samples: Samples, frequency: float) -> float:
    """Return for how long `frequency` is heard, in steps of 20 ms."""
    return float(np.count_nonzero(frames_of_tone(samples, frequency))) * FRAME / RATE


def seconds_of_sound(samples: Samples, above: int = 200) -> float:
    """Return for how long anything louder than `above` (root mean square of 20 ms) is heard."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    loudness = np.sqrt(np.mean(frames**2, axis=1)) if len(frames) else np.zeros(0)
    return float(np.count_nonzero(loudness > above)) * FRAME / RATE
