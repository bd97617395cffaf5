"""The speaking half of a relayed conversation: makes the sound of its pieces, one after another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from engine.conversation_relay.talk import Piece, Talk
from engine.reporting import log
from engine.sounds import SoundLibrary
from engine.stopping import stopped
from engine.voices.library import SpeechBroken, Tell, VoiceLibrary
from media.band_splitter import banded
from media.errors import MediaError
from media.sound import Banded, Samples
from rcml.call import PlaybackFailed
from rcml.prompts import Sound

MOST_AHEAD = 20.0
"""Seconds of sound that are made before they are heard: what is interrupted was made in vain."""


@dataclass(frozen=True, kw_only=True)
class Making:
    """Who is told how the sound gets on."""

    grown: Callable[[], None]
    """There is more sound."""
    failed: Callable[[Piece, str], None]
    """A piece is not heard, or not to its end."""
    tell: Tell
    """A voice failed, and another one speaks."""


class SpeakingServices(Protocol):
    """What makes the sounds of a conversation."""

    sounds: SoundLibrary
    voices: VoiceLibrary


class Mouth:
    """Makes sound for ``talk``; :meth:`run` is the task of its owner."""

    def __init__(self, talk: Talk, services: SpeakingServices, making: Making, *, wide: bool) -> None:
        self._talk = talk
        self._services = services
        self._making = making
        self._wide = wide
        self._waiting: asyncio.Queue[Piece] = asyncio.Queue()
        self._room = asyncio.Event()
        self._made: Piece | None = None
        self._task: asyncio.Task[None] | None = None

    def say(self, piece: Piece) -> None:
        """Make the sound of a piece after those that wait."""
        self._waiting.put_nowait(piece)

    def look(self) -> None:
        """Stop making what was dropped, and go on when there is room for more; called often."""
        if self._made is not None and self._made.dropped and self._task is not None:
            self._task.cancel()
        if self._talk.seconds_waiting < MOST_AHEAD:
            self._room.set()

    async def run(self) -> None:
        """Make what is to be said until cancelled."""
        try:
            while True:
                piece = await self._waiting.get()
                await self._wait_for_room()
                if piece.dropped:
                    continue
                self._made = piece
                self._task = asyncio.create_task(self._make(piece), name="relayed sentence")
                await asyncio.wait((self._task,))
                self._made = None
        finally:
            if self._task is not None:
                await stopped(self._task)

    async def _wait_for_room(self) -> None:
        while self._talk.seconds_waiting >= MOST_AHEAD:
            self._room.clear()
            await self._room.wait()

    async def _make(self, piece: Piece) -> None:
        try:
            async with aclosing(self._sound(piece)) as sound:
                async for samples in sound:
                    self._talk.give(piece, samples)
                    self._making.grown()
        except SpeechBroken:
            # It was told where it broke; what there is of it is heard.
            pass
        except (MediaError, PlaybackFailed) as error:
            self._making.failed(piece, str(error))
        except Exception:
            # An invariant of ours broke: this sentence is lost alone, with its trace in the log.
            log.get("relay").exception("relay.sentence_broken")
            self._making.failed(piece, "an internal error; the server's log has its trace")
        finally:
            self._talk.finish(piece)
            self._making.grown()

    async def _sound(self, piece: Piece) -> AsyncGenerator[Samples | Banded, None]:
        if isinstance(piece.prompt, Sound):
            found = await self._services.sounds.sound(piece.prompt, wide=self._wide)
            if self._wide and found.bands is None:
                # A file of 8000 samples a second has none; its minutes are no turn of the loop.
                yield await asyncio.to_thread(banded, found.samples)
            else:
                yield found.sound
            return
        voices = self._services.voices
        async with aclosing(voices.stream(piece.prompt, self._making.tell, wide=self._wide)) as sound:
            async for samples in sound:
                yield samples
