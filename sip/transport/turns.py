"""Spreads what comes in over turns of the event loop, so that a flood holds up nothing else."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final

A_TURN: Final = 0.001
"""Seconds of one turn of the loop, which reads 32 datagrams at once, after which further inputs wait for the
next. Three hundred of a flood pass in it when they are dropped unread, and one that begins a call."""
MOST_WAITING: Final = 2000
"""Inputs that may wait, as a socket's buffer would hold them; further datagrams are lost, as in one."""


class Turns:
    """Does work at once while the loop's turn has time for it, in order, and the rest in the next turns."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """``clock`` must be finer than the loop's own: uvloop's counts whole milliseconds."""
        self._loop = loop
        self._clock = clock
        self._spent = 0.0
        """Seconds of the present turn."""
        self.taken: Callable[[], bool] = lambda: False
        """Tells whether somebody else works in this turn, so that what comes in waits for the next one."""
        self._put_off = False
        """The turn before was left to somebody else: never two in a row."""
        self._scheduled = False
        self._waiting: deque[Callable[[], None]] = deque()
        self._closed = False

    @property
    def worked(self) -> bool:
        """Whether this turn is used up to a half or more."""
        return self._spent >= A_TURN / 2

    @property
    def full(self) -> bool:
        """Whether what comes now is to be dropped."""
        return len(self._waiting) >= MOST_WAITING

    def take(self, work: Callable[[], None]) -> None:
        """Do a piece of work, now or as soon as it has its turn."""
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._next)
        if self._waiting or self._spent >= A_TURN or self.taken():
            self._waiting.append(work)
        else:
            self._do(work)

    def close(self) -> None:
        """Forget what waits."""
        self._closed = True
        self._waiting.clear()

    def _next(self) -> None:
        """Begin a turn; there is one more after the last work, so that the next input finds a fresh one."""
        self._spent = 0.0
        self._scheduled = bool(self._waiting) and not self._closed
        if not self._scheduled:
            return
        self._loop.call_soon(self._next)
        self._put_off = not self._put_off and self.taken()
        while self._waiting and self._spent < A_TURN and not self._put_off:
            self._do(self._waiting.popleft())

    def _do(self, work: Callable[[], None]) -> None:
        begun = self._clock()
        try:
            work()
        finally:
            self._spent += self._clock() - begun
