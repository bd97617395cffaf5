"""What every speech engine can do; espeak-ng is one, services of others can be more."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from media.sound import Samples

VOICES = ("man", "woman")


class SpeechEngine(Protocol):
    """Speaks texts at 8000 samples a second."""

    def speak(self, text: str, voice: str, language: str) -> AsyncGenerator[Samples, None]:
        """Yield sound as it is produced; raises :class:`~media.errors.SpeechError`.

        ``voice`` is one of ``VOICES``, ``language`` a code of RCML or a BCP 47 tag; one that the
        engine does not speak is read as English. Closing the iterator ends the work.
        """
        ...

    async def close(self) -> None:
        """Free what the engine holds; texts being spoken fail."""
        ...
