"""When each leg reports: one timer for all of them, a few at a time (RFC 3550 section 6.2)."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count
from secrets import SystemRandom

INTERVAL = 5.0
"""Seconds between reports of a leg, varied by half so that legs do not report together."""
AHEAD = 0.5
"""Who is due within so many seconds reports now, so that the loop wakes seldom."""
MOST_AT_ONCE = 16
"""Reports in one go: about a millisecond of the event loop."""

_random = SystemRandom()


class RtcpSchedule:
    """Calls reporters about every five seconds, until they say that they are done."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._due: list[tuple[float, int, Callable[[], bool]]] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, report: Callable[[], bool]) -> None:
        """Call ``report`` after about half an interval and then every one, as long as it returns True."""
        self._push(report, INTERVAL / 2)
        self._arm()

    def stop(self) -> None:
        """Call nobody any more."""
        self._due.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _push(self, report: Callable[[], bool], interval: float) -> None:
        due = self._loop.time() + interval * _random.uniform(0.5, 1.5)
        heapq.heappush(self._due, (due, next(self._order), report))

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._due:
            self._timer = self._loop.call_at(self._due[0][0], self._run)

    def _run(self) -> None:
        until = self._loop.time() + AHEAD
        for _ in range(MOST_AT_ONCE):
            if not self._due or self._due[0][0] > until:
                break
            report = heapq.heappop(self._due)[2]
            if report():
                self._push(report, INTERVAL)
        self._arm()
