"""One call in a conference."""

from __future__ import annotations

import asyncio

from engine.conferences.attendance import Member, Voice
from engine.conversations.running_call import RunningCall
from engine.legs.sip_leg import SipLeg
from engine.store import CallRow, utc_now
from media.plane.leg import Leg
from rcml.call import Sound
from rcml.dialling import ConferenceRequest, LeftBecause, Waiting
from rcml.flow import Fetch

LEAVE_KEY = "*"


class Participant:
    """A call's stay: what it asked for, what it hears alone, and when it is over."""

    def __init__(self, call: RunningCall, leg: SipLeg, request: ConferenceRequest) -> None:
        self.call = call
        self.request = request
        self.member = Member.of(call.row.sid, request)
        self.voice = Voice(muted=True)
        """What the mix does with them at present."""
        self.hold_sound: Sound | Fetch | Waiting = Waiting.MUSIC
        self.private: asyncio.Task[None] | None = None
        """Plays what they alone hear while on hold."""
        self.tasks: set[asyncio.Task[None]] = set()
        """Announcements to them."""
        self.announcing = asyncio.Lock()
        """Held while an announcement to them alone is heard."""
        self.date_created = self.date_updated = utc_now()
        self._leg = leg
        self._over: asyncio.Future[LeftBecause] = asyncio.get_running_loop().create_future()
        self._keys_before = leg.on_digit
        self._talked_before = leg.media.statistics().talk_time

    def __repr__(self) -> str:
        return f"<Participant {self.sid} {self.voice}>"

    @property
    def sid(self) -> str:
        return self.member.sid

    @property
    def row(self) -> CallRow:
        return self.call.row

    @property
    def media(self) -> Leg:
        return self._leg.media

    @property
    def talk_time(self) -> float:
        """Seconds for which they have spoken since they came."""
        return round(self.media.statistics().talk_time - self._talked_before, 2)

    def dismiss(self, because: LeftBecause) -> None:
        """Let the stay end; the first reason counts."""
        if not self._over.done():
            self._over.set_result(because)

    async def wait_over(self) -> LeftBecause:
        """Return why the stay is over, at the latest when its time limit has passed."""
        self._leg.on_digit = self._pressed
        try:
            async with asyncio.timeout(self.request.time_limit):
                return await asyncio.shield(self._over)
        except TimeoutError:
            return LeftBecause.TIME_LIMIT
        finally:
            self._leg.on_digit = self._keys_before

    def _pressed(self, key: str) -> None:
        if key == LEAVE_KEY and self.request.hangup_on_star:
            self.dismiss(LeftBecause.CALLER)
