import asyncio
from functools import partial

import pytest

from sip.transport.turns import A_TURN, MOST_WAITING, Turns
from tests.testkit.virtual_loop import run_virtual


class Work:
    """Counts what is done in each turn of the loop."""

    def __init__(self) -> None:
        self.turns = Turns(asyncio.get_running_loop())
        self.done: list[int] = []

    def give(self, *numbers: int) -> None:
        for number in numbers:
            self.turns.take(partial(self.done.append, number))


def fail() -> None:
    raise ValueError("on purpose")


def test_what_a_turn_has_no_room_for_is_done_in_the_next_ones_in_order():
    async def main() -> None:
        work = Work()
        work.give(*range(12))
        counts = []
        while len(work.done) < 12:
            counts.append(len(work.done))
            await asyncio.sleep(0)
        assert counts == list(range(A_TURN, 12, A_TURN))
        assert work.done == list(range(12))

    run_virtual(main())


@pytest.mark.hostile("T12", sent="10,000 datagrams in one turn of the loop")
def test_t12_other_tasks_have_their_turn_between_the_packets_of_a_flood(record_property):
    async def main() -> None:
        work, others = Work(), 0
        for number in range(10_000):
            if not work.turns.full:
                work.give(number)
        while len(work.done) < MOST_WAITING + A_TURN:
            await asyncio.sleep(0)
            others += 1
        await asyncio.sleep(0)
        assert len(work.done) == MOST_WAITING + A_TURN
        assert others == pytest.approx(MOST_WAITING / A_TURN, abs=1)
        record_property(
            "held", f"another task runs after each {A_TURN}; {MOST_WAITING:,} wait, the rest is lost"
        )

    run_virtual(main())


def test_a_fault_in_one_piece_of_work_keeps_no_other_from_its_turn():
    async def main() -> None:
        work = Work()
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        work.give(*range(A_TURN))
        work.turns.take(fail)
        work.give(99)
        for _ in range(3):
            await asyncio.sleep(0)
        assert work.done[-1] == 99

    run_virtual(main())


def test_what_waits_at_the_close_is_not_done():
    async def main() -> None:
        work = Work()
        work.give(*range(20))
        work.turns.close()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(work.done) == A_TURN

    run_virtual(main())
