"""An ICE restart is not heard: the way of before carries the sound until there is another (RFC 8445 9)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from media.prompts import Prompt
from media.webrtc import path as paths
from tests.testkit.ear import Ear
from tests.testkit.outside_sound import tone
from tests.testkit.waiting import eventually
from tests.testkit.webrtc_pair import Pair, Side

FROM_CALLER, FROM_CALLEE = 700, 1500
LONGEST_GAP = 0.06


@pytest.fixture
async def call(pair: Pair) -> AsyncIterator[Pair]:
    """A call in which both sides say a tone without end."""
    pair.agree()
    await pair.established()
    saying = [
        asyncio.ensure_future(side.leg.play(Prompt(tone(hertz, 1.0), 8000, "tone", ""), loops=0))
        for side, hertz in ((pair.caller, FROM_CALLER), (pair.callee, FROM_CALLEE))
    ]
    for side in (pair.caller, pair.callee):
        await more_heard(side)
    yield pair
    for each in saying:
        each.cancel()


async def more_heard(side: Side) -> None:
    before = side.leg.statistics().packets_received
    await eventually(
        lambda: side.leg.statistics().packets_received > before + 25, 8.0, f"{side.name} hears half a second"
    )


async def test_the_sound_goes_on_through_restarts_of_ice(call: Pair, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(paths, "GOODBYE", 0.05)
    async with Ear(call.caller.leg, FROM_CALLEE) as caller, Ear(call.callee.leg, FROM_CALLER) as callee:
        for _ in range(3):
            before = call.callee.path.local
            call.caller.path.restart()
            call.agree()
            assert call.caller.path.restarts
            assert call.callee.path.restarts
            await call.restarted()
            assert call.callee.path.local.username != before.username
            for side in (call.caller, call.callee):
                await more_heard(side)
    assert caller.longest_gap <= LONGEST_GAP
    assert callee.longest_gap <= LONGEST_GAP
    assert call.caller.lost == call.callee.lost == []


async def test_a_restart_that_finds_no_way_leaves_the_sound_on_its_own(
    call: Pair, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(paths, "FOUND_WITHIN", 0.3)
    async with Ear(call.caller.leg, FROM_CALLEE) as caller:
        call.caller.path.restart()
        call.agree(only="relay")
        assert call.caller.path.restarts
        await call.restarted()
        await more_heard(call.caller)
    assert caller.longest_gap <= LONGEST_GAP
    assert call.caller.lost == call.callee.lost == []
    call.caller.path.restart()
    call.agree()
    await call.restarted()
    await more_heard(call.callee)
