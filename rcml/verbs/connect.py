"""The verb Connect."""

from __future__ import annotations

from collections.abc import Iterator

from rcml.call import Call
from rcml.flow import AfterTalk, Fetch, Flow, Next, Parting
from rcml.nouns.conversation_relay import ConversationRelay
from rcml.nouns.stream import Stream
from rcml.relaying import RelayEnd
from rcml.schema import Verb, attr, nested, verb
from rcml.streaming import StreamEnd, StreamTrack
from rcml.values import HttpMethod, Url


@verb
class Connect(Verb):
    """Let the caller talk to an application: in sound over a `Stream`, in text over a `ConversationRelay`.

    The document waits until the application ends the conversation, the connection fails or the caller
    hangs up. Then `action` is requested, also when the caller is gone, and its answer replaces this
    document; without `action` the next verb runs. It is told `Stream…` of a Stream, the others of a
    ConversationRelay.

    Parameters:
        StreamSid: The stream.
        StreamName: Its name, the sid when it has none.
        StreamEvent: `stream-stopped`, or `stream-error` when the connection could not be made or broke.
        StreamError: Why it failed, otherwise empty.
        SessionId: The conversation.
        SessionStatus: `ended` by the application, `completed` when the call was over, or `failed`.
        SessionDuration: How long it lasted, in whole seconds.
        HandoffData: What the application sent with its `end`; absent when that was nothing.
        ErrorCode: The number of the notification, of one that failed.
        ErrorMessage: Why it failed.

    Example:
        <Response>
          <Connect action="/after"><Stream url="wss://agent.example.com/call" bargeIn="true"/></Connect>
        </Response>

    TwiML: the parameters of `action` are ours for a Stream, Twilio's for a ConversationRelay.
    """

    action: Url | None = attr("Told how it went; the next verb runs when absent.", default=None)
    method: HttpMethod = attr("How `action` is requested.", default=HttpMethod.POST)
    nouns: tuple[Stream | ConversationRelay, ...] = nested("The application.", default=(), at_most=1)

    def remarks(self) -> Iterator[str]:
        if not any(noun.url for noun in self.nouns):
            yield "<Connect> leads nowhere and is skipped: give its <Stream>, or <ConversationRelay>, a url"
        streams = (noun for noun in self.nouns if isinstance(noun, Stream))
        if any(noun.track is not StreamTrack.INBOUND for noun in streams):
            yield "<Stream track> in <Connect>: only inbound_track is sent, what the caller says"

    async def execute(self, call: Call) -> Next:
        noun = self.nouns[0] if self.nouns else None
        if isinstance(noun, ConversationRelay):
            conversation = noun.request()
            if conversation is None:
                return Flow.NEXT_VERB
            await call.answer()
            over = await call.connect_relay(conversation)
            return self._after(over.duration, _told_of_relay(over))
        request = noun.request(bidirectional=True) if noun is not None else None
        if request is None:
            return Flow.NEXT_VERB
        await call.answer()
        ended = await call.connect_stream(request)
        return self._after(ended.duration, _told_of_stream(ended))

    def _after(self, lasted: float, told: dict[str, str | None]) -> AfterTalk:
        step = Flow.NEXT_VERB if self.action is None else Fetch(self.action, self.method, told)
        return AfterTalk(step, lasted, Parting.STAYS)


def _told_of_relay(over: RelayEnd) -> dict[str, str | None]:
    told: dict[str, str | None] = {
        "SessionId": over.sid,
        "SessionStatus": over.status.value,
        "SessionDuration": str(int(over.duration)),
    }
    if over.handoff is not None:
        told["HandoffData"] = over.handoff
    if over.code is not None:
        told |= {"ErrorCode": str(over.code), "ErrorMessage": over.error}
    return told


def _told_of_stream(ended: StreamEnd) -> dict[str, str | None]:
    return {
        "StreamSid": ended.sid,
        "StreamName": ended.name,
        "StreamEvent": ended.event.value,
        "StreamError": ended.error,
    }
