"""The key by which a caller gives up waiting for somebody (`hangupOnStar`)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from engine.dialling.talk import HANG_UP_KEY
from engine.legs.sip_leg import SipLeg
from engine.stopping import stopped

T = TypeVar("T")


async def unless_star(leg: SipLeg, work: Coroutine[Any, Any, T]) -> T | None:
    """Return what ``work`` returns, or None, with the work stopped, when the key is pressed before."""
    pressed = asyncio.Event()
    before, leg.on_digit = leg.on_digit, lambda key: pressed.set() if key == HANG_UP_KEY else None
    task, star = asyncio.ensure_future(work), asyncio.ensure_future(pressed.wait())
    try:
        await asyncio.wait((task, star), return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        leg.on_digit = before
        star.cancel()
        await stopped(task)
