"""Which sound of a leg a recording keeps."""

from __future__ import annotations

from media.errors import MediaError
from media.plane.leg import Leg
from media.plane.sound_ring import SoundReader
from rcml.dialling import RecordingTrack, TalkRecording


def tracks(leg: Leg, wanted: TalkRecording) -> list[SoundReader]:
    """Return what is recorded of a leg: a reader for each channel; raises ``MediaMisuse``."""
    if wanted.track is not RecordingTrack.BOTH:
        return [leg.tap("in" if wanted.track is RecordingTrack.INBOUND else "out")]
    if not wanted.dual:
        return [leg.tap("both")]
    caller = leg.tap("in")
    try:
        return [caller, leg.tap("out")]
    except MediaError:
        caller.close()
        raise
