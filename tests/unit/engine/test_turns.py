"""Works that many calls begin at the same moment take a turn of the event loop each."""

import asyncio
import gc
import itertools
import weakref

from engine.turns import a_request_turn, a_turn, request_turns_of, share, turns_of
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


def test_who_is_stopped_in_the_moment_of_their_turn_passes_it_on():
    async def main() -> None:
        done: list[str] = []
        tasks = [asyncio.ensure_future(work(name, done)) for name in "abc"]
        await asyncio.sleep(0)
        # The turn is given in the next turn of the loop, in which this has been called already.
        asyncio.get_running_loop().call_soon(tasks[1].cancel)
        await asyncio.wait(tasks)
        assert done == ["a", "c"]

    run_virtual(main())


def test_between_two_works_a_turn_is_left_to_what_comes_in():
    async def main() -> None:
        turns = turns_of(asyncio.get_running_loop())
        done: list[str] = []
        tasks = [asyncio.ensure_future(work(name, done)) for name in "abc"]
        worked = []
        while len(done) < len(tasks):
            await asyncio.sleep(0)
            worked.append(turns.working)
        assert True not in [before and after for before, after in itertools.pairwise(worked)]
        assert worked.count(True) == len(tasks)
        await asyncio.sleep(0)
        assert not turns.working

    run_virtual(main())


def test_work_waits_for_the_next_turn_when_what_came_in_used_this_one():
    async def main() -> None:
        turns_of(asyncio.get_running_loop()).others_work = lambda: True
        done: list[str] = []
        tasks = [asyncio.ensure_future(work(name, done)) for name in ("stopped", "late")]
        await asyncio.sleep(0)
        assert done == []
        tasks[0].cancel()
        await asyncio.wait(tasks)
        assert done == ["late"]

    run_virtual(main())


async def request(name: str, done: list[str]) -> None:
    await a_request_turn()
    done.append(name)


def test_calls_do_not_wait_behind_requests_and_neither_works_in_a_turn_of_the_other():
    async def main() -> None:
        loop, most = asyncio.get_running_loop(), 0
        done: list[str] = []
        taken = share(loop, lambda: False)
        tasks = [asyncio.ensure_future(request(f"request {number}", done)) for number in range(50)]
        tasks += [asyncio.ensure_future(work(f"call {number}", done)) for number in range(3)]
        while len(done) < len(tasks):
            before = len(done)
            await asyncio.sleep(0)
            most = max(most, len(done) - before)
            assert taken() == (turns_of(loop).working or request_turns_of(loop).working)
        assert max(done.index(f"call {number}") for number in range(3)) < 10
        assert most == 1

    run_virtual(main())


def test_a_loop_that_is_gone_is_not_kept():
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(work("once", []))
        loop = weakref.ref(runner.get_loop())
    del runner
    gc.collect()
    assert loop() is None
