"""The verb Start."""

from __future__ import annotations

from collections.abc import Iterator

from rcml.call import Call
from rcml.dialling import TalkRecording
from rcml.flow import Flow, Next
from rcml.nouns.recording import Recording
from rcml.nouns.stream import Stream
from rcml.nouns.transcription import Transcription
from rcml.schema import Verb, nested, verb
from rcml.streaming import StreamRequest
from rcml.transcribing import TranscriptionRequest


@verb
class Start(Verb):
    """Begin something that goes on beside the document: a `Stream`, a `Recording` or a `Transcription`.

    The next verb runs at once, while the connection of a stream is still being made. What began ends with
    the call, with `Stop`, or, a stream, when the application closes it. When it cannot begin the call goes
    on; a notification and the status callback say why.

    Example:
        <Response>
          <Start><Stream name="listener" url="wss://app.example.com/listen" track="both_tracks"/></Start>
          <Dial>+13055550101</Dial>
        </Response>
    """

    nouns: tuple[Stream | Recording | Transcription, ...] = nested("What begins.", default=())

    def remarks(self) -> Iterator[str]:
        if not self.nouns:
            yield "<Start> starts nothing: put a <Stream>, a <Recording> or a <Transcription> inside"
        streams = [noun for noun in self.nouns if isinstance(noun, Stream)]
        if any(noun.url is None for noun in streams):
            yield "<Stream> in <Start> has no url and is skipped"
        if any(noun.status_callback_url is None for noun in self.nouns if isinstance(noun, Transcription)):
            yield "<Transcription> in <Start> has no statusCallbackUrl: nobody would be told, it is skipped"
        if any(noun.barge_in for noun in streams):
            yield "<Stream bargeIn> counts in <Connect> only: a stream of <Start> plays nothing"

    async def execute(self, call: Call) -> Next:
        requests = [
            noun.request(bidirectional=False) if isinstance(noun, Stream) else noun.request()
            for noun in self.nouns
        ]
        await call.answer()
        for request in requests:
            match request:
                case StreamRequest():
                    call.start_stream(request)
                case TalkRecording():
                    call.start_recording(request)
                case TranscriptionRequest():
                    call.start_transcription(request)
        return Flow.NEXT_VERB
