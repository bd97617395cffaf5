"""Ends what is no longer wanted: tasks that hold something, and work that something else has overtaken."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

T = TypeVar("T")


class Overtaken(Exception):
    """Something else happened before the work was done."""


async def stopped(task: asyncio.Future[Any]) -> None:
    """Cancel ``task`` and return when it has let go of what it held.

    How it ended concerns only who waited for it: often it sees the caller leave in the same turn of the loop
    in which who waited for it is stopped for that.
    """
    if not task.done():
        task.cancel()
        await asyncio.wait((task,))
    if not task.cancelled():
        # Asked for, so that the loop does not report it as never retrieved.
        task.exception()


class Stoppable:
    """Work that can be ended from outside, done in the task of who awaits it.

    It is ended by a cancellation that is taken back, as :func:`asyncio.timeout` does it. A task for the work
    and a wait for its end cost several times as much, and a call does everything in this way.
    """

    __slots__ = ("_stopped", "_task")

    def __init__(self) -> None:
        self._task: asyncio.Task[Any] | None = None
        """Who works, while there is work."""
        self._stopped = False

    async def run(self, work: Awaitable[T]) -> T:
        """Return what ``work`` returns; raise :exc:`Overtaken` when it was stopped."""
        task = asyncio.current_task()
        assert task is not None, "work is done in a task"
        cancelled_before = task.cancelling()
        self._task, self._stopped = task, False
        try:
            result = await work
        except (Exception, asyncio.CancelledError):
            if not self._stopped or task.uncancel() > cancelled_before:
                # A task keeps what ended it, and with it this frame, which would keep the task.
                del task
                raise
            raise Overtaken from None
        finally:
            self._task = None
        if self._stopped:
            task.uncancel()
            raise Overtaken
        return result

    def stop(self, _: object = None) -> None:
        """End the work, if there is any; also a callback of futures. Its next step is its last one."""
        if self._task is None or self._stopped:
            return
        if self._task is asyncio.current_task():
            # The work itself asks for it. Cancelled now, it may be over before that is noticed, and what
            # comes next would be ended.
            asyncio.get_running_loop().call_soon(self.stop)
            return
        self._stopped = True
        self._task.cancel()


async def unless(happens: asyncio.Future[Any], work: Awaitable[T]) -> T:
    """Return what ``work`` returns; when ``happens`` is done first, end it and raise :exc:`Overtaken`."""
    stoppable = Stoppable()
    happens.add_done_callback(stoppable.stop)
    try:
        return await stoppable.run(work)
    finally:
        happens.remove_done_callback(stoppable.stop)
