"""A thread that works for an event loop: in order, with errors, and to the end when it is closed."""

import asyncio
import threading
from functools import partial

import pytest

from engine.store.work_thread import WorkThread


async def test_work_is_done_in_order_in_another_thread_and_its_result_comes_back():
    thread, done = WorkThread("worker"), []

    def work(number: int) -> tuple[int, str]:
        done.append(number)
        return number, threading.current_thread().name

    results = await asyncio.gather(*(thread.do(partial(work, number)) for number in range(20)))
    assert results == [(number, "worker") for number in range(20)]
    assert done == list(range(20))
    await thread.close()


async def test_what_work_raises_comes_back_and_the_thread_goes_on():
    thread = WorkThread("worker")

    def fail() -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await thread.do(fail)
    assert await thread.do(lambda: 7) == 7
    await thread.close()


async def test_work_that_nobody_waits_for_any_more_is_done_all_the_same():
    thread, may_end, done = WorkThread("worker"), threading.Event(), []

    def work() -> None:
        may_end.wait(10)
        done.append("done")

    waiting = thread.do(work)
    await asyncio.sleep(0)
    waiting.cancel()
    may_end.set()
    await thread.close()
    assert done == ["done"]
    assert waiting.cancelled()


async def test_closing_waits_for_what_was_asked_for():
    thread = WorkThread("worker")
    done: list[int] = []
    for number in range(5):
        thread.do(partial(done.append, number))
    await thread.close()
    assert done == list(range(5))
