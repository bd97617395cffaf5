"""Turns of the event loop: works of a millisecond or more take one each, so that no turn is long."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final
from weakref import WeakKeyDictionary

PATIENCE: Final = 3
"""Turns in a row that are left to others who work in them."""


class Turns:
    """Lets one coroutine go on in every other turn of a loop at most, in the order in which they asked.

    The turns between belong to what came in meanwhile, so that one of both has a turn and never both.
    """

    def __init__(self) -> None:
        self.others_work: Callable[[], bool] = lambda: False
        """Tells whether others have used much of this turn, so that who has it leaves it to them."""
        self.working = False
        """Whether somebody works in this turn; others then leave what can wait to the next one."""
        self._taken = False
        """Somebody works in this turn or will in the next."""
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def mine(self) -> None:
        """Return in a turn that nobody else has: at once when nobody has, or asked for, this one."""
        if self._taken:
            await self._given()
        self._taken = True
        try:
            for _ in range(PATIENCE):
                if not self.others_work():
                    break
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self._next()
            raise
        self.working = True
        asyncio.get_running_loop().call_soon(self._next)

    async def _given(self) -> None:
        """Wait behind those who asked before."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # Stopped in the moment in which they got it: the next one has it.
                self._next()
            raise

    def _next(self) -> None:
        self._taken = self.working = False
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                self._taken = True
                turn.set_result(None)
                return


_CALLS: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()
_REQUESTS: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


def turns_of(loop: asyncio.AbstractEventLoop) -> Turns:
    """Return the turns of a loop that works of calls take."""
    return _CALLS.get(loop) or _made(loop)


def request_turns_of(loop: asyncio.AbstractEventLoop) -> Turns:
    """Return the turns of a loop that HTTP requests to us take."""
    turns_of(loop)
    return _REQUESTS[loop]


def _made(loop: asyncio.AbstractEventLoop) -> Turns:
    calls, requests = Turns(), Turns()
    calls.others_work = lambda: requests.working
    requests.others_work = lambda: calls.working
    _CALLS[loop], _REQUESTS[loop] = calls, requests
    return calls


def share(loop: asyncio.AbstractEventLoop, stack_worked: Callable[[], bool]) -> Callable[[], bool]:
    """Let works leave a turn to what came in, as the SIP stack tells; return what tells it to leave one."""
    calls, requests = turns_of(loop), request_turns_of(loop)
    calls.others_work = lambda: requests.working or stack_worked()
    requests.others_work = lambda: calls.working or stack_worked()
    return lambda: calls.working or requests.working


def taken(loop: asyncio.AbstractEventLoop) -> Callable[[], bool]:
    """Return what tells that somebody works in the loop's present turn: a call, a request or what came in."""
    calls, requests = turns_of(loop), request_turns_of(loop)
    return lambda: calls.working or requests.working or requests.others_work()


async def a_turn() -> None:
    """Wait for a turn of the running loop, before work that many calls may begin at the same moment.

    What a commit, a burst of packets or an answer wakes, it wakes in one turn: fifty calls that each open a
    port and write an INVITE would hold up the loop for a tenth of a second.
    """
    await turns_of(asyncio.get_running_loop()).mine()


async def a_request_turn() -> None:
    """Wait for a turn of the running loop, before an HTTP request is answered: anybody may send thousands.

    Calls do not wait behind them.
    """
    await request_turns_of(asyncio.get_running_loop()).mine()
