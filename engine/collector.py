"""When garbage is collected: little at a time while there are calls, all of it while there are none."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Final

from engine.turns import a_turn

YOUNG: Final = 1_500
"""New objects after which they are looked at: a millisecond, and up to 3 on a loaded machine.

With 700 this is quicker, but calls cost a seventh more: what they hold is looked at again and again.
"""
LOOK: Final = 0.02
"""Seconds between two counts of the young."""
SOON: Final = 0.005
"""The same while half as many are there: a burst of calls makes thousands in a fiftieth of a second."""
TOO_MANY: Final = 4 * YOUNG
"""New objects after which they are looked at at once, whatever goes on: only a burst makes so many."""
NEVER: Final = 1_000_000_000
WORTH_IT: Final = 10
"""Collections, thousands of survivors each, that make one of all worth while."""
EVERY: Final = 60.0
"""Seconds between two moments at which there may be no call."""
MOST_PUT_OFF: Final = 10
"""Moments in a row at which a call was up, after which all is looked at beside it."""


class Collector:
    """Collects what the counting of references does not free.

    Ended calls leave nothing of that kind: sessions, legs and dialled parties are in no circle when they are
    over. What is left, of REST requests above all, is little and may wait; a collection of everything holds
    the loop up for tens of milliseconds and so waits for a moment without calls. The young have a turn of the
    loop to themselves, in which nobody opens a leg or reads a document, and are looked at once: a second look
    at what lives as long as calls do would be several times as long.
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
        gc.set_threshold(TOO_MANY, NEVER, NEVER)
        gc.enable()

    async def run(self) -> None:
        """Look for good moments until cancelled."""
        loop = asyncio.get_running_loop()
        look_at_all = loop.time() + EVERY
        while True:
            await asyncio.sleep(LOOK if gc.get_count()[0] < YOUNG / 2 else SOON)
            if gc.get_count()[0] >= YOUNG:
                await a_turn()
                gc.collect(1)
            if loop.time() >= look_at_all:
                look_at_all += EVERY
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
