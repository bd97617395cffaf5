"""The noun Transcription."""

from __future__ import annotations

from rcml.call import Callback
from rcml.schema import Element, attr, noun
from rcml.spoken import HINTS, LANGUAGE
from rcml.streaming import StreamTrack
from rcml.transcribing import TranscriptionRequest
from rcml.values import HttpMethod, Url


@noun()
class Transcription(Element):
    """What is said in the call, told as text while it is said.

    `statusCallbackUrl` is told `TranscriptionEvent`: `transcription-started`, `transcription-content` for
    each piece of speech of each track, `transcription-stopped` and `transcription-error`; see
    docs/howto/transcriptions.md.

    Example:
        <Start><Transcription name="notes" statusCallbackUrl="/said" languageCode="en-US"/></Start>

    TwiML: `transcriptionEngine` names a recogniser of this server. Filters, models and stored transcripts
    are the recogniser's own.
    """

    name: str = attr("What the transcription is called.", default="")
    track: StreamTrack = attr(
        "Whose words are told: the caller's, what the caller hears, or both apart.", default=StreamTrack.BOTH
    )
    status_callback_url: Url | None = attr("Told what is said.", default=None)
    status_callback_method: HttpMethod = attr("How it is told.", default=HttpMethod.POST)
    language_code: str = attr("The language spoken.", default="en-US", kind=LANGUAGE)
    transcription_engine: str | None = attr(
        "Who listens: the name of a `[[recognisers]]` table.", default=None
    )
    hints: tuple[str, ...] = attr("Phrases that are likely, separated by commas.", default=(), kind=HINTS)
    partial_results: bool = attr("Whether what is not certain yet is told too.", default=False)
    inbound_track_label: str = attr("What events call the caller's track.", default="")
    outbound_track_label: str = attr("What events call the other one.", default="")

    def request(self) -> TranscriptionRequest | None:
        """Return what is asked for, None when nobody would be told; raises ``InvalidUrl``."""
        callback = Callback.at(self.status_callback_url, self.status_callback_method)
        if callback is None:
            return None
        return TranscriptionRequest(
            name=self.name,
            track=self.track,
            language=self.language_code,
            hints=self.hints,
            partial_results=self.partial_results,
            provider=self.transcription_engine,
            inbound_label=self.inbound_track_label,
            outbound_label=self.outbound_track_label,
            status_callback=callback,
        )
