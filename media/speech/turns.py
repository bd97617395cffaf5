"""Taking turns at something of which there are few."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterable
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """Lends places out; of those who wait, the one with the lowest turn is next, then who came first.

    Belongs to the event loop: no lock.
    """

    def __init__(self, places: Iterable[T]) -> None:
        self._free = list(places)
        self._waiting: list[tuple[int, int, asyncio.Future[T]]] = []
        self._arrivals = count()

    async def take(self, turn: int) -> T:
        """Return a free place, waiting for one; give it back afterwards."""
        if self._free:
            return self._free.pop()
        granted: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (turn, next(self._arrivals), granted))
        try:
            return await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                self.give(granted.result())
            raise

    def give(self, place: T) -> None:
        """Take a place back and lend it to who is next."""
        while self._waiting:
            _, _, granted = heapq.heappop(self._waiting)
            if not granted.done():
                granted.set_result(place)
                return
        self._free.append(place)
