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


async def unless(happens: asyncio.Future[Any], work: Awaitable[T]) -> T:
    """Return what ``work`` returns; when ``happens`` is done first, end the work and raise :exc:`Overtaken`.

    The work runs in the caller's own task, and is ended by a cancellation that is taken back, as
    :func:`asyncio.timeout` does it. A task for the work and a wait for either cost several times as much, and
    a call waits in this way for everything that it does.
    """
    task = asyncio.current_task()
    assert task is not None, "work is done in a task"
    cancelled_before = task.cancelling()
    working, overtaken = True, False

    def overtake(_: object) -> None:
        nonlocal overtaken
        # It may have been on its way already when the work was done.
        if working:
            overtaken = True
            task.cancel()

    happens.add_done_callback(overtake)
    try:
        result = await work
    except (Exception, asyncio.CancelledError):
        if not overtaken or task.uncancel() > cancelled_before:
            # A task keeps what ended it, and with it this frame, which would keep the task.
            del task
            raise
        raise Overtaken from None
    finally:
        working = False
        happens.remove_done_callback(overtake)
    if overtaken:
        task.uncancel()
        raise Overtaken
    return result
