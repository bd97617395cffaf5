"""How long a call may last, counted from its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class TimeLimit:
    """Tells when the time is up. The limit may be set, and set anew, at any time."""

    def __init__(self, reached: Callable[[], None]) -> None:
        self.seconds: float | None = None
        """None for no limit."""
        self._reached: Callable[[], None] | None = reached
        self._answered_at: float | None = None
        self._alarm: asyncio.TimerHandle | None = None

    def answered(self) -> None:
        """Count from now on."""
        self._answered_at = asyncio.get_running_loop().time()
        self._arm()

    def set(self, seconds: float) -> None:
        """Let the call last so long in all; one that has lasted longer is over."""
        self.seconds = seconds
        self._arm()

    def close(self) -> None:
        """Count no more; whom it told is let go of."""
        self._reached = None
        self._disarm()

    def _arm(self) -> None:
        self._disarm()
        if self.seconds is not None and self._answered_at is not None and self._reached is not None:
            loop = asyncio.get_running_loop()
            self._alarm = loop.call_at(self._answered_at + self.seconds, self._reached)

    def _disarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
