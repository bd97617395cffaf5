"""The verb Connect."""

from __future__ import annotations

from collections.abc import Iterator

from rcml.call import Call
from rcml.flow import AfterTalk, Fetch, Flow, Next, Parting
from rcml.nouns.stream import Stream
from rcml.schema import Verb, attr, nested, verb
from rcml.streaming import StreamEnd, StreamTrack
from rcml.values import HttpMethod, Url


@verb
class Connect(Verb):
    """Let the caller talk to an application over a `Stream`, in both directions.

    The document waits until the application closes the connection, the connection fails or the caller
    hangs up. Then `action` is requested, also when the caller is gone, and its answer replaces this
    document; without `action` the next verb runs.

    Parameters:
        StreamSid: The stream.
        StreamName: Its name, the sid when it has none.
        StreamEvent: `stream-stopped`, or `stream-error` when the connection could not be made or broke.
        StreamError: Why it failed, otherwise empty.

    Example:
        <Response>
          <Connect action="/after"><Stream url="wss://agent.example.com/call" bargeIn="true"/></Connect>
        </Response>

    TwiML: the parameters of `action` are ours.
    """

    action: Url | None = attr("Told how it went; the next verb runs when absent.", default=None)
    method: HttpMethod = attr("How `action` is requested.", default=HttpMethod.POST)
    nouns: tuple[Stream, ...] = nested("The application.", default=(), at_most=1)

    def remarks(self) -> Iterator[str]:
        if not any(noun.url for noun in self.nouns):
            yield "<Connect> leads nowhere and is skipped: give its <Stream> a url"
        if any(noun.track is not StreamTrack.INBOUND for noun in self.nouns):
            yield "<Stream track> in <Connect>: only inbound_track is sent, what the caller says"

    async def execute(self, call: Call) -> Next:
        request = self.nouns[0].request(bidirectional=True) if self.nouns else None
        if request is None:
            return Flow.NEXT_VERB
        await call.answer()
        ended = await call.connect_stream(request)
        if self.action is None:
            step: Fetch | Flow = Flow.NEXT_VERB
        else:
            step = Fetch(self.action, self.method, _parameters(ended))
        return AfterTalk(step, ended.duration, Parting.STAYS)


def _parameters(ended: StreamEnd) -> dict[str, str | None]:
    return {
        "StreamSid": ended.sid,
        "StreamName": ended.name,
        "StreamEvent": ended.event.value,
        "StreamError": ended.error,
    }
