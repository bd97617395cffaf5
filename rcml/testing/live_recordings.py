"""Recordings on the stage that go on beside the document."""

from __future__ import annotations

from dataclasses import dataclass

from rcml.call import Level
from rcml.dialling import TalkRecording
from rcml.errors import STREAM_NAME
from rcml.makes_recording import RecordingEvent
from rcml.testing.staged_leg import StagedLeg
from rcml.testing.transcript import Kind


@dataclass(frozen=True)
class _Running:
    wanted: TalkRecording
    sid: str
    url: str
    began: float


class StagedLiveRecordings:
    """The recordings that `<Start>` began; each ends with the call."""

    def __init__(self, call: StagedLeg) -> None:
        self._call = call
        self._running: dict[str, _Running] = {}

    def start(self, wanted: TalkRecording) -> None:
        """Begin, unless one of that name runs."""
        call = self._call
        if wanted.name in self._running:
            what = f"<Recording>: a recording named {wanted.name!r} runs already; <Stop> it first"
            call.notify(STREAM_NAME, Level.WARNING, what)
            return
        url = call.scene.recording_url()
        sid = url.rpartition("/")[2].removesuffix(".wav")
        self._running[wanted.name] = running = _Running(wanted, sid, url, call.scene.stage.now)
        call.write(Kind.RECORDS, wanted.track.value, wanted)
        self._tell(running, RecordingEvent.IN_PROGRESS)

    def stop(self, name: str) -> bool:
        """End the one of that name; False when there is none."""
        running = self._running.pop(name, None)
        if running is None:
            return False
        lasted = f"{self._call.scene.stage.now - running.began:.1f}"
        self._tell(running, RecordingEvent.COMPLETED, RecordingUrl=running.url, RecordingDuration=lasted)
        return True

    def call_over(self) -> None:
        """End all."""
        for name in tuple(self._running):
            self.stop(name)

    def _tell(self, running: _Running, event: RecordingEvent, **more: str) -> None:
        callback = running.wanted.status_callback
        if callback is not None and event.value in callback.events:
            self._call.tell(
                callback,
                RecordingSid=running.sid,
                RecordingStatus=event.value,
                RecordingSource="StartCallRecordingTwiML",
                RecordingTrack=running.wanted.track.value,
                **more,
            )
