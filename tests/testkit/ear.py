"""Listens to a leg for a while, and tells how long a tone was missing."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

import numpy as np

from media.plane.leg import Leg
from tests.testkit.outside_sound import FRAME, RATE, Samples, frames_of_tone


class Ear:
    """What a leg's party says. Use as ``async with``; ask afterwards."""

    def __init__(self, leg: Leg, hertz: float) -> None:
        self._tap = leg.tap("in")
        self._hertz = hertz
        self._heard: list[Samples] = []
        self._listening: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        self._listening = asyncio.get_running_loop().create_task(self._listen())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.cancel()
        self._heard.append(self._tap.read())
        self._tap.close()

    @property
    def longest_gap(self) -> float:
        """Seconds for which the tone was not there, at the longest; it must have been there before."""
        there = frames_of_tone(np.concatenate(self._heard), self._hertz)
        assert np.count_nonzero(there) > 10, f"only {np.count_nonzero(there)} frames of {self._hertz} Hz"
        edges = np.flatnonzero(np.concatenate(([True], there, [True])))
        return (int(np.max(np.diff(edges))) - 1) * FRAME / RATE

    async def _listen(self) -> None:
        while True:
            self._heard.append(self._tap.read())
            await asyncio.sleep(0.05)
