"""Has the database count its rows now and then, so that it finds them by the right index."""

from __future__ import annotations

import asyncio

from engine.errors import StoreError
from engine.reporting import log
from engine.store.store import Store

EVERY = 3600.0
"""Seconds between two counts; what was counted of a table counts for little once it is ten times as large."""
FIRST = 60.0
"""Seconds after the start: calls come first."""


class Analysis:
    """The one job that has rows counted: soon after the start, now and then, and at the end."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counting: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Count from now on."""
        self._counting = asyncio.create_task(self._count_on(), name="store: analysis")

    async def stop(self) -> None:
        """Count a last time: the next start finds what this one has written."""
        if self._counting is not None:
            self._counting.cancel()
            await asyncio.gather(self._counting, return_exceptions=True)
            await self._count()

    async def _count_on(self) -> None:
        await asyncio.sleep(FIRST)
        while True:
            await self._count()
            await asyncio.sleep(EVERY)

    async def _count(self) -> None:
        try:
            await self._store.analyse()
        except StoreError as error:
            log.get("store").warning("store.not_analysed", error=str(error))
