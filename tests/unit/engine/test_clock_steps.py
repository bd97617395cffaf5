"""The wall clock is set an hour on or back while calls are up."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from engine.dialling import branch
from engine.errors import Cause, RequestRefused
from engine.journal import call_journal
from engine.requests.http_request import Request
from engine.requests.webhooks import LAST_RETRY
from tests.unit.engine.calls.test_call import play
from tests.unit.engine.dialling.test_dial import Scene, dial
from tests.unit.engine.requests.test_webhooks import BEGUN, World, in_virtual_time

STEPS = pytest.mark.parametrize("step", [3600, -3600, -86_400], ids=["hour on", "hour back", "day back"])
HELD = "durations by the monotonic clock, ends after beginnings, nothing waits longer"


def set_clock(step: int, at: float) -> Callable[[], datetime]:
    """Return a wall clock that is set ``at`` a time of the loop."""

    def now() -> datetime:
        passed = asyncio.get_running_loop().time()
        return BEGUN + timedelta(seconds=passed + (step if passed >= at else 0))

    return now


def lasted(row: Any) -> tuple[int, bool]:
    """Return the duration of a record, and whether its end fits."""
    return row.duration, row.end_time == row.start_time + timedelta(seconds=row.duration)


@pytest.mark.hostile("M11", sent="the wall clock set an hour on, an hour and a day back, during calls")
@STEPS
def test_m11_a_call_lasts_as_long_as_it_lasted(step: int, monkeypatch, record_property):
    monkeypatch.setattr(call_journal, "utc_now", set_clock(step, 1.5))
    scene = play({"answer": "<Say>hello</Say>"})
    assert scene.call.row.status == "completed"
    assert lasted(scene.call.row) == (2, True)
    record_property("held", HELD)


@pytest.mark.hostile("M11", sent="the wall clock set an hour on, an hour and a day back, during calls")
@STEPS
def test_m11_a_leg_lasts_as_long_as_it_lasted(step: int, monkeypatch, record_property):
    kept: list[Any] = []
    monkeypatch.setattr(branch, "utc_now", set_clock(step, 3.0))
    whole = branch.Branch.ended

    def ended(self: branch.Branch, *arguments: Any) -> None:
        whole(self, *arguments)
        kept.append(self.row)

    monkeypatch.setattr(branch.Branch, "ended", ended)
    scene: Scene = dial({"alice": [(1, 180), (2, 200), (6, "BYE")]})
    assert scene.dialled.talk_duration == 4
    assert lasted(kept[0]) == (4, True)
    record_property("held", HELD)


@pytest.mark.hostile("M11", sent="the wall clock set an hour on, an hour and a day back, during calls")
@STEPS
def test_m11_an_event_of_an_earlier_run_waits_no_longer_than_ever(step: int, record_property):
    @in_virtual_time
    async def scenario(world: World) -> None:
        async def behave(request: Request, number: int) -> None:
            if number == 1:
                raise RequestRefused(Cause.READ, "timeout", request.url)

        world.requester.behave = behave
        world.post()
        await asyncio.sleep(0.1)
        await world.outbox.stop()
        world.outbox = world.new_outbox()
        world.outbox._clock = set_clock(step, 0.0)
        world.outbox.start()
        await asyncio.sleep(LAST_RETRY + 10)
        assert len(world.requester.sent) == 2

    scenario()
    record_property("held", HELD)
