"""An utterance whose recogniser may fail: another then listens to it from the beginning."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.recognition.recogniser import Recognition
from media.errors import RecognitionError
from media.sound import Samples
from media.speech.recognised import Recognised


class StandIn:
    """Lets ``first`` listen, and ``second`` when that fails.

    The utterance is kept until it is recognised. ``failed`` is told why the first one failed; ``second``
    begins a recognition, or returns None when nobody is left.
    """

    def __init__(
        self, first: Recognition, failed: Callable[[str], None], second: Callable[[], Recognition | None]
    ) -> None:
        self._first = first
        self._failed = failed
        self._second = second
        self._heard: list[Samples] = []

    def hear(self, samples: Samples) -> None:
        self._heard.append(samples)
        self._first.hear(samples)

    def pause(self) -> None:
        self._first.pause()

    async def result(self) -> Recognised:
        try:
            return await self._first.result()
        except RecognitionError as error:
            self._failed(str(error))
        second = self._second()
        if second is None:
            return Recognised()
        try:
            second.hear(np.concatenate(self._heard))
            return await second.result()
        finally:
            await second.close()

    async def close(self) -> None:
        await self._first.close()
