"""What a leg and its documents need of the daemon, in one value."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.accounts import AccountTree
from engine.config import Settings
from engine.exchange.account_caps import AccountCaps
from engine.exchange.talk_meter import TalkMeter
from engine.messages.mail_desk import MailDesk
from engine.messages.text_desk import TextDesk
from engine.recognition.library import RecogniserLibrary
from engine.recordings.running_recordings import RunningRecordings
from engine.reporting.metrics import Metrics
from engine.reporting.notifications import NotificationLog
from engine.requests.fetcher import Fetcher
from engine.requests.webhooks import WebhookOutbox
from engine.s3.uploads import RecordingUploads
from engine.sounds import SoundLibrary
from engine.store import Store
from engine.store.recordings import RecordingFolder
from engine.streams.dialing import StreamDialer
from engine.transcriptions.recorded import RecordedTranscriptions
from engine.voices.library import VoiceLibrary
from media.plane.plane import MediaPlane
from media.recording.writer import RecordingThread


@dataclass
class Services:
    """The daemon's parts that calls use; they outlive every call.

    ``settings`` is replaced when the configuration is reloaded; a call asks it anew each time.
    """

    settings: Settings
    store: Store
    metrics: Metrics
    fetcher: Fetcher
    outbox: WebhookOutbox
    notifications: NotificationLog
    plane: MediaPlane
    recordings: RecordingFolder
    recorder: RecordingThread
    running: RunningRecordings
    uploads: RecordingUploads
    voices: VoiceLibrary
    sounds: SoundLibrary
    stream_dialer: StreamDialer
    texts: TextDesk
    mails: MailDesk
    recognisers: RecogniserLibrary
    transcriptions: RecordedTranscriptions
    accounts: AccountTree = field(default_factory=AccountTree)
    account_caps: AccountCaps = field(default_factory=AccountCaps)
    talk_meter: TalkMeter = field(default_factory=TalkMeter)

    def apply(self, settings: Settings) -> None:
        """Take on a reloaded configuration; what is under way keeps the one it began with."""
        self.settings = settings
        self.fetcher.apply(settings)
        self.outbox.requester = self.fetcher.requester
        self.stream_dialer.apply(settings)
        self.voices.apply(settings)
        self.recognisers.apply(settings)
        self.uploads.look()
