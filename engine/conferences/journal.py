"""What happened in a conference, told to everybody who keeps track: log, store, application (rcml.md 6.5)."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import format_datetime

from engine.conferences.attendance import Attendance, Happening, Member, What
from engine.reporting import log
from engine.requests.webhooks import WebhookOutbox
from engine.services import Services
from engine.store import ConferenceRow, utc_now
from rcml.call import Callback
from rcml.dialling import RoomEvent

_ENDED = "conference-end"
_EVENTS = {
    What.STARTED: (RoomEvent.START, "conference-start"),
    What.ENDED: (RoomEvent.END, _ENDED),
    What.JOINED: (RoomEvent.JOIN, "participant-join"),
    What.LEFT: (RoomEvent.LEAVE, "participant-leave"),
    What.MUTED: (RoomEvent.MUTE, "participant-mute"),
    What.UNMUTED: (RoomEvent.MUTE, "participant-unmute"),
    What.HELD: (RoomEvent.HOLD, "participant-hold"),
    What.RESUMED: (RoomEvent.HOLD, "participant-unhold"),
    What.COACHING: (RoomEvent.MODIFY, "participant-modify"),
    What.ENDING: (RoomEvent.MODIFY, "participant-modify"),
}


class ConferenceJournal:
    """Writes one conference's record and its events, in order; everything is queued and returns at once."""

    def __init__(self, row: ConferenceRow, attendance: Attendance, services: Services) -> None:
        self.row = row
        self._attendance = attendance
        self._services = services
        self._callback: Callback | None = None
        self._log = log.get("conference").bind(conference_sid=row.sid, room=row.friendly_name)
        services.store.save(row)

    def tell_to(self, callback: Callback | None) -> None:
        """Take the callback of one who comes; that of the first who names one stays."""
        if self._callback is not None or callback is None:
            return
        self._callback = callback
        if self.wants(RoomEvent.END):
            self.row.end_callback, self.row.end_callback_method = callback.url, callback.method.value
            self._services.store.save(self.row)

    def wants(self, event: RoomEvent) -> bool:
        """Say whether the application is to be told such events."""
        return self._callback is not None and event.value in self._callback.events

    def save(self) -> None:
        """Write the record as the attendance says now, when that is new."""
        attendance, row = self._attendance, self.row
        if row.status == attendance.status:
            return
        row.status = attendance.status
        row.reason = attendance.end_reason.value if attendance.end_reason is not None else None
        row.call_sid_ending = attendance.ended_by
        row.date_updated = utc_now()
        self._services.store.save(row)

    def happened(self, happening: Happening) -> None:
        """Log and tell one happening of the attendance."""
        member = happening.member
        sid = member.sid if member is not None else None
        because = happening.because.value if happening.because is not None else None
        self._log.info(f"conference.{happening.what.name.lower()}", call_sid=sid, because=because)
        if happening.what not in _EVENTS:
            return
        event, name = _EVENTS[happening.what]
        self.tell(event, name, member, _why_ended(self.row) if happening.what is What.ENDED else {})

    def tell(
        self, event: RoomEvent, name: str, member: Member | None, also: Mapping[str, str] | None = None
    ) -> None:
        """Queue an event for the application, after those of this conference already queued."""
        callback = self._callback
        if callback is None or not self.wants(event):
            return
        about = {**({} if member is None else _of_member(member)), **(also or {})}
        _post(self._services.outbox, self.row, (callback.url, callback.method.value), name, about)
        self._services.store.save(self.row)

    def broken(self, error: BaseException) -> None:
        """Log a fault of ours that silenced something and ended nobody's call."""
        self._log.error("conference.broken", exc_info=error)


def tell_of_crash(outbox: WebhookOutbox, row: ConferenceRow) -> None:
    """Tell the application of the end of a conference that an earlier process left open."""
    if row.end_callback:
        _post(outbox, row, (row.end_callback, row.end_callback_method), _ENDED, _why_ended(row))


def _post(
    outbox: WebhookOutbox, row: ConferenceRow, to: tuple[str, str], name: str, about: Mapping[str, str]
) -> None:
    """Queue an event for a URL, by a method, and count it."""
    row.events_told += 1
    parameters = {
        "ConferenceSid": row.sid,
        "FriendlyName": row.friendly_name,
        "AccountSid": row.account_sid,
        "Timestamp": format_datetime(utc_now()),
        "StatusCallbackEvent": name,
        "SequenceNumber": str(row.events_told),
        **about,
    }
    url, method = to
    # The outbox keeps in order what it is given as one call's: here that is the conference.
    outbox.post(url, parameters, method=method, account_sid=row.account_sid, call_sid=row.sid)


def _why_ended(row: ConferenceRow) -> dict[str, str]:
    why = {"ReasonConferenceEnded": row.reason, "CallSidEndingConference": row.call_sid_ending}
    return {name: value for name, value in why.items() if value is not None}


def _of_member(member: Member) -> dict[str, str]:
    parameters = {
        "CallSid": member.sid,
        "Muted": _flag(member.muted),
        "Hold": _flag(member.on_hold),
        "EndConferenceOnExit": _flag(member.end_on_exit),
        "StartConferenceOnEnter": _flag(member.start_on_enter),
        "Coaching": _flag(member.coach is not None),
    }
    if member.coach is not None:
        parameters["CallSidToCoach"] = member.coach
    if member.label is not None:
        parameters["ParticipantLabel"] = member.label
    return parameters


def _flag(value: bool) -> str:
    return "true" if value else "false"
