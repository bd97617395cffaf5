"""The leg of a call that talks to somebody in the Dial of another call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine.conversations.running_call import RunningCall
from engine.legs.sip_leg import SipLeg
from engine.store import CallRow
from rcml.dialling import SipResponse


class Visitor:
    """A call that lends its leg to another one; for that one it is like a leg that it dialled.

    The call goes on when the talk is over: it has nothing more to do, and hangs up. It may be given something
    else to do meanwhile, which ends the talk.
    """

    ring_duration = 0.0
    response: SipResponse | None = None

    def __init__(self, call: RunningCall, leg: SipLeg, arrived: Callable[[Visitor], None]) -> None:
        self.call = call
        self.leg = leg
        self._arrived = arrived
        self._over = asyncio.Event()
        self._withdrawn = False
        self._part: Callable[[], None] | None = None

    @property
    def row(self) -> CallRow:
        """The record of its call."""
        return self.call.row

    def leave(self) -> None:
        """The talk is over."""
        self._over.set()

    def talks(self, part: Callable[[], None]) -> None:
        """A talk begins; ``part`` is called when the call does something else, also if it did before."""
        self._part = part
        if self._withdrawn:
            part()

    async def stay(self, call: RunningCall) -> None:
        """Lend the leg until the talk is over: the plan of the call."""
        try:
            await call.answer()
            self._arrived(self)
            await call.while_up(self._over.wait())
        finally:
            self._withdrawn = True
            if self._part is not None:
                self._part()
