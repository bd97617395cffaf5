"""Spreads what comes in over turns of the event loop, so that a flood holds up nothing else."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

A_TURN: Final = 3
"""Inputs taken in one turn of the loop, which reads 32 datagrams at a time. At 5,000 refused INVITEs a second
other tasks wait up to 5 ms then (99th percentile, at real-time priority), and without turns 20."""
MOST_WAITING: Final = 2000
"""Inputs that may wait, as a socket's buffer would hold them; further datagrams are lost, as in one."""


class Turns:
    """Does work at once while the loop's turn has room for it, in order, and the rest in the next turns."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._done = 0
        self._waiting: deque[Callable[[], None]] = deque()
        self._closed = False

    @property
    def full(self) -> bool:
        """Whether what comes now is to be dropped."""
        return len(self._waiting) >= MOST_WAITING

    def take(self, work: Callable[[], None]) -> None:
        """Do a piece of work, now or as soon as it has its turn."""
        if self._waiting or self._done >= A_TURN:
            self._waiting.append(work)
            return
        if not self._done:
            self._loop.call_soon(self._next)
        self._done += 1
        work()

    def close(self) -> None:
        """Forget what waits."""
        self._closed = True
        self._waiting.clear()

    def _next(self) -> None:
        self._done = min(A_TURN, len(self._waiting))
        if self._done and not self._closed:
            self._loop.call_soon(self._next)
            for _ in range(self._done):
                self._waiting.popleft()()
