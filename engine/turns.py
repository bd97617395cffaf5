"""Turns of the event loop: works of a millisecond or more take one each, so that no turn is long."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final
from weakref import WeakKeyDictionary

MUCH: Final = 0.0005
"""Seconds of a turn that others worked in, after which those who wait for one wait for the next."""


class Turns:
    """Lets one coroutine at a time go on in each turn of a loop, in the order in which they asked."""

    def __init__(self) -> None:
        self.others: Callable[[], float] = lambda: 0.0
        """How many seconds others have worked in turns so far, such as the SIP stack with what came in."""
        self._others_before = 0.0
        self._put_off = False
        """The turn before went by because others worked in it."""
        self._taken = False
        """Somebody has this turn."""
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def mine(self) -> None:
        """Return in a turn that nobody else has: at once when nobody asked in this one."""
        if self._taken:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
        else:
            self._take()

    def _take(self) -> None:
        self._taken = True
        asyncio.get_running_loop().call_soon(self._next)

    def _others_have_it(self) -> bool:
        """Tell whether others worked much in this turn; never in two of them in a row."""
        before, self._others_before = self._others_before, self.others()
        self._put_off = not self._put_off and self._others_before - before > MUCH
        return self._put_off

    def _next(self) -> None:
        self._taken = False
        if self._others_have_it() and self._waiting:
            self._take()
            return
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._take()
                return


_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


def turns_of(loop: asyncio.AbstractEventLoop) -> Turns:
    """Return the turns of a loop."""
    turns = _TURNS.get(loop)
    if turns is None:
        turns = _TURNS[loop] = Turns()
    return turns


async def a_turn() -> None:
    """Wait for a turn of the running loop, before work that many calls may begin at the same moment.

    What a commit, a burst of packets or an answer wakes, it wakes in one turn: fifty calls that each open a
    port and write an INVITE would hold up the loop for a tenth of a second.
    """
    await turns_of(asyncio.get_running_loop()).mine()
