"""What a caller hears while others are rung: a sound of ours, or a callee's early media (RFC 3960)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import numpy as np

from engine.conversations.running_call import RunningCall
from engine.errors import MediaUnavailable
from engine.legs.sip_leg import SipLeg
from engine.reporting import log
from engine.services import Services
from engine.stopping import stopped
from media.errors import MediaError
from media.prompts import Prompt
from rcml.call import Level, PlaybackFailed, Sound
from rcml.dialling import RingTone
from rcml.errors import PLAYBACK_FAILED

LISTEN_EVERY = 0.06
"""Seconds between two looks at whether there is anything to be heard of a callee who may send early media."""

AUDIBLE = 100
"""Root mean square (-50 dBFS) above which a frame is sound: many gateways send silence until the far network
rings, and a caller who hears nothing takes the call for dead."""

AUDIBLE_FRAMES = 3
"""As many are more than a click."""

FRAME = 160


class EarlyEar:
    """Listens whether a callee who has not answered sends anything that can be heard."""

    def __init__(self, callee: SipLeg) -> None:
        self.callee = callee
        self._reader = callee.media.tap("in")
        self._audible = 0

    def hears(self) -> bool:
        """Take in what has come, and tell."""
        samples = self._reader.read()
        frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
        self._audible += int(np.count_nonzero((frames**2).mean(axis=1) > AUDIBLE**2))
        return self._audible >= AUDIBLE_FRAMES

    def close(self) -> None:
        """Stop listening."""
        self._reader.close()


class Ringback:
    """Lets a caller hear a ring tone or music until a callee's side sends sound of its own.

    A description in a 180 or 183 only says that there may be sound, so ours goes on until there is some. In a
    fork the first who can be heard is, until they are gone or somebody answers; then ours is heard again. A
    callee hears nothing before the answer. A caller who still rings is sent 183 with our answer, but only
    when there is something to hear.
    """

    def __init__(
        self, caller: RunningCall, caller_leg: SipLeg, wanted: Sound | RingTone | None, services: Services
    ) -> None:
        self._caller = caller
        self._caller_leg = caller_leg
        self._wanted = wanted
        self._services = services
        self._ears: list[EarlyEar] = []
        self._described = asyncio.Event()
        self._answered = asyncio.Event()

    def early(self, callee: SipLeg) -> None:
        """A callee's side has described its sound before the answer."""
        if all(ear.callee is not callee for ear in self._ears) and not self._answered.is_set():
            self._ears.append(EarlyEar(callee))
            self._described.set()

    def answered(self) -> None:
        """Somebody has answered: what the caller hears until they are connected is ours."""
        self._answered.set()

    async def run(self) -> None:
        """Sound until cancelled."""
        try:
            while True:
                sound = asyncio.ensure_future(self._play())
                try:
                    source = await self._first_to_send()
                finally:
                    await stopped(sound)
                if source.gone or self._caller.gone:
                    continue
                if self._may_be_heard(source):
                    await self._pass_on(source)
        finally:
            self._close_ears(self._ears)

    async def _play(self) -> None:
        if self._wanted is None or not self._caller_leg.has_media:
            return
        try:
            await self._caller_leg.media.play(await self._prompt(self._wanted), 0)
        except PlaybackFailed as error:
            self._caller.notify(PLAYBACK_FAILED, Level.WARNING, error.reason, url=error.url)
        except MediaError as error:
            log.get("dial").debug("ringback.ended", error=str(error))

    async def _prompt(self, wanted: Sound | RingTone) -> Prompt:
        sounds = self._services.sounds
        if isinstance(wanted, Sound):
            return await sounds.sound(wanted, wide=self._caller_leg.media.wideband)
        return sounds.ring_tone(wanted.country)

    async def _first_to_send(self) -> SipLeg:
        """Return the first callee who can be heard before anybody has answered."""
        while True:
            self._close_ears([ear for ear in self._ears if ear.callee.gone or self._answered.is_set()])
            for ear in self._ears:
                if ear.hears():
                    self._close_ears([ear])
                    return ear.callee
            if self._ears:
                await asyncio.sleep(LISTEN_EVERY)
            else:
                self._described.clear()
                await self._described.wait()

    def _close_ears(self, ears: Sequence[EarlyEar]) -> None:
        self._ears = [ear for ear in self._ears if ear not in ears]
        for ear in ears:
            ear.close()

    def _may_be_heard(self, source: SipLeg) -> bool:
        """Open the sound of a caller who rings; tell whether they can hear a callee now."""
        if self._caller_leg.has_media:
            return True
        self._caller_leg.beside = source
        try:
            return self._caller_leg.progress(self._caller.headers())
        except MediaUnavailable as error:
            log.get("dial").warning("early_media.not_heard", error=str(error))
            return False

    async def _pass_on(self, source: SipLeg) -> None:
        """Let the caller, and nobody else, hear until the source is gone or somebody answers."""
        log.get("dial").info("early_media", source=str(source))
        bridge = self._services.plane.bridge(self._caller_leg.media, source.media)
        # A bridge works both ways, but a sound of its own takes its place: here silence.
        hush = asyncio.ensure_future(self._hush(source))
        answered = asyncio.ensure_future(self._answered.wait())
        try:
            await asyncio.wait((answered, source.ended), return_when=asyncio.FIRST_COMPLETED)
        finally:
            answered.cancel()
            bridge.close()
            await stopped(hush)

    async def _hush(self, source: SipLeg) -> None:
        with contextlib.suppress(MediaError):
            await source.media.play(self._services.sounds.silence, 0)
