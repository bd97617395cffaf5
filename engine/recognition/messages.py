"""The messages of jambonz's custom speech-to-text: start, sound in binary frames, transcriptions, stop."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from media.errors import RecognitionError
from rcml.values import shortened

RATE = 8000
LONGEST_TRANSCRIPT = 4096
"""Characters of one transcription; more is no sentence of a caller."""


@dataclass(frozen=True)
class Transcription:
    """What a recogniser says it heard since its last final transcription."""

    words: str
    confidence: float
    is_final: bool


def start(language: str, hints: tuple[str, ...], interim: bool) -> str:
    """Return the first message."""
    return json.dumps(
        {
            "type": "start",
            "language": language,
            "format": "raw",
            "encoding": "LINEAR16",
            "interimResults": interim,
            "sampleRateHz": RATE,
            "options": {"hints": list(hints)} if hints else {},
        }
    )


STOP = json.dumps({"type": "stop"})
"""The last message: no more sound comes."""


def read(text: str) -> Transcription | None:
    """Return a transcription, None for a message of a type we do not know.

    Raises :class:`RecognitionError` for an error that the recogniser tells, and for what is no message.
    """
    try:
        message = json.loads(text)
        kind = message["type"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise RecognitionError(f"it sent what is no message: {shortened(text)!r}") from None
    if kind == "error":
        raise RecognitionError(f"it reports an error: {shortened(str(message.get('error', '')))}")
    if kind != "transcription":
        return None
    try:
        return _transcription(message)
    except (KeyError, IndexError, TypeError, ValueError):
        raise RecognitionError(f"its transcription cannot be read: {shortened(text)!r}") from None


def _transcription(message: dict[str, Any]) -> Transcription:
    alternatives = message["alternatives"]
    if not alternatives:
        return Transcription("", 0.0, bool(message["is_final"]))
    best = alternatives[0]
    words = best["transcript"]
    if not isinstance(words, str) or len(words) > LONGEST_TRANSCRIPT:
        raise ValueError
    # Some recognisers give no confidence for what is not final.
    confidence = float(best.get("confidence") or 0.0)
    if not 0.0 <= confidence <= 1.0:
        raise ValueError
    return Transcription(" ".join(words.split()), confidence, bool(message["is_final"]))
