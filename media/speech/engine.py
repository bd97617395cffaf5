"""What every speech engine can do; espeak-ng is one, services of others are more."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from media.sound import Samples
from media.speech.wording import Wording


class SpeechEngine(Protocol):
    """Speaks texts at the rate that each asks for."""

    @property
    def identity(self) -> str:
        """What tells its sound from that of other engines and of other settings, for the cache."""
        ...

    def speak(self, wording: Wording) -> AsyncGenerator[Samples, None]:
        """Yield sound as it is produced; raises :class:`~media.errors.SpeechError`.

        Closing the iterator ends the work.
        """
        ...

    async def close(self) -> None:
        """Free what the engine holds; texts being spoken fail."""
        ...
