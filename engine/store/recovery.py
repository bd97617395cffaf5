"""Puts right at start what a crash left open: calls, conferences and recordings without an end.

Nothing is written here: an end is saved beside the event that tells of it (:mod:`engine.restart`), so that
a second crash finds both or neither.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from engine.reporting import log
from engine.store.beginnings import noted_rows
from engine.store.recordings import RecordingFolder
from engine.store.row import utc_now
from engine.store.store import Store
from engine.store.tables import (
    LIVE_STATUSES,
    CallRow,
    CallStatus,
    ConferenceRow,
    ConferenceStatus,
    RecordingRow,
)

RESTART = "engine_restart"
"""Reason of a call that ended with the process."""
SHORTEST_ADOPTED = 0.2
"""Seconds of sound below which a file of nobody is not kept."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was open, with its end; not stored yet."""

    calls: tuple[CallRow, ...]
    conferences: tuple[ConferenceRow, ...]
    recordings: tuple[RecordingRow, ...]
    """Those with sound are completed, those without absent."""


async def recover(store: Store, folder: RecordingFolder) -> Recovered:
    """Return what this server left open. To be called before the first call is taken."""
    await remove_absent(store, folder)
    calls = await _recover_calls(store)
    conferences = await _recover_conferences(store)
    recordings = await _recover_recordings(store, folder)
    if calls:
        recordings += await _adopt_files(
            store, folder, min(call.date_created for call in calls), {each.sid for each in recordings}
        )
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
    return conferences


async def _recover_recordings(store: Store, folder: RecordingFolder) -> list[RecordingRow]:
    open_rows = await store.find(
        RecordingRow,
        RecordingRow.instance_sid == store.instance_sid,
        RecordingRow.status.in_(("in-progress", "paused")),
    )
    open_rows += await _never_stored(store, folder)
    for row in open_rows:
        row.duration = await asyncio.to_thread(folder.duration, row.sid) or 0.0
        row.status = "completed" if row.duration else "absent"
        row.date_updated = utc_now()
    return open_rows


async def _never_stored(store: Store, folder: RecordingFolder) -> list[RecordingRow]:
    """Return the rows that the database had not yet taken, as they were noted beside the sound."""
    noted = await asyncio.to_thread(lambda: list(noted_rows(folder)))
    never_stored = []
    for row in noted:
        if row.instance_sid != store.instance_sid:
            continue
        if await store.get(RecordingRow, row.sid) is not None:
            await asyncio.to_thread(folder.note(row.sid).unlink, missing_ok=True)
            continue
        log.get("store").warning("recording.without_row", sid=row.sid, call_sid=row.call_sid)
        never_stored.append(row)
    return never_stored


async def _adopt_files(
    store: Store, folder: RecordingFolder, since: datetime, found: Collection[str]
) -> list[RecordingRow]:
    """Make rows for files of the crash that have neither row nor note, as a loss of power may leave them.

    Nobody knows any more whose they are, so they belong to the root account. A file that began within the
    last moment before the crash holds nothing and is removed.
    """
    sids = await asyncio.to_thread(folder.written_since, since.timestamp())
    sids = [sid for sid in sids if sid not in found]
    adopted = []
    for first in range(0, len(sids), _AT_ONCE):
        some = sids[first : first + _AT_ONCE]
        known = {row.sid for row in await store.find(RecordingRow, RecordingRow.sid.in_(some))}
        for sid in some:
            if sid in known:
                continue
            seconds = await asyncio.to_thread(folder.duration, sid) or 0.0
            log.get("store").warning("recording.without_owner", sid=sid, duration=seconds)
            if seconds < SHORTEST_ADOPTED:
                await asyncio.to_thread(folder.remove, sid)
                continue
            row = RecordingRow(
                sid=sid, account_sid=store.account.sid, call_sid="", instance_sid=store.instance_sid
            )
            row.duration, row.status = seconds, "completed"
            adopted.append(row)
    return adopted


async def remove_absent(store: Store, folder: RecordingFolder) -> None:
    """Remove file and row of what was told to be absent."""
    absent = await store.find(
        RecordingRow, RecordingRow.instance_sid == store.instance_sid, RecordingRow.status == "absent"
    )
    for row in absent:
        await asyncio.to_thread(folder.remove, row.sid)
        await store.delete(RecordingRow, RecordingRow.sid == row.sid)
