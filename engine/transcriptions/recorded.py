"""Turns recordings into text, once they are kept: a row, a recogniser's work, and a callback."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from engine import ids
from engine.config.recognition import RecogniserEntry
from engine.recording_url import recording_url, transcription_url
from engine.reporting import log
from engine.reporting.notifications import NotificationLog, Severity
from engine.requests.webhooks import WebhookOutbox
from engine.stopping import stopped
from engine.store import CallRow, RecordingRow, Store, TranscriptionRow, utc_now
from media.errors import RecognitionError
from media.speech.recognised import Recognised
from rcml.call import Callback
from rcml.call_parameters import base_parameters
from rcml.errors import TRANSCRIPTION_FAILED

AT_ONCE = 4
"""Recordings that are worked on at the same time; others wait."""
NO_RECOGNISER = (
    "no recogniser can write down a recording in {}: pocketsphinx knows phrases only; name one that "
    "understands free speech in that language under [[recognisers]]"
)

Transcribe = Callable[[TranscriptionRow, RecogniserEntry], Awaitable[Recognised]]


class RecordedTranscriptions:
    """Owns each transcription from the request until its callback is queued, over restarts too."""

    def __init__(
        self,
        store: Store,
        outbox: WebhookOutbox,
        notifications: NotificationLog,
        *,
        entry: Callable[[str], RecogniserEntry | None],
        transcribe: Transcribe,
        public_url: Callable[[], str],
    ) -> None:
        """``entry`` chooses the recogniser for a language."""
        self._store = store
        self._outbox = outbox
        self._notifications = notifications
        self._entry = entry
        self._transcribe = transcribe
        self._public_url = public_url
        self._places = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    def order(self, recording: RecordingRow, callback: Callback | None, language: str) -> TranscriptionRow:
        """Have a recording that is kept turned into text; the work goes on after the call."""
        row = TranscriptionRow(
            sid=ids.new_sid(ids.TRANSCRIPTION),
            account_sid=recording.account_sid,
            recording_sid=recording.sid,
            call_sid=recording.call_sid,
            instance_sid=recording.instance_sid,
            duration=recording.duration,
            language=language,
            callback=callback.url if callback is not None else "",
            callback_method=callback.method.value if callback is not None else "POST",
        )
        self._store.save(row)
        self._begin(row)
        return row

    async def resume(self) -> None:
        """Take up what an earlier run of the process did not finish."""
        rows = await self._store.find(
            TranscriptionRow,
            TranscriptionRow.instance_sid == self._store.instance_sid,
            TranscriptionRow.status == "in-progress",
        )
        for row in rows:
            self._begin(row)

    async def stop(self) -> None:
        """Stop; what is not finished is taken up by the next start."""
        for task in tuple(self._tasks):
            await stopped(task)

    def _begin(self, row: TranscriptionRow) -> None:
        task = asyncio.create_task(self._run(row), name=f"transcription {row.sid}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, row: TranscriptionRow) -> None:
        async with self._places:
            entry = self._entry(row.language)
            try:
                if entry is None:
                    raise RecognitionError(NO_RECOGNISER.format(row.language))
                row.transcription_text = (await self._transcribe(row, entry)).words
                row.status = "completed"
            except RecognitionError as error:
                row.status = "failed"
                self._say_why(row, entry, str(error))
            except Exception:
                # An invariant of ours broke: it fails this one alone, with its trace in the log.
                log.get("speech").exception("transcription.broken", sid=row.sid)
                row.status = "failed"
        row.date_updated = utc_now()
        await self._tell(row)
        # Last, so that a crash before it tells the application twice rather than never.
        self._store.save(row)

    def _say_why(self, row: TranscriptionRow, entry: RecogniserEntry | None, why: str) -> None:
        who = "" if entry is None else f"the recogniser {entry.name} failed: "
        cure = "" if entry is None else f"; see to [[recognisers]] {entry.name}"
        self._notifications.add(
            TRANSCRIPTION_FAILED,
            f"{row.recording_sid} was not transcribed: {who}{why}{cure}",
            account_sid=row.account_sid,
            call_sid=row.call_sid,
            severity=Severity.ERROR,
        )

    async def _tell(self, row: TranscriptionRow) -> None:
        if not row.callback:
            return
        call = await self._store.get(CallRow, row.call_sid)
        public_url = self._public_url()
        told = {
            **(base_parameters(call) if call is not None else {"CallSid": row.call_sid}),
            "TranscriptionSid": row.sid,
            "TranscriptionText": row.transcription_text,
            "TranscriptionStatus": row.status,
            "LanguageCode": row.language,
            "TranscriptionUrl": transcription_url(public_url, row.account_sid, row.sid),
            "RecordingSid": row.recording_sid,
            "RecordingUrl": recording_url(public_url, row.account_sid, row.recording_sid),
        }
        self._outbox.post(
            row.callback, told, method=row.callback_method, account_sid=row.account_sid, call_sid=row.call_sid
        )
