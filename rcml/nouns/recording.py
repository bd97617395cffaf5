"""The noun Recording."""

from __future__ import annotations

import enum

from rcml.dialling import RecordingTrack, TalkRecording
from rcml.makes_recording import MakesRecording, Trim
from rcml.schema import attr, noun


class Channels(enum.Enum):
    """Whether both tracks are mixed into one channel."""

    MONO = "mono"
    DUAL = "dual"


@noun()
class Recording(MakesRecording):
    """A recording of the call that goes on beside the document.

    It goes on through redirections, `Dial`, `Conference` and `Enqueue`, until the call is over, `Stop` ends
    it by its `name`, or the REST API stops it, which may pause it too. The callback and the API tell
    `StartCallRecordingTwiML` as its source.

    A call has one recording of a name at a time, and one without; a second one is not begun, and a
    notification says so.

    Example:
        <Response>
          <Start><Recording recordingStatusCallback="/recorded"/></Start>
          <Say>This call is recorded.</Say>
          <Dial>+13055550101</Dial>
        </Response>

    TwiML: the same. Of one `track` the file has one channel, whatever `channels` says.
    """

    name: str = attr("What the recording is called, for `Stop`.", default="")
    track: RecordingTrack = attr(
        "What is recorded: what the caller says, what they hear, or both.", default=RecordingTrack.BOTH
    )
    channels: Channels = attr(
        "Whether both tracks are mixed, or each has a channel of its own.", default=Channels.DUAL
    )
    trim: Trim = attr("Whether silence at both ends of the recording is cut off.", default=Trim.TRIM_SILENCE)

    def request(self) -> TalkRecording:
        """Return what is asked for; raises ``InvalidUrl``."""
        return TalkRecording(
            name=self.name,
            dual=self.channels is Channels.DUAL,
            track=self.track,
            trim_silence=self.trims_silence,
            status_callback=self.recording_told(),
        )
