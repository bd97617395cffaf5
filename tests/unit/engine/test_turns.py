"""Works that many calls begin at the same moment take a turn of the event loop each."""

import asyncio
import gc
import weakref

from engine.turns import MUCH, a_turn, turns_of
from tests.testkit.virtual_loop import VirtualLoop, run_virtual


async def work(name: str, done: list[str]) -> None:
    await a_turn()
    done.append(name)


def test_works_that_wake_in_one_turn_are_done_in_one_each_and_in_order():
    async def main() -> None:
        done: list[str] = []
        tasks = [asyncio.ensure_future(work(name, done)) for name in "abcde"]
        grown = []
        while len(done) < len(tasks):
            before = len(done)
            await asyncio.sleep(0)
            grown.append(len(done) - before)
        assert done == list("abcde")
        assert max(grown) == 1

    run_virtual(main())


def test_work_that_comes_alone_does_not_wait():
    async def main() -> None:
        for _ in range(3):
            done: list[str] = []
            task = asyncio.ensure_future(work("alone", done))
            await asyncio.sleep(0)
            assert done == ["alone"]
            await task

    run_virtual(main())


def test_who_gives_up_waiting_takes_nobodys_turn():
    async def main() -> None:
        done: list[str] = []
        tasks = [asyncio.ensure_future(work(name, done)) for name in "abcd"]
        await asyncio.sleep(0)
        tasks[1].cancel()
        tasks[2].cancel()
        await asyncio.wait(tasks)
        assert done == ["a", "d"]

    run_virtual(main())


def turns_taken(worked: list[float]) -> list[int]:
    """Return how many of three works are done after each turn, in which others work so many seconds."""

    async def main() -> list[int]:
        spent = 0.0
        turns_of(asyncio.get_running_loop()).others = lambda: spent
        done: list[str] = []
        tasks = [asyncio.ensure_future(work(name, done)) for name in "abc"]
        counts = []
        await asyncio.sleep(0)
        for seconds in worked:
            spent += seconds
            await asyncio.sleep(0)
            counts.append(len(done))
        await asyncio.gather(*tasks)
        return counts

    return run_virtual(main())


def test_a_turn_in_which_others_work_much_goes_by_and_never_two_in_a_row():
    quiet = turns_taken([0.0] * 6)
    assert quiet[-1] == 3
    beside = turns_taken([2 * MUCH] * 6)
    assert beside != quiet
    assert beside == sorted(beside)
    assert [beside[2], beside[4]] == [2, 3]
    assert turns_taken([MUCH / 2] * 6) == quiet


def test_a_loop_that_is_gone_is_not_kept():
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(work("once", []))
        loop = weakref.ref(runner.get_loop())
    del runner
    gc.collect()
    assert loop() is None
