"""One clock for all streams: gives each its turn every 5 ms while there are any."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

INTERVAL = 0.005
"""Seconds. A leg's frames come every 20 ms, a quarter of the legs every 5 ms: each is met when it is new,
and the streams of one turn are few."""

Turn = Callable[[], None]


class Pacer:
    """Calls functions that neither wait nor raise, over and over."""

    def __init__(self) -> None:
        # A dictionary, so that turns are taken in the order in which they were added.
        self._turns: dict[Turn, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._turns)

    def add(self, turn: Turn) -> None:
        """Begin to call ``turn``."""
        self._turns[turn] = None
        if self._timer is None:
            self._schedule()

    def remove(self, turn: Turn) -> None:
        """Cease to call ``turn``; one that is not called any more is nothing."""
        self._turns.pop(turn, None)

    def _schedule(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(INTERVAL, self._run)

    def _run(self) -> None:
        self._timer = None
        for turn in tuple(self._turns):
            turn()
        if self._turns:
            self._schedule()
