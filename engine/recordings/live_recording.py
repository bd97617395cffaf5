"""The recording of a live call, beside what its documents do: begun by `<Start>` or by the REST API."""

from __future__ import annotations

from engine.journal.call_journal import CallJournal
from engine.recordings.kept_recording import RECORDING_FAILED, KeptRecording, RecordingServices
from engine.recordings.running_recordings import BY_TWIML
from engine.recordings.tracks import tracks
from media.errors import MediaError
from media.plane.leg import Leg
from media.recording.take import RecordingLimits
from rcml.call import Level
from rcml.dialling import TalkRecording
from rcml.errors import STREAM_NAME
from rcml.values import shortened

BY_API = "StartCallRecordingAPI"

LONGEST = 86_400.0
"""Seconds: the longest that a call may last. A file ends before when it holds all that a WAV file can."""


def begin(
    leg: Leg, journal: CallJournal, services: RecordingServices, wanted: TalkRecording, source: str
) -> KeptRecording:
    """Record until it is stopped or the leg ends; raises ``MediaError``."""
    readers = tracks(leg, wanted)
    recording = KeptRecording(
        journal, services, wanted.status_callback, source=source, name=wanted.name, track=wanted.track
    )
    recording.start(readers, RecordingLimits(max_length=LONGEST, trim=wanted.trim_silence))
    services.running.keep_when_ended(recording)
    return recording


def begin_named(leg: Leg, journal: CallJournal, services: RecordingServices, wanted: TalkRecording) -> None:
    """Begin what a document asks for, unless one of that name runs; a notification says what goes wrong."""
    if services.running.named(journal.row.sid, wanted.name) is not None:
        which = f"named {shortened(wanted.name)!r}" if wanted.name else "without a name"
        what = f"<Recording>: a recording {which} runs already; <Stop> it first, or choose another name"
        journal.notify(STREAM_NAME, Level.WARNING, what)
        return
    try:
        begin(leg, journal, services, wanted, BY_TWIML)
    except MediaError as error:
        journal.notify(RECORDING_FAILED, Level.ERROR, f"<Recording>: the call is not recorded: {error}")
