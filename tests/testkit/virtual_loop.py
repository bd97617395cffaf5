"""An event loop whose clock jumps: hours of waiting take no time, and a deadlock is an error."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Deadlock(AssertionError):
    """Everything waits and nothing is due: on a real loop the test would hang."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """Advances its clock to the next timer whenever nothing is ready. Not for sockets or threads."""

    def __init__(self) -> None:
        super().__init__()
        self._virtual_now = 0.0

    def time(self) -> float:
        return self._virtual_now

    def _run_once(self) -> None:
        state: Any = self
        scheduled = state._scheduled
        while scheduled and scheduled[0]._cancelled:
            state._timer_cancelled_count -= 1
            heapq.heappop(scheduled)._scheduled = False
        if not state._ready:
            if not scheduled:
                raise Deadlock("every task waits and no timer is set")
            self._virtual_now = max(self._virtual_now, scheduled[0]._when)
        super()._run_once()  # type: ignore[misc]


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
