"""When the young, and when all, are searched for garbage: in turns of their own, and without calls."""

import asyncio
import gc

import pytest

from engine.collector import EVERY, LOOK, MOST_PUT_OFF, NEVER, SOON, TOO_MANY, WORTH_IT, YOUNG, Collector
from engine.turns import a_turn
from tests.testkit.virtual_loop import run_virtual


class Exchange:
    """So many calls are up."""

    calls = 0


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    done: list[str] = []
    monkeypatch.setattr(
        "engine.collector.gc.collect", lambda generation=2: done.append(("young", "all")[generation - 1])
    )
    monkeypatch.setattr("engine.collector.gc.get_count", lambda: (0, 0, WORTH_IT))
    return done


def test_everything_is_collected_at_a_moment_without_calls(collected):
    exchange = Exchange()
    collector = Collector(lambda: exchange.calls)
    exchange.calls = 1
    collector.look()
    assert collected == []
    exchange.calls = 0
    collector.look()
    assert collected == ["all"]


def test_a_server_that_is_never_without_calls_collects_all_the_same_now_and_then(collected):
    collector = Collector(lambda: 1)
    for _ in range(2 * (MOST_PUT_OFF + 1)):
        collector.look()
    assert collected == ["all", "all"]


def test_where_little_survived_nothing_is_collected(collected, monkeypatch):
    monkeypatch.setattr("engine.collector.gc.get_count", lambda: (0, 0, WORTH_IT - 1))
    Collector(lambda: 0).look()
    assert collected == []


async def run_for(seconds: float, calls: int = 0) -> None:
    running = asyncio.ensure_future(Collector(lambda: calls).run())
    await asyncio.sleep(seconds)
    running.cancel()


def test_the_young_are_collected_as_soon_as_they_are_many_and_no_sooner(collected, monkeypatch):
    young = YOUNG - 1
    monkeypatch.setattr("engine.collector.gc.get_count", lambda: (young, 0, 0))
    run_virtual(run_for(5 * LOOK))
    assert collected == []
    young = YOUNG
    run_virtual(run_for(2.5 * SOON, calls=7))
    assert collected == ["young", "young"]


@pytest.mark.parametrize(("young", "pause"), [(YOUNG / 2 - 1, LOOK), (YOUNG / 2, SOON)])
def test_the_young_are_counted_more_often_while_they_become_many(collected, monkeypatch, young, pause):
    looks: list[float] = []

    def count() -> tuple[float, int, int]:
        looks.append(asyncio.get_running_loop().time())
        return (young, 0, 0)

    monkeypatch.setattr("engine.collector.gc.get_count", count)
    run_virtual(run_for(10.4 * LOOK))
    assert len(set(looks)) == 1 + int(10.4 * LOOK / pause)


def test_the_young_have_a_turn_to_themselves(collected, monkeypatch):
    monkeypatch.setattr("engine.collector.gc.get_count", lambda: (YOUNG, 0, 0))
    seen: list[int] = []

    async def work() -> None:
        await asyncio.sleep(SOON)
        for _ in range(3):
            await a_turn()
            seen.append(len(collected))

    async def tell() -> None:
        await asyncio.gather(work(), run_for(1.5 * SOON))

    run_virtual(tell())
    # They wait for one as the others do: two of three who came at the same moment were before them.
    assert seen == [0, 0, 1]


def test_a_minute_passes_between_two_looks_at_everything(collected, monkeypatch):
    run_virtual(run_for(2.5 * EVERY))
    assert collected == ["all", "all"]


def test_the_young_are_few_and_nothing_else_is_collected_by_itself():
    before = gc.get_threshold()
    try:
        Collector(lambda: 0).begin()
        assert gc.get_threshold() == (TOO_MANY, NEVER, NEVER)
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
