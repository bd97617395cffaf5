"""Ends tasks that hold something."""

from __future__ import annotations

import asyncio
from typing import Any


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
