import asyncio
from collections.abc import Awaitable, Callable

import pytest

from engine.errors import StoreError, StoreFull, StoreUnavailable
from engine.store import NotificationRow
from engine.store.write_behind import APART, BATCH, INTERVAL, Pending, Refused, WriteBehind
from tests.testkit.virtual_loop import run_virtual


class FakeDatabase:
    """Takes batches at a moment of virtual time, unless told to fail."""

    def __init__(self) -> None:
        self.batches: list[tuple[float, list[str]]] = []
        self.rows: dict[str, str] = {}
        self.broken_until = 0.0
        self.refuses: set[str] = set()
        self.takes = 0.0

    async def write(self, batch: list[Pending]) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() < self.broken_until:
            raise OSError("disk full")
        if self.takes:
            await asyncio.sleep(self.takes)
        sids = [pending.values["sid"] for pending in batch]
        if self.refuses & set(sids):
            raise Refused("UNIQUE constraint failed")
        self.batches.append((round(loop.time(), 3), sids))
        self.rows.update((pending.values["sid"], pending.values["message_text"]) for pending in batch)

    def written(self) -> list[str]:
        return [sid for _, sids in self.batches for sid in sids]


def row(sid: str, text: str = "") -> NotificationRow:
    return NotificationRow(sid=sid, account_sid="AC", error_code=1, message_text=text)


Scenario = Callable[[WriteBehind, FakeDatabase, list[str]], Awaitable[None]]


def running(scenario: Scenario, limit: int = 1000) -> None:
    """Run ``scenario(queue, database, failures)`` in virtual time with the writer at work."""

    async def main() -> None:
        database, failures = FakeDatabase(), list[str]()
        queue = WriteBehind(database.write, failures.append, limit=limit)
        queue.start()
        await scenario(queue, database, failures)
        await queue.close()

    run_virtual(main())


def test_rows_are_written_together_within_the_interval():
    async def scenario(queue, database, failures):
        queue.put([row("1")])
        await asyncio.sleep(INTERVAL / 2)
        queue.put([row("2"), row("3")])
        await asyncio.sleep(INTERVAL)
        assert database.batches == [(INTERVAL, ["1", "2", "3"])]

    running(scenario)


def test_saving_copies_so_that_later_changes_need_saving_again():
    async def scenario(queue, database, failures):
        live = row("1", "first")
        queue.put([live])
        live.message_text = "second"
        await asyncio.sleep(INTERVAL * 2)
        assert database.rows == {"1": "first"}

    running(scenario)


def test_a_row_saved_again_is_written_once_with_its_newest_values():
    async def scenario(queue, database, failures):
        queue.put([row("1", "old"), row("2")])
        queue.put([row("1", "new")])
        await queue.confirm(frozenset(), within=1)
        assert database.written() == ["2", "1"]
        assert database.rows["1"] == "new"

    running(scenario)


def test_confirmation_does_not_wait_for_the_interval():
    async def scenario(queue, database, failures):
        queue.put([row("1")])
        await queue.confirm(frozenset(), within=1)
        assert database.batches == [(0.0, ["1"])]

    running(scenario)


def test_confirmation_covers_what_was_saved_before_and_nothing_later():
    async def scenario(queue, database, failures):
        database.takes = 1.0
        queue.put([row("1")])
        confirming = asyncio.create_task(queue.confirm(frozenset(), within=10))
        await asyncio.sleep(0.5)
        queue.put([row("2")])
        await confirming
        assert database.written() == ["1"]

    running(scenario)


def test_many_rows_go_in_batches_in_order():
    async def scenario(queue, database, failures):
        for number in range(BATCH * 2 + 1):
            queue.put([row(str(number))])
            await asyncio.sleep(0)
        await queue.confirm(frozenset(), within=1)
        assert [len(sids) for _, sids in database.batches] == [BATCH, BATCH, 1]
        assert database.written() == [str(number) for number in range(BATCH * 2 + 1)]

    running(scenario)


def test_a_database_that_fails_for_a_while_loses_nothing_and_keeps_the_order():
    async def scenario(queue, database, failures):
        database.broken_until = 60.0
        for number in range(120):
            queue.put([row(str(number))])
            await asyncio.sleep(0.5)
        await queue.confirm(frozenset(), within=30)
        assert database.written() == [str(number) for number in range(120)]
        assert set(failures) == {"retry"}
        assert not queue.stalled

    running(scenario)


def test_retries_slow_down_to_one_in_five_seconds():
    async def scenario(queue, database, failures):
        database.broken_until = 1000.0
        queue.put([row("1")])
        await asyncio.sleep(100)
        assert queue.stalled
        assert len(failures) < 30

    running(scenario)


def test_confirmation_gives_up_in_time_and_the_row_is_still_written_later():
    async def scenario(queue, database, failures):
        database.broken_until = 60.0
        positions = queue.put([row("1")])
        with pytest.raises(StoreUnavailable, match="took no row for 5 s"):
            await queue.confirm(positions, within=5)
        await asyncio.sleep(70)
        assert database.written() == ["1"]

    running(scenario)


def test_a_row_that_the_database_refuses_does_not_hold_up_the_others():
    async def scenario(queue, database, failures):
        database.refuses = {"2"}
        queue.put([row("1"), row("2"), row("3")])
        await queue.confirm(frozenset(), within=1)
        assert database.written() == ["1", "3"]
        assert failures == ["refused"]
        assert queue.waiting == 0

    running(scenario)


def test_who_waits_for_a_refused_row_is_told():
    async def scenario(queue, database, failures):
        database.refuses = {"2"}
        good, bad = queue.put([row("1")]), queue.put([row("2")])
        results = await asyncio.gather(
            queue.confirm(good, within=1), queue.confirm(bad, within=1), return_exceptions=True
        )
        assert results[0] is None
        assert isinstance(results[1], StoreError)
        assert "UNIQUE constraint failed" in str(results[1])

    running(scenario)


def test_a_full_queue_takes_no_new_row_but_new_values_of_a_waiting_one():
    async def scenario(queue, database, failures):
        database.broken_until = 10.0
        queue.put([row("1"), row("2")])
        with pytest.raises(StoreFull, match="2 rows wait"):
            queue.put([row("3")])
        queue.put([row("2", "new")])
        await asyncio.sleep(20)
        assert database.rows == {"1": "", "2": "new"}

    running(scenario, limit=2)


def test_an_idle_writer_wakes_up_for_nothing():
    async def scenario(queue, database, failures):
        queue.put([row("1")])
        await asyncio.sleep(3600)
        queue.put([row("2")])
        await asyncio.sleep(1)
        assert [at for at, _ in database.batches] == [INTERVAL, 3600 + INTERVAL]

    running(scenario)


def test_what_one_turn_saves_is_never_divided():
    async def scenario(queue, database, failures):
        for number in range(BATCH - 1):
            queue.put([row(f"early {number}")])
        await asyncio.sleep(0)
        for number in range(3):
            queue.put([row(f"together {number}")])
        await asyncio.sleep(0)
        queue.put([row("late")])
        await queue.confirm(frozenset(), 1.0)
        assert [sids[-1] for _, sids in database.batches] == ["together 2", "late"]

    running(scenario)


def test_a_row_saved_again_goes_with_what_is_saved_beside_it_then():
    async def scenario(queue, database, failures):
        queue.put([row("call", "ringing")])
        for number in range(BATCH):
            queue.put([row(f"other {number}")])
        await asyncio.sleep(0)
        queue.put([row("call", "completed")])
        queue.put([row("event")])
        await queue.confirm(frozenset(), 1.0)
        assert database.batches[1][1] == ["call", "event"]

    running(scenario)


def test_who_waits_for_a_row_that_is_saved_again_waits_until_it_is_written():
    async def scenario(queue, database, failures):
        database.takes = 0.1
        watched = queue.put([row("call", "ringing")])
        waiting = asyncio.create_task(queue.confirm(watched, 5.0))
        await asyncio.sleep(0)
        for number in range(BATCH):
            queue.put([row(f"other {number}")])
        queue.put([row("call", "completed")])
        await waiting
        assert database.rows["call"] == "completed"

    running(scenario)


def test_who_waits_alone_is_never_held_up_for_company():
    async def scenario(queue, database, failures):
        for number in range(20):
            queue.put([row(str(number))])
            await queue.confirm(frozenset(), 1.0)
        assert {at for at, _ in database.batches} == {0.0}

    running(scenario)


def test_while_several_wait_for_each_transaction_there_are_fewer_of_them():
    async def scenario(queue, database, failures):
        database.takes = 0.002

        async def save(number: int) -> float:
            await asyncio.sleep(number / 500)
            queue.put([row(str(number))])
            begun = asyncio.get_running_loop().time()
            await queue.confirm(frozenset(), 1.0)
            return asyncio.get_running_loop().time() - begun

        # Two come in the same moment, and from then on one every two milliseconds.
        waited = await asyncio.gather(save(0), *(save(number) for number in range(500)))
        assert len(database.batches) <= 1 + 1.0 / APART + 1
        assert max(waited) <= APART + 2 * database.takes + 0.001
        assert len(set(database.written())) == 500

    running(scenario)


def test_rows_that_fill_a_transaction_wait_for_no_others():
    async def scenario(queue, database, failures):
        queue.put([row("first")])
        await asyncio.gather(queue.confirm(frozenset(), 1.0), queue.confirm(frozenset(), 1.0))
        queue.put([row(str(number)) for number in range(BATCH)])
        await queue.confirm(frozenset(), 1.0)
        assert {at for at, _ in database.batches} == {0.0}

    running(scenario)
