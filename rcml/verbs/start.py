"""The verb Start."""

from __future__ import annotations

from collections.abc import Iterator

from rcml.call import Call
from rcml.flow import Flow, Next
from rcml.nouns.stream import Stream
from rcml.schema import Verb, nested, verb


@verb
class Start(Verb):
    """Begin something that goes on beside the document: a `Stream` that listens to the call.

    The next verb runs at once, while the connection is still being made. The stream ends with the call,
    with `Stop`, or when the application closes it. When it cannot be opened the call goes on; a
    notification and the status callback say why.

    Example:
        <Response>
          <Start><Stream name="listener" url="wss://app.example.com/listen" track="both_tracks"/></Start>
          <Dial>+13055550101</Dial>
        </Response>
    """

    nouns: tuple[Stream, ...] = nested("What begins.", default=())

    def remarks(self) -> Iterator[str]:
        if not self.nouns:
            yield "<Start> starts nothing: put a <Stream> inside"
        if any(noun.url is None for noun in self.nouns):
            yield "<Stream> in <Start> has no url and is skipped"
        if any(noun.barge_in for noun in self.nouns):
            yield "<Stream bargeIn> counts in <Connect> only: a stream of <Start> plays nothing"

    async def execute(self, call: Call) -> Next:
        requests = [noun.request(bidirectional=False) for noun in self.nouns]
        await call.answer()
        for request in requests:
            if request is not None:
                call.start_stream(request)
        return Flow.NEXT_VERB
