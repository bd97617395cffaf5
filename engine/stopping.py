"""Ends tasks that hold something."""

from __future__ import annotations

import asyncio
from typing import Any


async def stopped(task: asyncio.Future[Any]) -> None:
    """Cancel ``task`` and return when it has let go of what it held."""
    if not task.done():
        task.cancel()
        await asyncio.wait((task,))
