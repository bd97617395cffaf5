"""The recording of a dialled call: one file, begun when it rings or when they talk."""

from __future__ import annotations

from engine.conversations.running_call import RunningCall
from engine.legs.sip_leg import SipLeg
from engine.recordings.kept_recording import KeptRecording
from engine.recordings.tracks import tracks
from engine.services import Services
from media.plane.sound_ring import SoundReader
from media.recording.take import RecordingLimits
from rcml.dialling import DialRequest, RecordingTrack

SOURCE = "DialVerb"


class DialRecording:
    """Records what the caller says and hears, if the document wants it.

    From ringing on, the second channel of a dual recording is all that the caller hears: ring tone, early
    media, then the callee; who the callee is shows only when somebody answers. A caller who has no sound
    yet when it rings is recorded from the talk on.
    """

    def __init__(
        self, caller: RunningCall, caller_leg: SipLeg, request: DialRequest, services: Services
    ) -> None:
        self._caller_leg = caller_leg
        self._request = request
        self._wanted = request.recording
        self._recording: KeptRecording | None = None
        self._caller = caller
        self._services = services

    @property
    def url(self) -> str | None:
        """Where the application gets the file; None while, or when, there is none."""
        return self._recording.url if self._recording is not None else None

    def ringing(self) -> None:
        """A callee's telephone rings."""
        wanted, ours = self._wanted, self._caller_leg
        if wanted is None or not wanted.from_ringing or not ours.has_media or self._recording is not None:
            return
        self._start(tracks(ours.media, wanted), self._request.ring_limit + self._request.time_limit)

    def talking(self, callee: SipLeg) -> None:
        """The caller and a callee are connected."""
        wanted, ours = self._wanted, self._caller_leg.media
        if wanted is None or self._recording is not None:
            return
        apart = wanted.dual and wanted.track is RecordingTrack.BOTH
        readers = [ours.tap("in"), callee.media.tap("in")] if apart else tracks(ours, wanted)
        self._start(readers, self._request.time_limit)

    async def finish(self) -> None:
        """Stop, and keep what there is."""
        if self._recording is not None:
            await self._recording.finish()

    def _start(self, readers: list[SoundReader], longest: float) -> None:
        wanted = self._wanted
        assert wanted is not None, "only what is wanted is recorded"
        self._recording = KeptRecording(
            self._caller.journal,
            self._services,
            wanted.status_callback,
            source=SOURCE,
            track=wanted.track,
        )
        self._recording.start(readers, RecordingLimits(max_length=longest, trim=wanted.trim_silence))
