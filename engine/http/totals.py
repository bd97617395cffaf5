"""How many rows a list has. Counting a million takes 90 ms, so large totals are told from memory."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from sqlalchemy import ColumnElement

from engine.errors import StoreError
from engine.reporting import log
from engine.store import Row, Store

EXACT = 10_000
"""Totals up to this one are counted each time, which takes a millisecond."""
FRESH, USABLE = 5.0, 300.0
"""Seconds after which a large total is counted anew aside, and after which who asks waits for that."""
MOST_KEPT = 1000


@dataclass(slots=True)
class _Kept:
    total: int
    at: float
    counting: asyncio.Task[None] | None = None


class Totals:
    """The totals of lists, each under a key that says which list it is."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()

    async def of(self, key: Hashable, kind: type[Row], *where: ColumnElement[bool]) -> int:
        """Return how many rows fit; of more than 10,000, how many did some seconds ago."""
        total = await self._store.count(kind, *where, at_most=EXACT + 1)
        if total <= EXACT:
            return total
        kept = self._kept.get(key)
        if kept is None or self._clock() - kept.at > USABLE:
            await self._count(key, kind, where)
            return self._kept[key].total
        if self._clock() - kept.at > FRESH and kept.counting is None:
            kept.counting = asyncio.create_task(self._count_aside(key, kind, where), name="count a list")
        return kept.total

    async def close(self) -> None:
        """End what is counted aside."""
        counting = [kept.counting for kept in self._kept.values() if kept.counting is not None]
        for task in counting:
            task.cancel()
        await asyncio.gather(*counting, return_exceptions=True)

    async def _count(self, key: Hashable, kind: type[Row], where: tuple[ColumnElement[bool], ...]) -> None:
        total = await self._store.count(kind, *where)
        self._kept[key] = _Kept(total, self._clock())
        self._kept.move_to_end(key)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    async def _count_aside(
        self, key: Hashable, kind: type[Row], where: tuple[ColumnElement[bool], ...]
    ) -> None:
        try:
            await self._count(key, kind, where)
        except StoreError as error:
            log.get("http").warning("total.not_counted", error=str(error))
            if (kept := self._kept.get(key)) is not None:
                kept.counting = None
