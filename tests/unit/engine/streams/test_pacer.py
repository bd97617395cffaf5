import asyncio

from engine.streams.pacer import INTERVAL, Pacer
from tests.testkit.virtual_loop import run_virtual


def test_each_turn_comes_every_interval_until_it_is_removed():
    async def scene() -> list[float]:
        pacer, times = Pacer(), []
        loop = asyncio.get_running_loop()

        def turn() -> None:
            times.append(loop.time())
            if len(times) == 3:
                pacer.remove(turn)

        pacer.add(turn)
        await asyncio.sleep(1.0)
        assert len(pacer) == 0
        return times

    times = run_virtual(scene())
    assert [round(at / INTERVAL) for at in times] == [1, 2, 3]


def test_a_turn_that_is_added_later_and_removed_twice_disturbs_nobody():
    async def scene() -> tuple[list[str], int]:
        pacer, taken = Pacer(), []
        one, two = (lambda: taken.append("one")), (lambda: taken.append("two"))
        pacer.add(one)
        await asyncio.sleep(INTERVAL * 1.5)
        pacer.add(two)
        await asyncio.sleep(INTERVAL)
        pacer.remove(one)
        pacer.remove(one)
        await asyncio.sleep(INTERVAL)
        pacer.remove(two)
        await asyncio.sleep(INTERVAL)
        return taken, len(pacer)

    assert run_virtual(scene()) == (["one", "one", "two", "two"], 0)
