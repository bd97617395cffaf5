"""One Record of a call: its file, its row and its events."""

from __future__ import annotations

import asyncio

from engine import ids
from engine.call_journal import CallJournal
from engine.services import Services
from engine.sip_leg import SipLeg
from engine.store import RecordingRow, utc_now
from media.plane.sound_ring import SoundReader
from media.recording.recorder import Recorder, RecordingSummary
from media.recording.take import EndedBy as TakeEnd
from media.recording.take import RecordingLimits
from rcml.call import EndedBy, Level, Recorded, RecordRequest

SHORTEST = 0.1
"""Seconds below which nothing was recorded: the caller hung up as the recording began."""

DEFAULT_EVENTS = ("completed", "absent", "failed")

RECORDING_FAILED = 11000


class CallRecording:
    """Records the caller from :meth:`run` until :meth:`finish`.

    The row is there from the first moment, so that a restart finds what a crash left behind.
    """

    def __init__(self, journal: CallJournal, leg: SipLeg, services: Services, request: RecordRequest) -> None:
        self._journal = journal
        self._leg = leg
        self._services = services
        self._request = request
        self._reader: SoundReader | None = None
        self._recorder: Recorder | None = None
        self._key = ""
        self._hung_up = False
        call = journal.row
        self._row = RecordingRow(
            sid=ids.new_sid(ids.RECORDING),
            account_sid=call.account_sid,
            call_sid=call.sid,
            instance_sid=call.instance_sid,
        )

    async def run(self, keys: asyncio.Queue[str]) -> None:
        """Record until a finish key, silence or the greatest length; ``finish`` says which."""
        recorder = self._start()
        ended = asyncio.ensure_future(recorder.wait_ended())
        try:
            while not ended.done():
                pressed = asyncio.ensure_future(keys.get())
                await asyncio.wait((ended, pressed), return_when=asyncio.FIRST_COMPLETED)
                if pressed.done() and pressed.result() in self._request.finish_on:
                    self._key = pressed.result()
                    return
                pressed.cancel()
        finally:
            ended.cancel()

    def caller_gone(self) -> None:
        """Note that the caller hung up, before or during the recording."""
        self._hung_up = True

    async def finish(self) -> Recorded:
        """Stop, keep what there is, and say how it went; a recording that never began is empty."""
        if self._recorder is None or self._reader is None:
            return Recorded(ended_by=EndedBy.HANGUP if self._hung_up else EndedBy.MAX_LENGTH)
        summary = await self._recorder.stop()
        self._reader.close()
        if summary.error is not None:
            what = f"the recording ended early: {summary.error}; look at the disk of [store] recordings"
            self._journal.notify(RECORDING_FAILED, Level.ERROR, what)
        ended_by = self._ended_by(summary)
        if _is_empty(summary):
            await self._drop()
            return Recorded(ended_by=ended_by, key=self._key)
        await self._keep(summary)
        return Recorded(ended_by=ended_by, duration=summary.duration, url=self._url(), key=self._key)

    def _start(self) -> Recorder:
        request, row = self._request, self._row
        self._services.store.save(row)
        self._reader = self._leg.media.tap("in")
        limits = RecordingLimits(
            max_length=request.max_length,
            silence=request.silence,
            initial_silence=request.silence,
            trim=request.trim_silence,
        )
        path = self._services.recordings.file(row.sid)
        self._recorder = Recorder(self._reader, path, thread=self._services.recorder, limits=limits)
        self._tell("in-progress")
        return self._recorder

    def _ended_by(self, summary: RecordingSummary) -> EndedBy:
        if self._hung_up or summary.ended_by is TakeEnd.HANG_UP:
            return EndedBy.HANGUP
        if self._key:
            return EndedBy.KEY
        return EndedBy.SILENCE if summary.ended_by is TakeEnd.SILENCE else EndedBy.MAX_LENGTH

    async def _keep(self, summary: RecordingSummary) -> None:
        row = self._row
        row.duration = summary.duration
        row.status = "failed" if summary.error else "completed"
        row.date_updated = utc_now()
        await self._journal.recorded(row)
        self._tell(row.status)

    async def _drop(self) -> None:
        sid = self._row.sid
        await asyncio.to_thread(self._services.recordings.remove, sid)
        await self._services.store.delete(RecordingRow, RecordingRow.sid == sid)
        self._tell("absent")

    def _tell(self, status: str) -> None:
        callback = self._request.status_callback
        if callback is None or status not in (callback.events or DEFAULT_EVENTS):
            return
        told = {"RecordingSid": self._row.sid, "RecordingStatus": status, "RecordingSource": "RecordVerb"}
        if status in ("completed", "failed"):
            told |= {"RecordingUrl": self._url(), "RecordingDuration": f"{self._row.duration:.1f}"}
            told["RecordingChannels"] = "1"
        self._journal.tell(callback, told.items())

    def _url(self) -> str:
        row = self._row
        base = self._services.settings.public_url
        return f"{base}/{row.api_version}/Accounts/{row.account_sid}/Recordings/{row.sid}.wav"


def _is_empty(summary: RecordingSummary) -> bool:
    """Say whether nothing was recorded: no time passed, or silence ended it before anything was heard."""
    return summary.duration < SHORTEST or (summary.is_silent and summary.ended_by is TakeEnd.SILENCE)
