"""What happened to a call, told to everybody who keeps track: log, store, metrics, application."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from engine.errors import FetchError, StoreUnavailable
from engine.exchange.account_caps import AccountCaps
from engine.exchange.routing import Application
from engine.journal import twilio_words
from engine.reporting import log
from engine.reporting.metrics import Metrics
from engine.reporting.notifications import NotificationLog, Severity
from engine.requests.webhooks import WebhookOutbox
from engine.store import CallRow, CallStatus, RecordingRow, Store, utc_now
from engine.store.store import WITHIN
from engine.telemetry import spans
from rcml.call import Callback, Level
from rcml.call_parameters import base_parameters, worded
from rcml.dialling import Dialled

HELD_UP_FOR = 1.0
"""Seconds that a call waits at most for its record to be stored before its application is asked."""
MEDIA_LOST = 11009
PATH_LOST = 11010
"""Notification: a party's RTP and RTCP stopped, and its leg was ended."""


def lost_media(seconds: float) -> str:
    """Return the words of that notification."""
    return (
        f"neither RTP nor RTCP came for {seconds:.0f} s, so the party counts as gone and was hung up; look "
        "at the network, or raise [media] rtp_timeout for telephones that send nothing in silence"
    )


class JournalServices(Protocol):
    """What telling of a call needs of the daemon."""

    store: Store
    metrics: Metrics
    notifications: NotificationLog
    outbox: WebhookOutbox
    account_caps: AccountCaps


class CallJournal:
    """Writes one call's record, its notifications and its status callbacks.

    Everything is queued in order and returns at once, except :meth:`recorded`, which returns when the store
    has confirmed: the URL an application is told must work from then on.
    """

    def __init__(
        self,
        row: CallRow,
        sip_headers: Sequence[tuple[str, str]],
        application: Application,
        services: JournalServices,
    ) -> None:
        self.row = row
        self._sip_headers = sip_headers
        self._application = application
        self._services = services
        self._log = log.get("call").bind(call_sid=row.sid)
        self._clock = asyncio.get_running_loop().time
        self._arrived_at = self._clock()
        self._answered_at = 0.0
        self.dialled: Dialled | None = None
        """How the last Dial went; every request after it tells of it."""
        self.refusal: FetchError | None = None
        """The last answer that was no document; a notification about its URL shows it."""

    def parameters(self) -> dict[str, str]:
        """Return the parameters of a request about this call as it stands now."""
        return base_parameters(self.row, self._sip_headers, self.dialled)

    def arrived(self, source: str, sip_call_id: str) -> None:
        """The call exists."""
        row = self.row
        self._log.info(
            "call.arrived", from_=row.from_, to=row.to, source=source, sip_call_id=sip_call_id,
            application=self._application.voice_url,
        )  # fmt: skip
        self._services.metrics.call_started(row.direction)
        self._services.account_caps.calls.started(row.account_sid)

    def reached(self, status: CallStatus) -> None:
        """The call reached a state."""
        row = self.row
        row.status = status
        row.date_updated = utc_now()
        if status is CallStatus.IN_PROGRESS:
            row.start_time = row.date_updated
            self._answered_at = self._clock()
            self._services.metrics.call_answered(row.direction, self._answered_at - self._arrived_at)
        self._services.store.save(row)
        self._log.info(f"call.{status.value}")
        spans.recorder().leg(row, "answered" if status is CallStatus.IN_PROGRESS else status.value)
        self._call_back()

    def ended(self, status: CallStatus, how: str, reason: str | None = None) -> None:
        """The call is over."""
        row = self.row
        row.date_updated = row.end_time = utc_now()
        row.reason = reason or how
        row.status = status
        row.duration = 0
        if row.start_time is not None:
            # By the clock that nobody sets: a step of the wall clock must not bend a duration.
            lasted = self._clock() - self._answered_at
            row.duration = round(lasted)
            row.end_time = row.start_time + timedelta(seconds=lasted)
        self._services.store.save(row)
        talked = None if row.start_time is None else self._clock() - self._answered_at
        self._services.metrics.call_ended(row.direction, status.value, talked, row.quality)
        self._services.account_caps.calls.ended(row.account_sid)
        self._log.info("call.ended", status=status.value, duration=row.duration, how=how, reason=reason)
        spans.recorder().leg(row, "completed")
        self._call_back()

    def notify(
        self,
        code: int,
        level: Level,
        message: str,
        *,
        url: str | None = None,
        line: int | None = None,
    ) -> None:
        """Add to the account's error log what was wrong, where, and the cure."""
        where = f"line {line}: " if line is not None else ""
        self._services.notifications.add(
            code,
            f"{where}{message}",
            account_sid=self.row.account_sid,
            call_sid=self.row.sid,
            severity=Severity(level.value),
            url=url or "",
            refused=self.refusal if self.refusal is not None and self.refusal.url == url else None,
        )

    def media_lost(self, seconds: float) -> None:
        """The party's sound is gone; the leg ends now."""
        self._services.metrics.media_lost.inc()
        self.notify(MEDIA_LOST, Level.ERROR, lost_media(seconds))

    def path_lost(self, why: str) -> None:
        """The party's browser cannot be reached; the leg ends now."""
        self._services.metrics.media_lost.inc()
        self.notify(PATH_LOST, Level.ERROR, f"no sound can pass between us and the browser: {why}")

    async def recorded(self, row: RecordingRow) -> bool:
        """Return when a recording's row, saved before, is in the database: documents may use its URL now.

        False when the database takes no rows.
        """
        stored = await self.stored(WITHIN)
        self._log.info("recording", sid=row.sid, status=row.status, duration=row.duration)
        return stored

    async def stored(self, within: float = HELD_UP_FOR) -> bool:
        """Return when the database has what was saved: whatever an application is told of survives a crash.

        A database that takes no rows now ends no call: False, and they are written later.
        """
        try:
            await self._services.store.flush(within)
        except StoreUnavailable as error:
            self._log.warning("call.rows_wait", error=str(error))
            return False
        return True

    def tell(self, callback: Callback, parameters: Iterable[tuple[str, str]]) -> None:
        """Queue an event for the application, after those of this call already queued."""
        told = worded(self.row, {**self.parameters(), **dict(parameters)})
        self._post(callback.url, callback.method.value, told)

    def tell_status(self, callback: Callback) -> None:
        """Tell another URL, from now on, which states the call reaches."""
        self._application = replace(
            self._application,
            status_callback=callback.url,
            status_callback_method=callback.method.value,
        )

    def _call_back(self) -> None:
        application = self._application
        if application.status_callback and (told := twilio_words.reached(self.row, self.parameters())):
            self._post(application.status_callback, application.status_callback_method, told)

    def _post(self, url: str, method: str, parameters: dict[str, str]) -> None:
        self._services.outbox.post(
            url, parameters, method=method, account_sid=self.row.account_sid, call_sid=self.row.sid
        )
