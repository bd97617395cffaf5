import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from engine.errors import StoreUnavailable
from engine.http.totals import EXACT, FRESH, USABLE, Totals
from engine.store import CallRow
from tests.testkit.virtual_loop import run_virtual


class CountingStore:
    """Counts how often it was asked to count everything."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.counted = 0
        self.broken = False

    async def count(self, kind: Any, *where: Any, at_most: int | None = None) -> int:
        if at_most is not None:
            return min(self.rows, at_most)
        await asyncio.sleep(0.1)
        if self.broken:
            raise StoreUnavailable("gone")
        self.counted += 1
        return self.rows


@pytest.fixture
def clock() -> SimpleNamespace:
    return SimpleNamespace(now=0.0)


def scene(rows: int, clock: SimpleNamespace) -> tuple[CountingStore, Totals]:
    store: Any = CountingStore(rows)
    return store, Totals(store, lambda: clock.now)


def test_a_short_list_is_counted_each_time(clock):
    async def run() -> None:
        store, totals = scene(EXACT, clock)
        assert await totals.of("calls", CallRow) == EXACT
        store.rows = 3
        assert await totals.of("calls", CallRow) == 3
        assert store.counted == 0

    run_virtual(run())


def test_a_long_list_is_counted_once_and_aside_when_the_total_is_old(clock):
    async def run() -> None:
        store, totals = scene(1_000_000, clock)
        assert await totals.of("calls", CallRow) == 1_000_000
        store.rows += 5
        assert await totals.of("calls", CallRow) == 1_000_000
        clock.now = FRESH + 1
        assert await totals.of("calls", CallRow) == 1_000_000
        await totals.of("calls", CallRow)
        assert store.counted == 1
        await totals.close()

    run_virtual(run())


def test_the_total_counted_aside_is_told_from_then_on(clock):
    async def run() -> None:
        store, totals = scene(1_000_000, clock)
        await totals.of("calls", CallRow)
        store.rows, clock.now = 1_000_005, FRESH + 1
        told = {await totals.of("calls", CallRow)}
        await asyncio.sleep(1)
        told.add(await totals.of("calls", CallRow))
        assert told == {1_000_000, 1_000_005}
        assert store.counted == 2

    run_virtual(run())


def test_who_asks_waits_for_a_total_that_nobody_asked_for_in_minutes(clock):
    async def run() -> None:
        store, totals = scene(1_000_000, clock)
        await totals.of("calls", CallRow)
        store.rows, clock.now = 2_000_000, USABLE + 1
        assert await totals.of("calls", CallRow) == 2_000_000

    run_virtual(run())


def test_a_count_aside_that_fails_leaves_the_old_total_and_is_tried_again(clock):
    async def run() -> None:
        store, totals = scene(1_000_000, clock)
        await totals.of("calls", CallRow)
        store.broken, clock.now = True, FRESH + 1
        for _ in range(3):
            assert await totals.of("calls", CallRow) == 1_000_000
            await asyncio.sleep(1)
        store.broken, store.rows = False, 7_000_000
        await totals.of("calls", CallRow)
        await asyncio.sleep(1)
        assert await totals.of("calls", CallRow) == 7_000_000

    run_virtual(run())
