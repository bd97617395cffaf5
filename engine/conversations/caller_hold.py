"""Hold and Resume: a document puts its caller on hold."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from engine.legs.sip_leg import SipLeg
from engine.stopping import stopped
from media.errors import MediaError
from media.prompts import Prompt
from media.sdp import Direction
from rcml.call import PlaybackFailed, Sound
from rcml.referring import Change, Changed
from sip.events import EndCause

NO_ANSWER = 408
UNCHANGED = 200
"""What stands for the answer to an offer that would have changed nothing."""
OVER = 481
"""What is reported of a leg that ended before it could answer."""

Load = Callable[[Sound], Awaitable[Prompt]]
"""Finds a sound."""


class CallerHold:
    """Whether a leg is on hold by our wish, and the music that it hears then.

    ``failed`` is told of music that cannot be played: the caller is held in silence.
    """

    def __init__(self, leg: SipLeg, failed: Callable[[PlaybackFailed], None]) -> None:
        self._leg = leg
        self._failed = failed
        self._held = False
        self._music: asyncio.Task[None] | None = None

    async def hold(self, music: Sound | None, load: Load) -> Changed:
        """Ask the party's telephone to send nothing, and to listen only when there is music.

        ``load`` finds it. It is not kept: who has a hold and is held by it waits for the garbage collector.
        """
        changed = await self._change(Direction.SENDONLY if music is not None else Direction.INACTIVE)
        if changed.change is Change.DONE:
            self._held = True
            await self._be_silent()
            if music is not None:
                self._music = asyncio.create_task(self._play(music, load))
        return changed

    async def resume(self) -> Changed | None:
        """Ask it to send and to listen again; None when it is not held."""
        if not self._held:
            return None
        changed = await self._change(Direction.SENDRECV)
        if changed.change is Change.DONE:
            self._held = False
            await self._be_silent()
        return changed

    async def _change(self, direction: Direction) -> Changed:
        status = await self._offer(direction)
        if status == NO_ANSWER:
            return Changed(Change.NO_ANSWER, status)
        return Changed(Change.DONE if status < 300 else Change.FAILED, status)

    async def _offer(self, direction: Direction) -> int:
        """Return the status that answers our offer; the leg is over when nothing does."""
        leg = self._leg
        decided: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def decide(status: int) -> None:
            if not decided.done():
                decided.set_result(status)

        leg.on_offer_decided = decide
        try:
            if not leg.offer_direction(direction):
                return OVER if leg.gone else UNCHANGED
            await asyncio.wait((decided, leg.ended), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leg.on_offer_decided = None
        if decided.done():
            return decided.result()
        return NO_ANSWER if leg.ended.result().cause is EndCause.TIMEOUT else OVER

    async def _be_silent(self) -> None:
        music, self._music = self._music, None
        if music is not None:
            await stopped(music)

    async def _play(self, music: Sound, load: Load) -> None:
        """Play until stopped; what a verb plays meanwhile takes its place."""
        try:
            prompt = await load(music)
        except PlaybackFailed as error:
            self._failed(error)
            return
        with contextlib.suppress(MediaError):
            await self._leg.media.play(prompt, 0)
