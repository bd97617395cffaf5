import asyncio
from types import SimpleNamespace
from typing import Any

from engine.calls.live_calls import STUCK_AFTER, LiveCalls
from engine.exchange.admission import Admission
from tests.testkit.virtual_loop import run_virtual


class EndlessLife:
    """A call whose task does not end when its party has gone."""

    def __init__(self) -> None:
        self.party_now: Any = SimpleNamespace(gone=False)
        self.over = asyncio.Event()

    async def run(self) -> None:
        await self.over.wait()

    async def hang_up(self, reason: str | None = None) -> None:
        self.over.set()

    def party(self, call_sid: str) -> Any:
        return self.party_now


def test_a_call_whose_party_is_gone_for_a_minute_is_stuck_until_it_ends():
    async def run() -> None:
        calls, life = LiveCalls(Admission()), EndlessLife()
        calls.start(life, ["CA1"])
        assert calls.stuck(0.0) == 0
        life.party_now.gone = True
        assert calls.stuck(100.0) == 0
        assert calls.stuck(100.0 + STUCK_AFTER) == 1
        await calls.end_all("over")
        assert calls.stuck(300.0) == 0

    run_virtual(run())


def test_a_party_that_comes_back_begins_the_minute_anew():
    async def run() -> None:
        calls, life = LiveCalls(Admission()), EndlessLife()
        calls.start(life, ["CA1"])
        life.party_now = None
        assert calls.stuck(0.0) == 0
        life.party_now = SimpleNamespace(gone=False)
        assert calls.stuck(STUCK_AFTER) == 0
        life.party_now = None
        assert calls.stuck(STUCK_AFTER + 1) == 0
        await calls.end_all("over")

    run_virtual(run())
