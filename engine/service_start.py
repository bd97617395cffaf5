"""Starts what calls use, each part after those that it needs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack

from engine.accounts import AccountTree
from engine.calls.call_services import CallServices
from engine.conferences import Conferences
from engine.config import Settings
from engine.first_start import have_kernels
from engine.messages.mail_desk import MailDesk
from engine.messages.text_desk import TextDesk
from engine.queues import Queues
from engine.recognition.start import start_recognisers
from engine.recordings.running_recordings import RunningRecordings
from engine.reporting.metrics import Metrics
from engine.reporting.notifications import NotificationLog
from engine.reporting.traces import TraceLog
from engine.requests.fetcher import Fetcher
from engine.requests.webhooks import WebhookOutbox
from engine.s3.uploads import start_uploads
from engine.sounds import SoundLibrary
from engine.store import RecordingFolder, Store
from engine.streams.dialing import StreamDialer
from engine.transcriptions.start import start_transcriptions
from engine.voices.start import start_voices
from media.plane.plane import MediaPlane
from media.recording.writer import RecordingThread


async def start_services(
    current: Callable[[], Settings],
    store: Store,
    metrics: Metrics,
    traces: TraceLog,
    *,
    conferences: Conferences,
    queues: Queues,
    parts: AsyncExitStack,
) -> CallServices:
    """Return the services; ``parts`` stops them. ``current`` returns the settings that count now."""
    settings = current()
    accounts = await AccountTree.of(store)
    fetcher = Fetcher(settings, accounts.signing_key, metrics, traces.sent)
    parts.push_async_callback(fetcher.close)
    dialer = StreamDialer(settings)
    parts.push_async_callback(dialer.close)
    outbox = WebhookOutbox(store, fetcher.requester, accounts.signing_key, metrics)
    outbox.start()
    parts.push_async_callback(outbox.stop)
    notifications = NotificationLog(store, metrics)
    mails = MailDesk(lambda: current().email, store, outbox, notifications, metrics)
    parts.push_async_callback(mails.stop)
    await have_kernels()
    plane = MediaPlane(settings.media.address, settings.media.rtp_ports.range, settings.media.threads)
    await plane.start()
    parts.push_async_callback(plane.stop)
    recorder = RecordingThread()
    parts.callback(recorder.close)
    voices = start_voices(settings, metrics, parts)
    recognisers = start_recognisers(settings, dialer, metrics, parts)
    folder = RecordingFolder(settings.store.recordings)
    return CallServices(
        settings=settings,
        store=store,
        metrics=metrics,
        fetcher=fetcher,
        outbox=outbox,
        plane=plane,
        notifications=notifications,
        recordings=folder,
        recorder=recorder,
        running=RunningRecordings(),
        uploads=start_uploads(store, folder, notifications, metrics, current, parts),
        conferences=conferences,
        stream_dialer=dialer,
        texts=TextDesk(store, outbox, notifications, metrics),
        mails=mails,
        voices=voices,
        sounds=SoundLibrary(fetcher, voices),
        queues=queues,
        recognisers=recognisers,
        accounts=accounts,
        transcriptions=start_transcriptions(
            current, store, outbox, notifications, recognisers, dialer, parts
        ),
    )
