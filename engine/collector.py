"""When garbage is collected: little at a time while there are calls, all of it while there are none."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Final

YOUNG: Final = 5_000
"""New objects after which they are looked at: a millisecond, or 8 on a loaded machine with cold caches.

With 700 this is quicker, but calls cost a seventh more: what they hold is looked at again and again.
"""
MIDDLE: Final = 5
"""Such collections after which their survivors are looked at once more."""
NEVER: Final = 1_000_000_000
WORTH_IT: Final = 2
"""Collections of the middle generation, thousands of survivors each, that make one of all worth while."""
EVERY: Final = 60.0
"""Seconds between two moments at which there may be no call."""
MOST_PUT_OFF: Final = 10
"""Moments in a row at which a call was up, after which all is looked at beside it."""


class Collector:
    """Collects what the counting of references does not free.

    Ended calls leave nothing of that kind: sessions, legs and dialled parties are in no circle when they are
    over. What is left, of REST requests above all, is little and may wait; a collection of everything holds
    the loop up for tens of milliseconds and so waits for a moment without calls.
    """

    def __init__(self, calls: Callable[[], int]) -> None:
        """``calls`` tells how many are up."""
        self._calls = calls
        self._put_off = 0

    def begin(self) -> None:
        """Leave alone from now on what lives as long as the process: all that was made until now.

        It is not even looked at once: of 325,000 objects 13,000 are garbage.
        """
        gc.freeze()
        gc.set_threshold(YOUNG, MIDDLE, NEVER)
        gc.enable()

    async def run(self) -> None:
        """Look for good moments until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            self.look()

    def look(self) -> None:
        """Collect everything, if that is worth while and nobody hears it, or was put off for too long."""
        if gc.get_count()[2] < WORTH_IT:
            return
        if self._calls() and self._put_off < MOST_PUT_OFF:
            self._put_off += 1
            return
        self._put_off = 0
        gc.collect()
