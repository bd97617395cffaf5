"""A recording for a recogniser behind a WebSocket: read piece by piece, sent as fast as it is taken."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import numpy as np

from engine.config.recognition import RecogniserEntry
from engine.recognition.messages import RATE
from engine.recognition.recogniser import Told
from engine.recognition.remote import Patience, RemoteRecognition
from engine.streams.dialing import StreamDialer
from media.errors import RecognitionError
from media.sound import Samples
from media.speech.recognised import Recognised

PIECE_SECONDS = 0.2
SLOWEST = 2.0
"""Seconds that a recogniser may need for a second of sound."""
LEAST_WITHIN = 30.0
"""Seconds that it may need for the shortest recording."""
LONGEST_TEXT = 1_000_000
"""Characters; a day of speech."""

_NOBODY = Told(partial=lambda words: None, phrase_ended=lambda: None, problem=lambda what: None)


async def transcribe(file: Path, entry: RecogniserEntry, dialer: StreamDialer, language: str) -> Recognised:
    """Return what is said in a recording; raises :class:`RecognitionError`."""
    sound = await asyncio.to_thread(_read, file)
    within = LEAST_WITHIN + SLOWEST * len(sound) / RATE
    patience = Patience(settled_after=entry.timeout, result_within=within, longest=LONGEST_TEXT)
    recognition = RemoteRecognition(
        entry, dialer, language=language, hints=(), told=_NOBODY, interim=False, patience=patience
    )
    try:
        async with asyncio.timeout(within):
            piece = round(PIECE_SECONDS * RATE)
            for at in range(0, len(sound), piece):
                await recognition.wait_room()
                recognition.hear(sound[at : at + piece])
            return await recognition.result()
    except TimeoutError:
        raise RecognitionError(f"it took more than {within:.0f} s") from None
    finally:
        await recognition.close()


def _read(file: Path) -> Samples:
    """Return the sound of a recording, its channels mixed; raises :class:`RecognitionError`."""
    try:
        with wave.open(str(file), "rb") as recording:
            shape = (recording.getsampwidth(), recording.getframerate())
            channels = recording.getnchannels()
            octets = recording.readframes(recording.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise RecognitionError(f"the recording cannot be read: {error}") from error
    if shape != (2, RATE):
        raise RecognitionError(
            f"the recording has {shape[0]} octets a sample and {shape[1]} samples a second"
        )
    sound = np.frombuffer(octets, "<i2").reshape(-1, channels)
    return sound.mean(axis=1).astype(np.int16) if channels > 1 else sound[:, 0]
