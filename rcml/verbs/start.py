"""The verb Start."""

from __future__ import annotations

from collections.abc import Iterator

from rcml.call import Call
from rcml.flow import Flow, Next
from rcml.nouns.stream import Stream
from rcml.nouns.transcription import Transcription
from rcml.schema import Verb, nested, verb
from rcml.streaming import StreamRequest


@verb
class Start(Verb):
    """Begin something that goes on beside the document: a `Stream` or a `Transcription` that listens.

    The next verb runs at once, while the connection is still being made. The stream ends with the call,
    with `Stop`, or when the application closes it. When it cannot be opened the call goes on; a
    notification and the status callback say why.

    Example:
        <Response>
          <Start><Stream name="listener" url="wss://app.example.com/listen" track="both_tracks"/></Start>
          <Dial>+13055550101</Dial>
        </Response>
    """

    nouns: tuple[Stream | Transcription, ...] = nested("What begins.", default=())

    def remarks(self) -> Iterator[str]:
        if not self.nouns:
            yield "<Start> starts nothing: put a <Stream> or a <Transcription> inside"
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
            if isinstance(request, StreamRequest):
                call.start_stream(request)
            elif request is not None:
                call.start_transcription(request)
        return Flow.NEXT_VERB
