"""Hold: what the other party of a talk gets while one of them has put it on hold (RFC 3264 section 8.4)."""

from __future__ import annotations

import asyncio
import contextlib

from engine.legs.sip_leg import SipLeg
from engine.reporting import log
from engine.services import Services
from media.errors import MediaError
from media.sdp import Direction
from rcml.call import PlaybackFailed, Sound


class Hold:
    """Follows the directions of one party's offers, and lets the other one hear music or know of it.

    A party that offers ``sendonly``, ``inactive`` or the address 0.0.0.0 wants to hear nothing: it has put
    the other one on hold. That one hears music of ours, or, where holds are passed on, gets a re-INVITE with
    the same direction, and whatever the holder sends. A resume takes it back.
    """

    def __init__(self, holder: SipLeg, other: SipLeg, services: Services) -> None:
        self._holder = holder
        self._other = other
        self._services = services
        self._music: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Follow the holder, who may have put us on hold already."""
        self._holder.on_offer = self._follow
        self._follow()

    def stop(self) -> None:
        """End what was done about a hold: the talk is over, and the other party may have to be heard."""
        self._holder.on_offer = None
        self._be_silent()
        self._other.offer_direction(Direction.SENDRECV)

    def keys_sent(self, to: SipLeg) -> None:
        """Go on with the music where keys, which this party is sent as tones in the sound, have ended it."""
        if to is self._other and self._music is not None and self._music.done():
            self._music = asyncio.get_running_loop().create_task(self._play())

    def _follow(self) -> None:
        if self._services.settings.dial.hold == "pass":
            theirs = self._holder.direction
            self._other.offer_direction(Direction.of(sends=theirs.receives, receives=theirs.sends))
        elif not self._holder.on_hold:
            self._be_silent()
        elif self._music is None:
            log.get("dial").info("hold", holder=str(self._holder))
            self._music = asyncio.get_running_loop().create_task(self._play())

    def _be_silent(self) -> None:
        music, self._music = self._music, None
        if music is not None:
            log.get("dial").info("resume", holder=str(self._holder))
            music.cancel()

    async def _play(self) -> None:
        """Play until cancelled; what else plays to the party meanwhile takes its place."""
        sounds, url = self._services.sounds, self._services.settings.hold_music_url
        prompt = sounds.music
        if url:
            try:
                prompt = await sounds.sound(Sound(url=url), wide=self._other.media.wideband)
            except PlaybackFailed as error:
                log.get("dial").warning("hold_music.failed", url=error.url, reason=error.reason)
        with contextlib.suppress(MediaError):
            await self._other.media.play(prompt, 0)
