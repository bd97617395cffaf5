"""What a document or a request asks to be found out about who answers: a human or a machine."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from rcml.callback import Callback


class DetectionMode(enum.Enum):
    """When the answer is known."""

    NONE = "none"
    ENABLE = "Enable"
    """At once."""
    DETECT_MESSAGE_END = "DetectMessageEnd"
    """Of a machine, when its greeting is over."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """The values that a limit may have, in the unit in which it is written."""

    least: int
    most: int
    usual: int


TIMEOUT = Span(least=3, most=59, usual=30)
"""Seconds."""
SPEECH_THRESHOLD = Span(least=1000, most=6000, usual=2400)
"""Milliseconds, as the two that follow."""
SPEECH_END_THRESHOLD = Span(least=500, most=5000, usual=1200)
SILENCE_TIMEOUT = Span(least=2000, most=10000, usual=5000)


@dataclass(frozen=True, kw_only=True)
class MachineDetection:
    """How to tell a machine from a human, and who is told."""

    until_message_end: bool = False
    timeout: float = TIMEOUT.usual
    """Seconds that are listened to at most."""
    speech_threshold: float = SPEECH_THRESHOLD.usual / 1000
    """Seconds of speech that make a machine."""
    speech_end_threshold: float = SPEECH_END_THRESHOLD.usual / 1000
    """Seconds of silence after speech that make a human."""
    silence_timeout: float = SILENCE_TIMEOUT.usual / 1000
    """Seconds of silence from the beginning after which nothing is known."""
    callback: Callback | None = None
    """Told `AnsweredBy`."""
