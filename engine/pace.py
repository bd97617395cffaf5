"""How fast the messages of one connection are taken: those that wait come without a turn for anybody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

AT_ONCE: Final = 20
"""Messages that may come at any speed."""


class Pace:
    """Tells how long to rest between messages; ``clock`` tells seconds.

    Who sends more than ``per_second`` is made to wait by TCP, in which the messages then are.
    """

    def __init__(self, clock: Callable[[], float], per_second: float) -> None:
        self._clock = clock
        self._per_second = per_second
        self._begun = clock()
        self._taken = 0

    def rest(self) -> float:
        """Count a message, and return the seconds until the next one may be looked at."""
        self._taken += 1
        if self._taken < AT_ONCE:
            return 0.0
        now = self._clock()
        ahead = self._begun + self._taken / self._per_second - now
        self._begun, self._taken = now + max(ahead, 0.0), 0
        return max(ahead, 0.0)
