"""One Record of a call: what ends it, and what the document learns of it."""

from __future__ import annotations

import asyncio
from typing import Protocol

from engine.journal.call_journal import CallJournal
from engine.legs.sip_leg import SipLeg
from engine.recordings.kept_recording import KeptRecording, RecordingServices
from engine.transcriptions.recorded import RecordedTranscriptions
from media.recording.recorder import RecordingSummary
from media.recording.take import EndedBy as TakeEnd
from media.recording.take import RecordingLimits
from rcml.call import EndedBy, Recorded, RecordRequest


class CallRecordingServices(RecordingServices, Protocol):
    """What a recording needs besides when its words are to be written down."""

    transcriptions: RecordedTranscriptions


class CallRecording:
    """Records the caller from :meth:`run` until :meth:`finish`."""

    def __init__(
        self, journal: CallJournal, leg: SipLeg, services: CallRecordingServices, request: RecordRequest
    ) -> None:
        self._leg = leg
        self._transcriptions = services.transcriptions
        self._request = request
        self._kept = KeptRecording(journal, services, request.status_callback, source="RecordVerb")
        self._key = ""
        self._hung_up = False

    async def run(self, keys: asyncio.Queue[str]) -> None:
        """Record until a finish key, silence or the greatest length; ``finish`` says which."""
        request = self._request
        limits = RecordingLimits(
            max_length=request.max_length,
            silence=request.silence,
            initial_silence=request.silence,
            trim=request.trim_silence,
        )
        recorder = self._kept.start([self._leg.media.tap("in")], limits)
        ended = asyncio.ensure_future(recorder.wait_ended())
        try:
            while not ended.done():
                pressed = asyncio.ensure_future(keys.get())
                await asyncio.wait((ended, pressed), return_when=asyncio.FIRST_COMPLETED)
                if pressed.done() and pressed.result() in request.finish_on:
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
        summary = await self._kept.finish()
        if summary is None:
            return Recorded(ended_by=EndedBy.HANGUP if self._hung_up else EndedBy.MAX_LENGTH)
        ended_by = self._ended_by(summary)
        if self._kept.url is None:
            return Recorded(ended_by=ended_by, key=self._key)
        if self._request.transcribe:
            self._transcriptions.order(
                self._kept.row, self._request.transcribe_callback, self._request.transcribe_language
            )
        return Recorded(ended_by=ended_by, duration=summary.duration, url=self._kept.url, key=self._key)

    def _ended_by(self, summary: RecordingSummary) -> EndedBy:
        if self._hung_up or summary.ended_by is TakeEnd.HANG_UP:
            return EndedBy.HANGUP
        if self._key:
            return EndedBy.KEY
        return EndedBy.SILENCE if summary.ended_by is TakeEnd.SILENCE else EndedBy.MAX_LENGTH
