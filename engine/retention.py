"""Removes records that were kept long enough, a few at a time so that calls' own rows never wait for long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select

from engine.config import Settings
from engine.errors import StoreError
from engine.recordings.removal import RecordingRemoval
from engine.reporting import log
from engine.reporting.metrics import Metrics
from engine.s3.bucket import BucketError
from engine.store import (
    LIVE_STATUSES,
    UNFINISHED,
    AccountRow,
    CallRow,
    ConferenceRow,
    ConferenceStatus,
    EmailRow,
    EventRow,
    ExecutionRow,
    LadderRow,
    MessageRow,
    NotificationRow,
    RecordingRow,
    Row,
    Store,
    TraceRow,
    TranscriptionRow,
    utc_now,
)

EVERY = 600.0
"""Seconds between two sweeps."""
AT_ONCE = 500
"""Rows that one transaction removes: it holds SQLite up for some milliseconds."""
BREATH = 0.05
"""Seconds between two transactions, in which the rows of calls are written."""
EVENTS_KEPT = timedelta(hours=48)
"""How long events stay that were delivered or given up, so that they can be replayed."""
_TOLD = ("delivered", "given-up")
_CLOSED = (ConferenceStatus.COMPLETED, ConferenceStatus.FAILED)


@dataclass(frozen=True)
class Kept:
    """Rows of a table that have ended, and the key of ``[retention]`` that says for how long they stay."""

    row: Any
    key: str
    ended: tuple[ColumnElement[bool], ...] = ()

    def before(self, moment: datetime) -> list[ColumnElement[bool]]:
        """Return the conditions of what is older; by account, because the indexes of lists begin with it."""
        return [
            self.row.account_sid.in_(select(AccountRow.sid)),
            self.row.date_created < moment,
            *self.ended,
        ]


KEPT = (
    Kept(ExecutionRow, "executions"),
    Kept(NotificationRow, "notifications"),
    Kept(CallRow, "calls", (CallRow.status.not_in(LIVE_STATUSES),)),
    Kept(ConferenceRow, "conferences", (ConferenceRow.status.in_(_CLOSED),)),
    Kept(MessageRow, "messages", (MessageRow.status.not_in(UNFINISHED),)),
    Kept(EmailRow, "messages", (EmailRow.status.not_in(UNFINISHED),)),
    Kept(TranscriptionRow, "transcriptions", (TranscriptionRow.status != "in-progress",)),
)
RECORDINGS = Kept(RecordingRow, "recordings", (RecordingRow.status.in_(("completed", "failed")),))


def _told_before(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    # The position, microseconds of its making, is in an index beside the state; when it was told is in none.
    position = int(moment.timestamp() * 1_000_000)
    return EventRow.state.in_(_TOLD), EventRow.position < position, EventRow.date_updated < moment


class Retention:
    """The one job that removes; ``settings`` returns the configuration that counts now."""

    def __init__(
        self, store: Store, removal: RecordingRemoval, metrics: Metrics, settings: Callable[[], Settings]
    ) -> None:
        self._store = store
        self._removal = removal
        self._metrics = metrics
        self._settings = settings
        self._sweeping: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to remove what is too old or too much."""
        self._sweeping = asyncio.create_task(self._sweep_on(), name="retention: sweep")

    async def stop(self) -> None:
        """Remove no more."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)

    async def _sweep_on(self) -> None:
        while True:
            try:
                await self.sweep()
            except (StoreError, OSError) as error:
                log.get("retention").warning("retention.not_swept", error=str(error))
            await asyncio.sleep(EVERY)

    async def sweep(self) -> None:
        """Remove what is older than the configuration says, and of traces what is more."""
        settings = self._settings()
        traces = settings.traces
        for kind, hours in ((TraceRow, traces.http_hours), (LadderRow, traces.sip_hours)):
            await self._remove(kind, kind.date_created < utc_now() - timedelta(hours=hours))
            await self._keep_newest(kind, traces.most_rows)
        await self._remove(EventRow, *_told_before(utc_now() - EVENTS_KEPT))
        for kept in KEPT:
            if (before := self._limit(kept)) is not None:
                await self._remove(kept.row, *kept.before(before))
        if (before := self._limit(RECORDINGS)) is not None:
            await self._remove_recordings(before)

    def _limit(self, kept: Kept) -> datetime | None:
        days: int = getattr(self._settings().retention, kept.key)
        return utc_now() - timedelta(days=days) if days else None

    async def _keep_newest(self, kind: Any, most: int) -> None:
        beyond = await self._store.find(kind, order_by=(kind.date_created.desc(),), limit=1, offset=most)
        if beyond:
            await self._remove(kind, kind.date_created <= beyond[0].date_created)

    async def _remove(self, kind: Any, *where: ColumnElement[bool]) -> None:
        some = select(kind.sid).where(*where).limit(AT_ONCE)
        while removed := await self._store.delete(kind, kind.sid.in_(some)):
            self._count(kind, removed)
            if removed < AT_ONCE:
                return
            await asyncio.sleep(BREATH)

    async def _remove_recordings(self, before: datetime) -> None:
        """Remove sound and row of each; what cannot be removed now is tried again at the next sweep."""
        failed: list[str] = []
        while rows := await self._store.find(
            RecordingRow, *RECORDINGS.before(before), RecordingRow.sid.not_in(failed), limit=AT_ONCE
        ):
            for row in rows:
                try:
                    await self._removal.remove(row)
                except (OSError, BucketError) as error:
                    failed.append(row.sid)
                    log.get("retention").warning("recording.not_removed", sid=row.sid, error=str(error))
                else:
                    self._count(RecordingRow, 1)
            if len(failed) >= AT_ONCE:
                return
            await asyncio.sleep(BREATH)

    def _count(self, kind: type[Row], removed: int) -> None:
        self._metrics.rows_removed.labels(kind.__tablename__).inc(removed)
