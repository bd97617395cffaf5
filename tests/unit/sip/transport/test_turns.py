import asyncio
from functools import partial

import pytest

from sip.transport.turns import A_TURN, MOST_WAITING, Turns
from tests.testkit.virtual_loop import run_virtual

FIT = 4
"""Pieces of work of a test that fill a turn."""


class Work:
    """Counts what is done in each turn of the loop; each piece takes the same share of one."""

    def __init__(self, takes: float = 1.01 * A_TURN / FIT) -> None:
        self._now = 0.0
        self._takes = takes
        self.turns = Turns(asyncio.get_running_loop(), lambda: self._now)
        self.done: list[int] = []

    def give(self, *numbers: int) -> None:
        for number in numbers:
            self.turns.take(partial(self._do, number))

    def _do(self, number: int) -> None:
        self._now += self._takes
        self.done.append(number)

    def fail(self) -> None:
        self._now += self._takes
        raise ValueError("on purpose")


def test_what_a_turn_has_no_time_for_is_done_in_the_next_ones_in_order():
    async def main() -> None:
        work = Work()
        work.give(*range(3 * FIT))
        counts = []
        while len(work.done) < 3 * FIT:
            counts.append(len(work.done))
            await asyncio.sleep(0)
        assert counts == [FIT, 2 * FIT]
        assert work.done == list(range(3 * FIT))

    run_virtual(main())


def test_work_that_takes_longer_than_a_turn_has_one_to_itself():
    async def main() -> None:
        work = Work(takes=3 * A_TURN)
        work.give(1, 2, 3)
        counts = []
        for _ in range(3):
            counts.append(len(work.done))
            await asyncio.sleep(0)
        assert counts == [1, 2, 3]

    run_virtual(main())


def test_what_comes_after_a_pause_has_a_turn_of_its_own():
    async def main() -> None:
        work = Work()
        for _ in range(5):
            work.give(*range(FIT))
            assert len(work.done) % FIT == 0
            await asyncio.sleep(1.0)
        assert len(work.done) == 5 * FIT

    run_virtual(main())


@pytest.mark.hostile("T12", sent="10,000 datagrams in one turn of the loop")
def test_t12_other_tasks_have_their_turn_between_the_packets_of_a_flood(record_property):
    async def main() -> None:
        work, others = Work(), 0
        for number in range(10_000):
            if not work.turns.full:
                work.give(number)
        while len(work.done) < MOST_WAITING + FIT:
            await asyncio.sleep(0)
            others += 1
        await asyncio.sleep(0)
        assert len(work.done) == MOST_WAITING + FIT
        assert others == pytest.approx(MOST_WAITING / FIT, abs=1)
        record_property(
            "held",
            f"another task runs after each {A_TURN * 1000:g} ms; {MOST_WAITING:,} wait, the rest is lost",
        )

    run_virtual(main())


def test_a_fault_in_one_piece_of_work_keeps_no_other_from_its_turn():
    async def main() -> None:
        work = Work()
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        work.give(*range(FIT))
        work.turns.take(work.fail)
        work.give(99)
        for _ in range(3):
            await asyncio.sleep(0)
        assert work.done[-1] == 99

    run_virtual(main())


def test_a_turn_that_somebody_else_has_is_left_to_them_and_never_two_in_a_row():
    async def main() -> None:
        work = Work()
        work.turns.taken = lambda: True
        work.give(1)
        counts = []
        for _ in range(3):
            counts.append(len(work.done))
            await asyncio.sleep(0)
        assert counts == [0, 0, 1]
        work.turns.taken = lambda: False
        await asyncio.sleep(0)
        work.give(2)
        assert work.done == [1, 2]

    run_virtual(main())


def test_a_turn_counts_as_worked_in_until_the_next_one():
    async def main() -> None:
        work = Work()
        assert not work.turns.worked
        work.give(*range(FIT))
        assert work.turns.worked
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not work.turns.worked

    run_virtual(main())


def test_what_waits_at_the_close_is_not_done():
    async def main() -> None:
        work = Work()
        work.give(*range(20))
        work.turns.close()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(work.done) == FIT

    run_virtual(main())
