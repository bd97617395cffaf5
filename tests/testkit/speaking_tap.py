"""A tap on a leg in virtual time: it gives the frames of what a party says, then silence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np

from media.sound import Samples

FRAME = 160


def voice(seconds: float, level: float = 3000.0) -> Samples:
    """Return noise as loud as a voice; it has no pauses."""
    return np.random.default_rng(5).normal(0.0, level, round(seconds * 8000)).astype(np.int16)


def quiet(seconds: float) -> Samples:
    return np.zeros(round(seconds * 8000), np.int16)


class SpeakingTap:
    """Gives 20 ms of ``sound`` every 20 ms, as a `SoundReader` does; None: nothing comes, ever."""

    def __init__(self, sound: Samples | None) -> None:
        self._sound = quiet(0) if sound is None else sound
        self.closed = False
        self.on_frame: Callable[[], None] | None = None
        self.available = 0
        self._ticking = None if sound is None else asyncio.create_task(self._tick())

    def read(self, most: int) -> Samples:
        self.available -= most
        frame, self._sound = self._sound[:most], self._sound[most:]
        return np.concatenate((frame, np.zeros(most - len(frame), np.int16)))

    def close(self) -> None:
        self.closed = True
        if self._ticking is not None:
            self._ticking.cancel()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(0.02)
            self.available += FRAME
            if self.on_frame is not None:
                self.on_frame()
