"""Turns of the event loop: works of a millisecond or more take one each, so that no turn is long."""

from __future__ import annotations

import asyncio
from collections import deque
from weakref import WeakKeyDictionary


class Turns:
    """Lets one coroutine at a time go on in each turn of a loop, in the order in which they asked."""

    def __init__(self) -> None:
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

    def _next(self) -> None:
        self._taken = False
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._take()
                return


_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


async def a_turn() -> None:
    """Wait for a turn of the running loop, before work that many calls may begin at the same moment.

    What a commit, a burst of packets or an answer wakes, it wakes in one turn: fifty calls that each open a
    port and write an INVITE would hold up the loop for a tenth of a second.
    """
    loop = asyncio.get_running_loop()
    turns = _TURNS.get(loop)
    if turns is None:
        turns = _TURNS[loop] = Turns()
    await turns.mine()
