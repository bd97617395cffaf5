"""A member of a queue and the agent who takes them, from the moment they are paired until they part."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine.conversations.running_call import RunningCall
from engine.dialling.talk import Talk
from media.errors import MediaError
from rcml.flow import Fetch


class HandOver:
    """What the tasks of the two calls tell one another.

    The member gets ready, the agent then runs their talk, and whoever leaves ends it for both.
    """

    def __init__(self, member: RunningCall, agent: RunningCall, whisper: Fetch | None) -> None:
        """``whisper`` is the document that the agent wants the member to hear before they are connected."""
        self.member = member
        self.agent = agent
        self.whisper = whisper
        self.begun: float | None = None
        """When they were connected, in seconds of the loop's clock; None before, and if they could not be."""
        self.talked = 0.0
        """Seconds; known when it is over."""
        self.failure: MediaError | None = None
        """Why they could not be connected."""
        self.on_connected: Callable[[], None] | None = None
        """Called when they hear each other."""
        self._decided = asyncio.Event()
        self._over = asyncio.Event()
        self._talk: Talk | None = None

    @property
    def over(self) -> bool:
        """Whether the two have nothing to do with one another any more."""
        return self._over.is_set()

    def member_is_ready(self) -> None:
        """Let the agent connect them."""
        self._decided.set()

    async def wait_decided(self) -> None:
        """Return when the member is ready, or it is over."""
        await self._decided.wait()

    async def wait_over(self) -> None:
        """Return when they have parted, or will never be connected."""
        await self._over.wait()

    def end(self) -> None:
        """One of them leaves."""
        self._decided.set()
        if self._talk is None:
            self._over.set()
        else:
            self._talk.part()

    async def run(self, talk: Talk) -> None:
        """Connect them until they part; raises ``CallerGone`` when the agent has left."""
        self._talk, self.begun = talk, asyncio.get_running_loop().time()
        talk.on_connected = self.on_connected
        try:
            await talk.run()
        except MediaError as error:
            self.begun, self.failure = None, error
        finally:
            self.talked = talk.duration
            self._talk = None  # who goes on with the agent's talk knows us
            self._over.set()
