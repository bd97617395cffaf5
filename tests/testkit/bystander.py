"""A call that goes on while something else is attacked or broken, and must not notice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.testkit.application import FakeApplication
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import RATE, seconds_of_tone, tone
from tests.testkit.phone import Call, Phones

MOST_MISSING = 0.06
"""Seconds of the tone that may be missing in all: three packets."""


@asynccontextmanager
async def undisturbed_call(
    phones: Phones, application: FakeApplication, daemon: Daemon, longest_wait: float = 0.5
) -> AsyncIterator[Call]:
    """Make a call that listens to a steady tone all the while; at the end it must have heard it whole.

    No packet may be missing, none may have come later than ``longest_wait`` seconds after the one
    before, and the process must be the same and ready.
    """
    application.answer("/1111", '<Response><Play loop="0">/600.wav</Play></Response>')
    application.serve_sound("/600.wav", tone(600, 2.0))
    call = await (await phones.dial("1111")).answered()
    await call.voice.hears(600)
    heard_before = len(call.voice.received)
    pid = daemon.pid
    yield call
    await call.voice.hears(600, seconds=0.3, since=asyncio.get_running_loop().time())
    assert daemon.is_running
    assert daemon.pid == pid
    assert daemon.get("/readyz").status == 200
    sound = call.voice.heard(since=call.voice.received[heard_before].at)
    assert seconds_of_tone(sound, 600) >= len(sound) / RATE - MOST_MISSING, call.voice.description()
    gaps = call.voice.gaps()
    assert (gaps.missing, gaps.longest_wait < longest_wait) == (0, True), gaps
    await call.hang_up()
