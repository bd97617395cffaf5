"""A recording as the account keeps it: its file, its row and its events."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Protocol

from engine import ids
from engine.config import Settings
from engine.errors import StoreUnavailable
from engine.journal.call_journal import CallJournal
from engine.recording_url import recording_url
from engine.recordings import recording_events
from engine.recordings.running_recordings import RunningRecordings
from engine.reporting import log
from engine.reporting.metrics import Metrics
from engine.s3.uploads import RecordingUploads
from engine.store import RecordingRow, Store, utc_now
from engine.store.beginnings import as_note, write_note
from engine.store.recordings import RecordingFolder
from engine.store.store import WITHIN
from media.plane.sound_ring import SoundReader
from media.recording.recorder import Recorder, RecordingSummary
from media.recording.take import EndedBy, RecordingLimits
from media.recording.writer import RecordingThread
from rcml.call import Callback, Level
from rcml.dialling import RecordingTrack

SHORTEST = 0.1
"""Seconds below which nothing was recorded: the party hung up as the recording began."""

RECORDING_FAILED = 11000


class RecordingServices(Protocol):
    """What a recording needs of the daemon."""

    settings: Settings
    store: Store
    metrics: Metrics
    recordings: RecordingFolder
    recorder: RecordingThread
    running: RunningRecordings
    uploads: RecordingUploads


class KeptRecording:
    """Writes what readers hear to a file of the account, from :meth:`start` until :meth:`finish`.

    The row is there from the first moment, so that a restart finds what a crash left behind; until the
    database has it, a note beside the sound says what it would.
    ``source`` names the maker in events, as Twilio's RecordingSource does; ``name`` is what a document
    calls it, ``track`` what it keeps of the two.
    """

    def __init__(
        self,
        journal: CallJournal,
        services: RecordingServices,
        callback: Callback | None,
        *,
        source: str,
        name: str = "",
        track: RecordingTrack = RecordingTrack.BOTH,
        conference_sid: str | None = None,
    ) -> None:
        self.name = name
        self._journal = journal
        self._services = services
        self._callback = callback
        self._readers: Sequence[SoundReader] = ()
        self._recorder: Recorder | None = None
        self._finishing: asyncio.Task[RecordingSummary] | None = None
        self.url: str | None = None
        """Where the application gets the file; None while there is none, or when nothing was kept."""
        call = journal.row
        self.row = RecordingRow(
            sid=ids.new_sid(ids.RECORDING),
            account_sid=call.account_sid,
            call_sid=call.sid,
            instance_sid=call.instance_sid,
            source=source,
            track=track.value,
            conference_sid=conference_sid,
        )
        recording_events.note_callback(self.row, callback)

    def start(self, readers: Sequence[SoundReader], limits: RecordingLimits) -> Recorder:
        """Begin; one reader makes a mono file, two make a stereo one."""
        self.row.channels = len(readers)
        self._services.store.save(self.row)
        self._services.running.add(self)
        self._readers = readers
        folder, thread = self._services.recordings, self._services.recorder
        note = partial(write_note, folder.note(self.row.sid), as_note(self.row))
        path = folder.file(self.row.sid)
        self._recorder = Recorder(readers, path, thread=thread, limits=limits, on_begin=note)
        self._tell("in-progress")
        return self._recorder

    async def finish(self) -> RecordingSummary | None:
        """Stop and keep what there is, once, whoever asks; None when it never began."""
        finishing = self.stop()
        return await asyncio.shield(finishing) if finishing is not None else None

    def stop(self) -> asyncio.Task[RecordingSummary] | None:
        """Stop as :meth:`finish` does, without waiting for what there is to be kept."""
        if self._finishing is None and self._recorder is not None:
            self._finishing = asyncio.ensure_future(self._finish(self._recorder))
        return self._finishing

    @property
    def runs(self) -> bool:
        """Whether it goes on."""
        return self._recorder is not None and self._finishing is None

    def pause(self, *, paused: bool, filled: bool = False) -> None:
        """Leave out what is heard from now on, ``filled`` with silence if so, or take it up again."""
        assert self._recorder is not None, "only what began is found from outside"
        if paused:
            self._recorder.pause(filled=filled)
        else:
            self._recorder.resume()
        self.row.status = "paused" if paused else "in-progress"
        self.row.date_updated = utc_now()
        self._services.store.save(self.row)

    async def keep_when_ended(self) -> None:
        """Keep what there is when the recording has ended by itself."""
        assert self._recorder is not None, "only what began ends"
        await self._recorder.wait_ended()
        await self.finish()

    async def _finish(self, recorder: Recorder) -> RecordingSummary:
        summary = await recorder.stop()
        for reader in self._readers:
            reader.close()
        if summary.error is not None:
            what = f"the recording ended early: {summary.error}; look at the disk of [store] recordings"
            self._journal.notify(RECORDING_FAILED, Level.ERROR, what)
        try:
            if _is_empty(summary):
                await self._drop("failed" if summary.error else recording_events.ABSENT)
            else:
                await self._keep(summary)
        finally:
            self._services.running.forget(self)
            self._services.metrics.recordings.labels(self.row.status).inc()
        return summary

    def told(self) -> dict[str, str]:
        """Return what an application is told of a recording that is kept; nothing when none is."""
        if self.url is None:
            return {}
        return recording_events.about_sound(self.row, self._services.settings.public_url)

    async def _keep(self, summary: RecordingSummary) -> None:
        row = self.row
        row.duration = summary.duration
        row.status = "failed" if summary.error else "completed"
        row.date_updated = utc_now()
        self.url = recording_url(self._services.settings.public_url, row.account_sid, row.sid)
        # The record and its event are stored together, so that a crash loses neither alone.
        self._services.store.save(row)
        self._services.uploads.order(row)
        self._tell(row.status)
        if await self._journal.recorded(row):
            note = self._services.recordings.note(row.sid)
            await asyncio.to_thread(note.unlink, missing_ok=True)

    async def _drop(self, status: str) -> None:
        sid = self.row.sid
        # What is told is stored beside the row that says so; should we be killed, the next start removes it.
        self.row.status = recording_events.ABSENT
        self._services.store.save(self.row)
        self._tell(status)
        if not await self._journal.stored(WITHIN):
            # The note stays with them, for the next start to tell what the database never heard.
            return
        await asyncio.to_thread(self._services.recordings.remove, sid)
        try:
            await self._services.store.delete(RecordingRow, RecordingRow.sid == sid)
        except StoreUnavailable as error:
            log.get("recording").warning("recording.row_stays", sid=sid, error=str(error))

    def _tell(self, status: str) -> None:
        if self._callback is not None and recording_events.is_wanted(self.row, status):
            told = recording_events.parameters(self.row, status, self.told())
            self._journal.tell(self._callback, told.items())


def _is_empty(summary: RecordingSummary) -> bool:
    """Say whether nothing was recorded: no time passed, or silence ended it before anything was heard."""
    return summary.duration < SHORTEST or (summary.is_silent and summary.ended_by is EndedBy.SILENCE)
