"""One text while it is being spoken: made once, heard by any number, each from the beginning."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import numpy as np

from media.errors import SpeechError
from media.sound import Banded, Samples


class Utterance:
    """Draws sound from ``source`` as fast as that gives it; ends when nobody listens any more.

    ``on_end`` is called once, with all the sound, or with None when it failed or was abandoned.
    """

    def __init__(self, source: AsyncGenerator[Samples | Banded, None]) -> None:
        self.on_end: Callable[[Samples | Banded | None], None] = lambda sound: None
        self._parts: list[Samples | Banded] = []
        self._listeners = 0
        self._grown = asyncio.Event()
        self._failure: str | None = None
        self._ended = False
        self._task = asyncio.create_task(self._draw(source), name="utterance")

    async def listen(self) -> AsyncGenerator[Samples | Banded, None]:
        """Yield the pieces of the sound; raises :class:`SpeechError` where it breaks off."""
        self._listeners += 1
        at = 0
        try:
            while at < len(self._parts) or not self._ended:
                if at < len(self._parts):
                    yield self._parts[at]
                    at += 1
                else:
                    await self._grown.wait()
            if self._failure is not None:
                raise SpeechError(self._failure)
        finally:
            self._listeners -= 1
            if not self._listeners and not self._ended:
                await self.abandon()

    async def abandon(self) -> None:
        """Stop in the middle."""
        self._end(None, "speech was stopped")
        self._task.cancel()
        await asyncio.wait((self._task,))

    async def _draw(self, source: AsyncGenerator[Samples | Banded, None]) -> None:
        try:
            async with aclosing(source) as sound:
                async for samples in sound:
                    self._parts.append(samples)
                    self._wake()
                    # Speech comes in gushes; calls get their turn between them.
                    await asyncio.sleep(0)
            self._end(await _joined(self._parts))
        except SpeechError as error:
            self._end(None, str(error))
        finally:
            self._end(None, "speech was stopped")

    def _wake(self) -> None:
        self._grown.set()
        self._grown = asyncio.Event()

    def _end(self, sound: Samples | Banded | None, failure: str | None = None) -> None:
        if self._ended:
            return
        self._ended = True
        self._failure = failure
        self.on_end(sound)
        self._wake()


async def _joined(parts: list[Samples | Banded]) -> Samples | Banded:
    """Put the pieces together, letting others run: ten minutes are 10 MB, which take 10 ms to copy."""
    rows = parts[0].shape[:-1] if parts else ()
    whole = np.empty((*rows, sum(part.shape[-1] for part in parts)), np.int16)
    at = 0
    for part in parts:
        whole[..., at : at + part.shape[-1]] = part
        at += part.shape[-1]
        await asyncio.sleep(0)
    return whole
