"""A thread that does one piece of work after another for an event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

Result = TypeVar("Result")


class WorkThread:
    """Does work in the order in which it was asked for.

    An executor of one thread does the same, and takes twice as long to hand work over and an answer back: it
    makes a future with locks for other threads, and then one for the loop that follows it.
    """

    def __init__(self, name: str) -> None:
        self._asked: SimpleQueue[_Piece | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def do(self, work: Callable[[], Result]) -> asyncio.Future[Result]:
        """Have the work done; the future has what it returns or raises. Cancelling it does not stop work."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Result] = loop.create_future()
        self._asked.put(_Piece(work, answer, loop))
        return answer

    async def close(self) -> None:
        """End the thread when all that was asked for is done."""
        self._asked.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while (piece := self._asked.get()) is not None:
            piece.do()


class _Piece:
    __slots__ = ("_answer", "_loop", "_work")

    def __init__(
        self, work: Callable[[], Any], answer: asyncio.Future[Any], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._work = work
        self._answer = answer
        self._loop = loop

    def do(self) -> None:
        result, error = None, None
        try:
            result = self._work()
        except BaseException as raised:
            error = raised
        # A loop that was closed meanwhile has nobody left who waits.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._done, result, error)

    def _done(self, result: Any, error: BaseException | None) -> None:
        if self._answer.done():
            return
        if error is not None:
            self._answer.set_exception(error)
        else:
            self._answer.set_result(result)
