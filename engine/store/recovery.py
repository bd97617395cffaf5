"""Puts right at start what a crash left open: calls, conferences and recordings without an end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from engine import log
from engine.store.recordings import RecordingFolder
from engine.store.store import Store
from engine.store.tables import (
    LIVE_STATUSES,
    CallRow,
    CallStatus,
    ConferenceRow,
    ConferenceStatus,
    RecordingRow,
    utc_now,
)

RESTART = "engine_restart"
"""Reason of a call that ended with the process."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was open, as it is stored now."""

    calls: tuple[CallRow, ...]
    conferences: tuple[ConferenceRow, ...]
    recordings: tuple[RecordingRow, ...]
    """Those with sound, and those without: their rows and files are removed, and their duration is 0."""


async def recover(store: Store, folder: RecordingFolder) -> Recovered:
    """End what this server left open. To be called before the first call is taken."""
    calls = await _recover_calls(store)
    conferences = await _recover_conferences(store)
    recordings = await _recover_recordings(store, folder)
    if calls or recordings:
        log.get("store").warning("store.recovered_from_crash", calls=len(calls), recordings=len(recordings))
    return Recovered(tuple(calls), tuple(conferences), tuple(recordings))


async def _recover_calls(store: Store) -> list[CallRow]:
    calls = await store.find(
        CallRow, CallRow.instance_sid == store.instance_sid, CallRow.status.in_(LIVE_STATUSES)
    )
    for call in calls:
        # Nobody knows when the process died; the last sign of life is the honest end.
        call.end_time = call.date_updated
        if call.start_time is not None:
            call.duration = max(0, round((call.end_time - call.start_time).total_seconds()))
        call.status = CallStatus.FAILED
        call.reason = RESTART
        call.date_updated = utc_now()
    await store.commit(*calls)
    return calls


async def _recover_conferences(store: Store) -> list[ConferenceRow]:
    ended = (ConferenceStatus.COMPLETED, ConferenceStatus.FAILED)
    conferences = await store.find(
        ConferenceRow, ConferenceRow.instance_sid == store.instance_sid, ConferenceRow.status.not_in(ended)
    )
    for conference in conferences:
        conference.status = ConferenceStatus.FAILED
        conference.reason = RESTART
        conference.date_updated = utc_now()
    await store.commit(*conferences)
    return conferences


async def _recover_recordings(store: Store, folder: RecordingFolder) -> list[RecordingRow]:
    open_rows = await store.find(
        RecordingRow,
        RecordingRow.instance_sid == store.instance_sid,
        RecordingRow.status.in_(("in-progress", "paused")),
    )
    kept = []
    for row in open_rows:
        row.duration = await asyncio.to_thread(folder.duration, row.sid) or 0.0
        if not row.duration:
            await asyncio.to_thread(folder.remove, row.sid)
            await store.delete(RecordingRow, RecordingRow.sid == row.sid)
            continue
        row.status = "completed"
        row.date_updated = utc_now()
        kept.append(row)
    await store.commit(*kept)
    return open_rows
