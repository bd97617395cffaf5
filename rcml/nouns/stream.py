"""The noun Stream."""

from __future__ import annotations

from collections.abc import Iterator

from rcml.call import Callback
from rcml.nouns.parameter import Parameter
from rcml.schema import Element, attr, nested, noun
from rcml.streaming import StreamEncoding, StreamRequest, StreamTrack
from rcml.values import HttpMethod, Kind, NotAllowed, Place, Url, WebSocketUrl

RATES = (8000, 16000, 24000)
MULAW_RATE = 8000
MAX_PARAMETERS = 99
"""As many as TwiML's API takes."""


def _read_rate(written: str, place: Place) -> int:
    found = next((rate for rate in RATES if str(rate) == written), None)
    if found is None:
        raise NotAllowed
    return found


@noun()
class Stream(Element):
    """A WebSocket that carries the call's sound; the messages are those of Twilio Media Streams.

    `name` is what `Stop` calls it; two streams of a call cannot have the same one at a time. The messages,
    the binary frames of `encoding="l16"` and `bargeIn` are described in docs/howto/streams.md.

    Example:
        <Connect>
          <Stream url="wss://agent.example.com/call"><Parameter name="language" value="en"/></Stream>
        </Connect>

    TwiML: the URL must be `wss` there, without a query; `encoding`, `sampleRate` and `bargeIn` are ours.
    """

    url: WebSocketUrl | None = attr("Where the application listens.", default=None)
    name: str = attr("What the stream is called.", default="")
    track: StreamTrack = attr(
        "Whose sound is sent: the caller's, what the caller hears, or both apart.",
        default=StreamTrack.INBOUND,
    )
    status_callback: Url | None = attr("Told that the stream started, stopped or failed.", default=None)
    status_callback_method: HttpMethod = attr("How it is told.", default=HttpMethod.POST)
    encoding: StreamEncoding = attr(
        "How sound is written: `mulaw` in base64, `l16` in binary messages.", default=StreamEncoding.MULAW
    )
    sample_rate: int = attr(
        "Samples a second, for `l16`; `mulaw` has 8000.",
        default=MULAW_RATE,
        kind=Kind(", ".join(f"`{rate}`" for rate in RATES), _read_rate),
    )
    barge_in: bool = attr(
        "Whether what the application plays pauses as soon as the caller speaks; in `Connect` only.",
        default=False,
    )
    parameters: tuple[Parameter, ...] = nested("Told to the application.", default=(), at_most=MAX_PARAMETERS)

    def remarks(self) -> Iterator[str]:
        if self.encoding is StreamEncoding.MULAW and self.sample_rate != MULAW_RATE:
            yield f'<Stream sampleRate="{self.sample_rate}"> needs encoding="l16": mulaw has {MULAW_RATE}'

    def request(self, *, bidirectional: bool) -> StreamRequest | None:
        """Return what is asked for, None without a URL; raises ``InvalidUrl``."""
        if self.url is None:
            return None
        return StreamRequest(
            url=self.url.absolute(),
            name=self.name,
            bidirectional=bidirectional,
            # What the application says itself is not sent back to it.
            track=StreamTrack.INBOUND if bidirectional else self.track,
            encoding=self.encoding,
            rate=MULAW_RATE if self.encoding is StreamEncoding.MULAW else self.sample_rate,
            barge_in=bidirectional and self.barge_in,
            parameters=tuple((each.name, each.value) for each in self.parameters if each.name),
            status_callback=Callback.at(self.status_callback, self.status_callback_method),
        )
