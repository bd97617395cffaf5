import asyncio
from typing import cast

from engine.errors import StoreUnavailable
from engine.store import Store
from engine.store.analysis import EVERY, FIRST, Analysis
from tests.testkit.virtual_loop import run_virtual


class CountingStore:
    """Notes when rows were counted; the first time it cannot."""

    def __init__(self) -> None:
        self.counted: list[float] = []

    async def analyse(self) -> None:
        self.counted.append(asyncio.get_running_loop().time())
        if len(self.counted) == 1:
            raise StoreUnavailable("the database cannot be read: disk I/O error")


def counted_within(seconds: float) -> list[float]:
    store = CountingStore()

    async def main() -> None:
        analysis = Analysis(cast(Store, store))
        analysis.start()
        await asyncio.sleep(seconds)
        await analysis.stop()

    run_virtual(main())
    return store.counted


def test_rows_are_counted_soon_after_the_start_each_hour_and_at_the_end_whatever_failed():
    hours = FIRST + EVERY, FIRST + 2 * EVERY
    assert counted_within(2 * EVERY + 1_000) == [FIRST, *hours, 2 * EVERY + 1_000]


def test_a_daemon_that_ends_at_once_leaves_what_it_counted():
    assert counted_within(1.0) == [1.0]
