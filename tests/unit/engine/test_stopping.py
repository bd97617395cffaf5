"""What is stopped lets go first, and what it still had to say disturbs nobody."""

import asyncio
import gc
import weakref
from typing import Any

import pytest

from engine.stopping import Overtaken, Stoppable, stopped, unless
from rcml.errors import CallerGone
from tests.testkit.virtual_loop import run_virtual


def test_a_task_has_let_go_of_what_it_held_when_it_is_stopped():
    async def scenario() -> list[str]:
        events = []

        async def hold() -> None:
            try:
                await asyncio.sleep(100)
            finally:
                await asyncio.sleep(1)
                events.append("let go")

        task = asyncio.ensure_future(hold())
        await asyncio.sleep(1)
        await stopped(task)
        return events

    assert run_virtual(scenario()) == ["let go"]


@pytest.mark.parametrize("wait", [0.0, 1.0])
def test_an_end_that_nobody_waited_for_is_not_reported(wait: float):
    """Whether it came before the task was stopped, or as its last word."""
    reported: list[dict[str, Any]] = []

    async def leave() -> None:
        try:
            await asyncio.sleep(wait)
        finally:
            raise CallerGone

    async def scenario() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
        task = asyncio.ensure_future(leave())
        await asyncio.sleep(0.5)
        await stopped(task)

    run_virtual(scenario())
    gc.collect()
    assert reported == []


class Scene:
    """Something that may happen, and work of ten seconds that notes its end."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.happens = self.loop.create_future()
        self.events: list[str] = []

    def happen_in(self, seconds: float) -> None:
        self.loop.call_later(seconds, self.happens.set_result, None)

    async def work(self) -> str:
        try:
            await asyncio.sleep(10)
            return "done"
        finally:
            self.events.append(f"let go at {self.loop.time():.0f}")


def test_work_that_nothing_overtakes_is_done():
    async def scenario() -> tuple[str, float]:
        scene = Scene()
        scene.happen_in(11)
        result = await unless(scene.happens, scene.work())
        # What happens later is no business of whoever goes on.
        await asyncio.sleep(5)
        return result, scene.loop.time()

    assert run_virtual(scenario()) == ("done", 15)


def test_work_that_is_overtaken_lets_go_and_its_task_goes_on():
    async def scenario() -> tuple[list[str], int]:
        scene = Scene()
        scene.happen_in(3)
        with pytest.raises(Overtaken):
            await unless(scene.happens, scene.work())
        await asyncio.sleep(1)
        task = asyncio.current_task()
        assert task is not None
        return scene.events, task.cancelling()

    assert run_virtual(scenario()) == (["let go at 3"], 0)


def test_what_happens_in_the_turn_in_which_the_work_is_done_does_not_reach_what_follows():
    async def scenario() -> str:
        scene = Scene()

        async def work() -> str:
            scene.happens.set_result(None)
            return "done"

        result = await unless(scene.happens, work())
        await asyncio.sleep(1)
        return result

    assert run_virtual(scenario()) == "done"


@pytest.mark.parametrize("last_word", ["a result", "an error"])
def test_work_that_is_overtaken_has_no_last_word(last_word: str):
    async def scenario() -> None:
        scene = Scene()
        scene.happen_in(3)

        async def work() -> str:
            try:
                return await scene.work()
            except asyncio.CancelledError:
                if last_word == "an error":
                    raise CallerGone from None
                return last_word

        with pytest.raises(Overtaken):
            await unless(scene.happens, work())
        await asyncio.sleep(1)

    run_virtual(scenario())


def test_an_error_of_the_work_is_raised_as_it_is():
    async def scenario() -> None:
        scene = Scene()

        async def work() -> None:
            raise CallerGone

        with pytest.raises(CallerGone):
            await unless(scene.happens, work())

    run_virtual(scenario())


def test_who_is_cancelled_while_it_is_overtaken_is_cancelled():
    async def scenario() -> bool:
        scene = Scene()
        task = asyncio.ensure_future(unless(scene.happens, scene.work()))
        await asyncio.sleep(1)
        scene.happens.set_result(None)
        scene.loop.call_soon(task.cancel)
        await asyncio.wait((task,))
        return task.cancelled()

    assert run_virtual(scenario())


def test_what_overtakes_work_within_work_overtakes_both():
    async def scenario() -> list[str]:
        scene = Scene()
        scene.happen_in(3)

        async def outer() -> None:
            try:
                await unless(scene.happens, scene.work())
            finally:
                scene.events.append("outer")

        with pytest.raises(Overtaken):
            await unless(scene.happens, outer())
        await asyncio.sleep(1)
        return scene.events

    assert run_virtual(scenario()) == ["let go at 3", "outer"]


def test_a_task_that_was_stopped_in_its_work_is_freed_without_a_collection():
    async def stop_one() -> weakref.ref[asyncio.Task[str]]:
        scene = Scene()
        task = asyncio.ensure_future(unless(scene.happens, scene.work()))
        await asyncio.sleep(1.0)
        task.cancel()
        await asyncio.wait((task,))
        return weakref.ref(task)

    async def scenario() -> None:
        gone = await stop_one()
        await asyncio.sleep(0)
        assert gone() is None

    gc.collect()
    gc.disable()
    try:
        run_virtual(scenario())
    finally:
        gc.enable()


def test_work_that_is_stopped_in_the_turn_of_its_last_step_takes_that_step_no_more():
    async def scenario() -> list[str]:
        steps: list[str] = []
        may_go_on = asyncio.get_running_loop().create_future()
        stoppable = Stoppable()

        async def work() -> None:
            await may_go_on
            steps.append("went on")

        async def stop() -> None:
            may_go_on.set_result(None)
            stoppable.stop()

        stopping = asyncio.create_task(stop())
        with pytest.raises(Overtaken):
            await stoppable.run(work())
        await stopping
        return steps

    assert run_virtual(scenario()) == []


@pytest.mark.parametrize("goes_on", [0.0, 5.0])
def test_work_that_stops_itself_ends_alone_and_not_what_comes_after_it(goes_on: float):
    async def scenario() -> tuple[float, int]:
        loop, stoppable = asyncio.get_running_loop(), Stoppable()
        task = asyncio.current_task()
        assert task is not None

        async def work() -> None:
            stoppable.stop()
            if goes_on:
                await asyncio.sleep(goes_on)

        begun = loop.time()
        if goes_on:
            with pytest.raises(Overtaken):
                await stoppable.run(work())
        else:
            await stoppable.run(work())
        await asyncio.sleep(1)
        return loop.time() - begun, task.cancelling()

    assert run_virtual(scenario()) == (1.0, 0)


def test_what_is_stopped_twice_is_ended_once_and_can_be_used_again():
    async def scenario() -> list[str]:
        stoppable, events = Stoppable(), []

        async def work(name: str) -> None:
            try:
                await asyncio.sleep(10)
                events.append(f"{name} done")
            finally:
                await asyncio.sleep(1)
                events.append(f"{name} let go")

        loop = asyncio.get_running_loop()
        loop.call_later(1, stoppable.stop)
        loop.call_later(1.5, stoppable.stop)
        with pytest.raises(Overtaken):
            await stoppable.run(work("first"))
        stoppable.stop()
        await stoppable.run(work("second"))
        return events

    assert run_virtual(scenario()) == ["first let go", "second done", "second let go"]
