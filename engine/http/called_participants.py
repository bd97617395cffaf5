"""Those who are being called into conferences, until they are in one or their call is over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.http.resources.participants import ParticipantCreation
from engine.store import CallRow, CallStatus, ConferenceRow

_ON_THEIR_WAY = {
    CallStatus.QUEUED: "queued",
    CallStatus.RINGING: "ringing",
    CallStatus.IN_PROGRESS: "connecting",
}


@dataclass(frozen=True, eq=False)
class Called:
    """Somebody who is being called into a conference."""

    conference: ConferenceRow
    call: CallRow
    """As it is now: its status changes."""
    form: ParticipantCreation

    @property
    def on_the_way(self) -> bool:
        """Whether they are neither in the conference, nor have been there, nor will never be."""
        return not self.call.conference_sid and self.call.status in _ON_THEIR_WAY

    @property
    def status(self) -> str:
        """How far they have come, in Twilio's words."""
        if self.call.status == CallStatus.COMPLETED:
            return "complete"
        if self.call.conference_sid:
            return "connected"
        return _ON_THEIR_WAY.get(CallStatus(self.call.status), "failed")


class CalledParticipants:
    """Remembers who is being called into which conference."""

    def __init__(self) -> None:
        self._by_conference: dict[str, list[Called]] = {}

    def add(self, called: Iterable[Called]) -> None:
        """Remember them until :meth:`forget`, when their calls are over."""
        for each in called:
            self._by_conference.setdefault(each.conference.sid, []).append(each)

    def forget(self, called: Iterable[Called]) -> None:
        """Forget those who were added."""
        for each in called:
            left = self._by_conference[each.conference.sid]
            left.remove(each)
            if not left:
                del self._by_conference[each.conference.sid]

    def into(self, conference_sid: str) -> list[Called]:
        """Return those who are on their way into a conference, in the order of the requests."""
        return [each for each in self._by_conference.get(conference_sid, []) if each.on_the_way]
