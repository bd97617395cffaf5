"""Where somebody waits in a queue: a member to be taken, or an agent for somebody to take."""

from __future__ import annotations

import asyncio

from engine.conversations.running_call import RunningCall
from engine.queues.hand_over import HandOver
from engine.queues.line import Waiter
from engine.store import utc_now
from rcml.flow import Fetch


class Place:
    """Somebody's place, from their coming until they leave; they may be called more than once."""

    def __init__(self, call: RunningCall, *, priority: int = 0, whisper: Fetch | None = None) -> None:
        """``whisper`` is the document that an agent wants members to hear before they are connected."""
        self.call = call
        self.whisper = whisper
        self.waiter = Waiter(call.row.sid, asyncio.get_running_loop().time(), priority)
        self.date_enqueued = utc_now()
        self.hand_over: HandOver | None = None
        """What they were last called to."""
        self._called = asyncio.Event()

    @property
    def waited(self) -> float:
        """Seconds since they came."""
        return asyncio.get_running_loop().time() - self.waiter.since

    def wait_again(self) -> None:
        """Begin another wait; what they were called to led to nothing."""
        self.hand_over = None
        self._called.clear()

    def call_to(self, hand_over: HandOver) -> None:
        """End the wait: it is their turn."""
        self.hand_over = hand_over
        self._called.set()

    def forget(self) -> None:
        """End what they were called to, and let go of it: it knows this place, and so holds both calls."""
        if self.hand_over is not None:
            self.hand_over.end()
        self.hand_over = None

    async def wait_called(self) -> HandOver:
        """Return when it is their turn."""
        await self._called.wait()
        assert self.hand_over is not None, "who is called is called to a hand-over"
        return self.hand_over
