"""Turns of the event loop: works of a millisecond or more take one each, so that no turn is long."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from weakref import WeakKeyDictionary


class Turns:
    """Lets one coroutine go on in every other turn of a loop at most, in the order in which they asked.

    The turns between belong to what came in meanwhile, so that one of both has a turn and never both.
    """

    def __init__(self) -> None:
        self.others_work: Callable[[], bool] = lambda: False
        """Tells whether what came in has used much of this turn, so that who asks waits for the next one."""
        self.working = False
        """Whether somebody works in this turn; others then leave what can wait to the next one."""
        self._taken = False
        """Somebody works in this turn or will in the next."""
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def mine(self) -> None:
        """Return in a turn that nobody else has: at once when nobody has, or asked for, this one."""
        if not self._taken and self.others_work():
            self._let_pass()
        if self._taken:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    # Stopped in the moment in which they got it: the next one has it.
                    self._next()
                raise
        self.working = True
        self._let_pass()

    def _let_pass(self) -> None:
        """Let nobody begin in this turn any more."""
        self._taken = True
        asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        self._taken = self.working = False
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                self._taken = True
                turn.set_result(None)
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
