"""Tasks that are stopped let go first, and what they still had to say disturbs nobody."""

import asyncio
import gc
from typing import Any

import pytest

from engine.stopping import stopped
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
