"""Makes what turns the daemon's recordings into text."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack

from engine.config import Settings
from engine.config.recognition import RecogniserEntry
from engine.recognition.dictation import transcribe
from engine.recognition.library import RecogniserLibrary
from engine.reporting.notifications import NotificationLog
from engine.requests.webhooks import WebhookOutbox
from engine.store import RecordingFolder, Store, TranscriptionRow
from engine.streams.dialing import StreamDialer
from engine.transcriptions.recorded import RecordedTranscriptions
from media.speech.recognised import Recognised


def start_transcriptions(
    settings: Callable[[], Settings],
    store: Store,
    outbox: WebhookOutbox,
    notifications: NotificationLog,
    recognisers: RecogniserLibrary,
    dialer: StreamDialer,
    parts: AsyncExitStack,
) -> RecordedTranscriptions:
    """Return it; ``parts`` stops it."""

    async def work(row: TranscriptionRow, entry: RecogniserEntry) -> Recognised:
        folder = RecordingFolder(settings().store.recordings)
        return await transcribe(folder.file(row.recording_sid), entry, dialer, row.language)

    transcriptions = RecordedTranscriptions(
        store,
        outbox,
        notifications,
        entry=recognisers.free_speech,
        transcribe=work,
        public_url=lambda: settings().public_url,
    )
    parts.push_async_callback(transcriptions.stop)
    return transcriptions
