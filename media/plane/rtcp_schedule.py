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
    """Calls reporters about every five seconds, until they are taken out."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._due: list[tuple[float, int]] = []
        self._reports: dict[int, Callable[[], None]] = {}
        self._numbers: dict[Callable[[], None], int] = {}
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for = 0.0

    def add(self, report: Callable[[], None]) -> None:
        """Call ``report`` after about half an interval and then every one, until it is discarded."""
        number = next(self._order)
        self._reports[number], self._numbers[report] = report, number
        self._push(number, INTERVAL / 2)
        self._arm()

    def discard(self, report: Callable[[], None]) -> None:
        """Call ``report`` no more, and let go of it at once."""
        number = self._numbers.pop(report, None)
        if number is not None:
            del self._reports[number]

    def stop(self) -> None:
        """Call nobody any more."""
        self._due.clear()
        self._reports.clear()
        self._numbers.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _push(self, number: int, interval: float) -> None:
        due = self._loop.time() + interval * _random.uniform(0.5, 1.5)
        heapq.heappush(self._due, (due, number))

    def _arm(self) -> None:
        """Arm the timer. One that fires too early is left alone: it costs less than to cancel it."""
        if self._timer is None and self._due:
            self._armed_for = self._due[0][0]
        elif self._timer is not None and self._due[0][0] < self._armed_for:
            self._timer.cancel()
            self._armed_for = self._due[0][0]
        else:
            return
        self._timer = self._loop.call_at(self._armed_for, self._run)

    def _run(self) -> None:
        self._timer = None
        until, reported = self._loop.time() + AHEAD, 0
        while self._due and self._due[0][0] <= until and reported < MOST_AT_ONCE:
            number = heapq.heappop(self._due)[1]
            report = self._reports.get(number)
            if report is not None:
                reported += 1
                report()
                self._push(number, INTERVAL)
        self._arm()
