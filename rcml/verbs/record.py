"""The verb Record."""

from __future__ import annotations

import enum

from rcml.call import Call, Callback, EndedBy, Level, Recorded, RecordRequest
from rcml.errors import FEATURE_MISSING
from rcml.flow import Fetch, Flow, Next
from rcml.makes_recording import MakesRecording
from rcml.schema import Verb, attr, verb
from rcml.spoken import LANGUAGE
from rcml.values import HttpMethod, Keys, Kind, Place, Seconds, Url, read_keys


def _read_finish_keys(written: str, place: Place) -> str:
    return "" if written == "-1" else read_keys(written, place)


class Media(enum.Enum):
    """What is recorded."""

    AUDIO_ONLY = "audio_only"
    VIDEO_ONLY = "video_only"
    AUDIO_VIDEO = "audio_video"


@verb
class Record(MakesRecording, Verb):
    """Record the caller.

    A key, silence, `maxLength` or the caller hanging up ends the recording; `action` is then requested, also
    when the caller is gone, and its answer replaces this document. When nothing was recorded the next verb
    runs instead.

    Parameters:
        RecordingUrl: Where the sound file is.
        PublicRecordingUrl: The same.
        RecordingDuration: Seconds with a decimal point, such as `7.0`.
        Digits: The key that ended the recording, `hangup` when the caller hung up, otherwise empty.

    Example:
        <Response>
          <Say>Leave a message after the tone.</Say>
          <Record action="/message" maxLength="60" finishOnKey="#"/>
          <Say>We recorded nothing.</Say>
        </Response>

    TwiML: `RecordingDuration` is a whole number there, and silence is trimmed unless told otherwise.
    """

    action: Url | None = attr("Told about the recording; this document's URL when absent.", default=None)
    method: HttpMethod = attr("How `action` is requested.", default=HttpMethod.POST, code=13610)
    timeout: Seconds = attr(
        "Silence, before or after speech, that ends the recording.",
        default=Seconds(5),
        minimum=1,
        code=13612,
    )
    finish_on_key: Keys = attr(
        "Keys that end the recording.",
        default=Keys("1234567890*#"),
        kind=Kind("keys `0`-`9` `*` `#`, at most 12; `-1` or empty for none", _read_finish_keys, False),
        when_invalid=Keys("#"),
        code=13613,
    )
    max_length: Seconds = attr(
        "Length that ends the recording.", default=Seconds(3600), minimum=2, code=13612
    )
    play_beep: bool = attr("Whether a beep is heard first.", default=True)
    media: Media = attr("What is recorded; only sound is.", default=Media.AUDIO_ONLY, code=13612)
    transcribe: bool = attr(
        "Whether the recording is turned into text afterwards, by a recogniser that understands free speech.",
        default=False,
    )
    transcribe_language: str = attr(
        "The language spoken, as the recogniser is told it.", default="en-US", kind=LANGUAGE
    )
    transcribe_callback: Url | None = attr(
        "Told `TranscriptionText` and `TranscriptionStatus`: `completed` or `failed`.", default=None
    )

    async def execute(self, call: Call) -> Next:
        request = self._request(self._can_transcribe(call))
        await call.answer()
        if self.media is not Media.AUDIO_ONLY:
            what = f"<Record> media='{self.media.value}': only sound is recorded"
            call.notify(13612, Level.WARNING, what, line=self.line)
        recorded = await call.record(request)
        if recorded.url is None:
            return Flow.NEXT_VERB
        return Fetch(self.action, self.method, _parameters(recorded, recorded.url), caller_input=True)

    def _can_transcribe(self, call: Call) -> bool:
        if self.transcribe and not call.recognises_speech:
            what = "<Record> asks for a transcription and no recogniser is at hand: there will be none"
            call.notify(FEATURE_MISSING, Level.WARNING, what, line=self.line)
            return False
        return self.transcribe

    def _request(self, transcribe: bool) -> RecordRequest:
        return RecordRequest(
            beep=self.play_beep,
            silence=self.timeout,
            finish_on=self.finish_on_key,
            max_length=self.max_length,
            trim_silence=self.trims_silence,
            transcribe=transcribe,
            transcribe_language=self.transcribe_language,
            transcribe_callback=Callback.at(self.transcribe_callback),
            status_callback=self.recording_told(),
        )


def _parameters(recorded: Recorded, url: str) -> dict[str, str]:
    return {
        "RecordingUrl": url,
        "PublicRecordingUrl": url,
        "RecordingDuration": str(round(float(recorded.duration), 2)),
        "Digits": "hangup" if recorded.ended_by is EndedBy.HANGUP else recorded.key,
    }
