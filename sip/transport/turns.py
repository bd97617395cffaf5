"""Spreads what comes in over turns of the event loop, so that a flood holds up nothing else."""

from __future__ import annotations

import asyncio
import enum
import time
from collections import deque
from collections.abc import Callable
from typing import Final

A_TURN: Final = 0.001
"""Seconds of one turn of the loop, which reads 32 datagrams at once, after which further inputs wait for the
next. Three hundred of a flood pass in it when they are dropped unread, and one that begins a call."""
OF_CALLS: Final = 0.75 * A_TURN
"""Seconds of a turn that calls may take from others who wait: nobody's call keeps everybody else waiting."""
MOST_WAITING: Final = 2000
"""Datagrams of strangers that may wait, as a socket's buffer would hold them; further ones are lost, as in
one."""


class Lane(enum.Enum):
    """Where work waits that the turn has no time for; within one its order is kept."""

    CALLS = "calls"
    """What belongs to a call that is up, or answers us: before all else."""
    STREAMS = "streams"
    """What comes along streams."""
    STRANGERS = "strangers"
    """Every other datagram. Streams and these go one by one."""


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
        self._since: float | None = None
        """When this turn would have begun had nothing else been done in it; None between two works."""
        self.taken: Callable[[], bool] = lambda: False
        """Tells whether somebody else works in this turn, so that what comes in waits for the next one."""
        self._put_off = False
        """The turn before was left to somebody else: never two in a row."""
        self._scheduled = False
        self._lanes: dict[Lane, deque[Callable[[], None]]] = {lane: deque() for lane in Lane}
        self._others = [self._lanes[Lane.STREAMS], self._lanes[Lane.STRANGERS]]
        """Lanes that go one by one; the first was served longer ago."""
        self._waiting = 0
        self._closed = False

    @property
    def worked(self) -> bool:
        """Whether this turn is used up to a half or more."""
        return self._spent >= A_TURN / 2

    @property
    def free(self) -> bool:
        """Whether work that is taken now is done at once."""
        return not self._waiting and self._has_time

    @property
    def full(self) -> bool:
        """Whether a stranger's datagram that comes now is to be dropped."""
        return len(self._lanes[Lane.STRANGERS]) >= MOST_WAITING

    def take(self, work: Callable[[], None], lane: Lane = Lane.STRANGERS) -> None:
        """Do a piece of work, now or as soon as it has its turn."""
        if self.free:
            self._schedule()
            self._do(work)
        else:
            self.put_behind(work, lane)

    def put_behind(self, work: Callable[[], None], lane: Lane) -> None:
        """Do a piece of work after what waits now."""
        self._schedule()
        if not self._closed:
            self._lanes[lane].append(work)
            self._waiting += 1

    def close(self) -> None:
        """Forget what waits."""
        self._closed = True
        self._waiting = 0
        for lane in self._lanes.values():
            lane.clear()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._next)

    @property
    def _has_time(self) -> bool:
        spent = self._spent if self._since is None else self._clock() - self._since
        return spent < A_TURN and not self.taken()

    def _next(self) -> None:
        """Begin a turn; there is one more after the last work, so that the next input finds a fresh one."""
        self._spent = 0.0
        self._scheduled = bool(self._waiting) and not self._closed
        if not self._scheduled:
            return
        self._loop.call_soon(self._next)
        self._put_off = not self._put_off and self.taken()
        while self._waiting and self._spent < A_TURN and not self._put_off:
            self._waiting -= 1
            self._do(self._oldest())

    def _oldest(self) -> Callable[[], None]:
        """Return what is to be done next."""
        calls = self._lanes[Lane.CALLS]
        if calls and (self._spent < OF_CALLS or not any(self._others)):
            return calls.popleft()
        self._others.reverse()
        return (self._others[1] or self._others[0]).popleft()

    def _do(self, work: Callable[[], None]) -> None:
        if self._since is not None:
            work()  # the time is counted of the work that took it up
            return
        self._since = self._clock() - self._spent
        try:
            work()
        finally:
            self._spent = self._clock() - self._since
            self._since = None
