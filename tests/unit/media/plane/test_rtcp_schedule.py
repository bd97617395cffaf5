"""When reports are due, in virtual time."""

import asyncio
import itertools
import weakref

import pytest

from media.plane.rtcp_schedule import MOST_AT_ONCE, RtcpSchedule
from tests.testkit.virtual_loop import VirtualLoop


def run(scenario):
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(scenario())
    finally:
        loop.close()


def test_a_leg_reports_about_every_five_seconds_and_first_after_half():
    times = []

    async def scenario():
        loop, schedule = asyncio.get_running_loop(), RtcpSchedule()

        def report():
            times.append(loop.time())

        schedule.add(report)
        await asyncio.sleep(600)
        schedule.stop()

    run(scenario)
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert 1.25 <= times[0] <= 3.75
    assert all(2.0 <= gap <= 7.5 for gap in gaps)
    assert sum(gaps) / len(gaps) == pytest.approx(5, abs=0.8)


def test_who_is_taken_out_is_not_asked_again_and_is_let_go_of():
    calls = []

    class Leg:
        def report(self):
            calls.append("kept" if self is kept else "discarded")

    kept = Leg()

    async def scenario():
        discarded = Leg()
        gone = weakref.ref(discarded)
        schedule = RtcpSchedule()
        schedule.add(discarded.report)
        schedule.add(kept.report)
        schedule.discard(discarded.report)
        schedule.discard(discarded.report)
        del discarded
        assert gone() is None
        await asyncio.sleep(60)
        schedule.stop()

    run(scenario)
    assert set(calls) == {"kept"}


def test_a_thousand_legs_wake_the_loop_seldom_and_never_for_long():
    wakes: dict[float, int] = {}

    async def scenario():
        loop, schedule = asyncio.get_running_loop(), RtcpSchedule()

        def report():
            wakes[loop.time()] = wakes.get(loop.time(), 0) + 1

        for _ in range(1000):
            schedule.add(report)
        await asyncio.sleep(30)
        schedule.stop()

    run(scenario)
    assert max(wakes.values()) <= MOST_AT_ONCE
    assert sum(wakes.values()) == pytest.approx(1000 * 30 / 5, rel=0.2)
    assert len(wakes) < 30 * 20
