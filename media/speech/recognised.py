"""What a recogniser makes of an utterance."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recognised:
    """The words that were heard; empty when there were none, or none that fit."""

    words: str = ""
    confidence: float = 0.0
    """From 0 to 1."""
    not_listened_for: tuple[str, ...] = ()
    """Phrases that were asked for and that the recogniser cannot pronounce."""

    def __bool__(self) -> bool:
        return bool(self.words)
