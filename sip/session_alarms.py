"""The timers of one session, kept in one table; the endpoint learns of each change at once."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, TypeAlias

from sip.timers import Schedule, TimerTable

if TYPE_CHECKING:
    from sip.invite_session import InviteSession
    from sip.user_agent_core import Wakeable


class Alarm(enum.StrEnum):
    """What a session waits for."""

    RESEND_SUCCESS = "repeat the 2xx, or give up on its ACK"
    RESEND_PROVISIONAL = "repeat the reliable provisional response, or give up on its PRACK"
    KEEP_EARLY = "say once a minute that we still ring (RFC 3261 section 13.3.1.1)"
    INVITE_EXPIRES = "refuse an INVITE whose Expires has passed (section 13.3.1)"
    CANCEL_UNANSWERED = "give up on the final response to a cancelled INVITE (section 9.1)"
    RETRY_OFFER = "offer again after 491 (section 14.1)"
    REFRESH = "refresh the session (RFC 4028 section 7.2)"
    EXPIRY = "end the session that nobody refreshed (RFC 4028 section 10)"


AlarmKey: TypeAlias = tuple[Alarm, int]


class SessionAlarms:
    """Starts and stops the alarms of one session. ``number`` tells several of a kind apart, by their CSeq.

    Once they are over they have let go of their session, and start no more.
    """

    __slots__ = ("_session", "_table", "_wakeups")

    def __init__(self, session: InviteSession, wakeups: Schedule[Wakeable]) -> None:
        self._session: InviteSession | None = session
        self._table: TimerTable[AlarmKey] = TimerTable()
        self._wakeups = wakeups

    def start(self, alarm: Alarm, at: float, number: int = 0) -> None:
        """Start or restart an alarm."""
        self._table.start((alarm, number), at)
        self._note()

    def stop(self, *alarms: Alarm, number: int = 0) -> None:
        """Stop alarms, running or not."""
        if self._table:
            self._table.stop(*[(alarm, number) for alarm in alarms])
            self._note()

    def end(self) -> None:
        """Stop every alarm for good."""
        self._table.stop_all()
        self._note()
        self._session = None

    def running(self, alarm: Alarm, number: int = 0) -> bool:
        """Tell whether an alarm is set."""
        return (alarm, number) in self._table

    def pop_due(self, now: float) -> AlarmKey | None:
        """Return the alarm that was due first, when one is due."""
        due = self._table.pop_due(now)
        self._note()
        return due

    def _note(self) -> None:
        if self._session is not None:
            self._wakeups.set(self._session, self._table.next_deadline())
