"""Those whom `waitUrl`, hold music and announcements are for: a whole conference, or one participant."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from engine.conversations.no_voice import NoVoice
from engine.services import Services
from media.plane.errors import SoundInterrupted
from media.prompts import Prompt
from rcml.call import (
    CallerGone,
    Level,
    PlaybackFailed,
    Sound,
    Speech,
)
from rcml.dialling import Waiting
from rcml.document import Document
from rcml.errors import PLAYBACK_FAILED
from rcml.fetching import FetchingCall
from rcml.flow import Fetch
from rcml.values import HttpMethod
from rcml.waiting import WaitLoop, WaitOutcome


class Hearers(Protocol):
    """To whom sounds are played: a leg, or a room."""

    @property
    def wideband(self) -> bool:
        """Whether somebody hears sound above 4 kHz now."""
        ...

    async def play(self, prompt: Prompt, loops: int = 1) -> None:
        """Play a sound so often, 0: until cancelled."""
        ...


class Audience(NoVoice):
    """Hears what an application lets people hear who cannot answer it.

    ``call`` is in whose name documents are requested, and who gets the notifications. The tasks that
    await it are cancelled when there is nobody to listen any more.
    """

    def __init__(
        self, call: FetchingCall, hearers: Hearers, services: Services, about: Mapping[str, str]
    ) -> None:
        """``about`` is sent with each request, after what is sent about the call."""
        self._call = call
        self._hearers = hearers
        self._services = services
        self._about = about
        self._over = False

    async def hear(self, what: Sound | Fetch | Waiting) -> bool:
        """Let them hear it until this is cancelled; return False when the application is at fault."""
        try:
            match what:
                case Waiting.SILENCE:
                    return True
                case Waiting.MUSIC:
                    await self._hearers.play(await self._music(), 0)
                case Sound():
                    await self.play(what)
                case Fetch():
                    return await WaitLoop(self).run(what) is not WaitOutcome.FAILED
        except PlaybackFailed as error:
            self._report(error)
            return False
        except (SoundInterrupted, CallerGone):
            # Who is heard instead has the leg now, or it is over.
            return True
        return True

    async def hear_once(self, what: Sound | Fetch) -> bool:
        """Let them hear an announcement to its end; return whether they did."""
        try:
            if isinstance(what, Sound):
                await self.play(Sound(url=what.url))
                return True
            outcome = await WaitLoop(self).announce(what)
            return outcome in (WaitOutcome.HEARD, WaitOutcome.SILENT)
        except PlaybackFailed as error:
            self._report(error)
        except CallerGone:
            pass
        return False

    async def _music(self) -> Prompt:
        url = self._services.settings.conferences.music_url
        sounds = self._services.sounds
        if not url:
            return sounds.music
        try:
            return await sounds.sound(Sound(url=url), wide=self._hearers.wideband)
        except PlaybackFailed as error:
            self._report(error)
            return sounds.music

    def _report(self, error: PlaybackFailed) -> None:
        self.notify(PLAYBACK_FAILED, Level.ERROR, error.reason, url=error.url)

    @property
    def gone(self) -> bool:
        return self._over

    @property
    def now(self) -> float:
        return self._call.now

    async def answer(self) -> None:
        if self.gone:
            raise CallerGone

    async def hang_up(self, reason: str | None = None) -> None:
        self._over = True

    async def fail(self, reason: str, *, status: int = 500) -> None:
        await self.hang_up(reason)

    async def say(self, speech: Speech) -> None:
        wide = self._hearers.wideband
        await self._hear(await self._services.sounds.speech(speech, wide=wide), speech.loops)

    async def play(self, sound: Sound) -> None:
        wide = self._hearers.wideband
        await self._hear(await self._services.sounds.sound(sound, wide=wide), sound.loops)

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def fetch(self, url: str, method: HttpMethod, parameters: Mapping[str, str]) -> Document:
        return await self._call.fetch(url, method, {**self._about, **parameters})

    def notify(
        self, code: int, level: Level, message: str, *, url: str | None = None, line: int | None = None
    ) -> None:
        self._call.notify(code, level, message, url=url, line=line)

    async def _hear(self, prompt: Prompt, loops: int) -> None:
        try:
            await self._hearers.play(prompt, loops)
        except SoundInterrupted as error:
            raise CallerGone from error
