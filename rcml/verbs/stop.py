"""The verb Stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rcml.call import Call, Level
from rcml.errors import STREAM_NAME
from rcml.flow import Flow, Next
from rcml.nouns.recording import Recording
from rcml.nouns.stream import Stream
from rcml.nouns.transcription import Transcription
from rcml.schema import Verb, nested, verb
from rcml.values import shortened


@verb
class Stop(Verb):
    """End what `Start` began: the stream, the recording or the transcription of that name.

    Example:
        <Response>
          <Stop><Stream name="listener"/></Stop>
        </Response>
    """

    nouns: tuple[Stream | Recording | Transcription, ...] = nested(
        "What ends; only its `name` counts.", default=()
    )

    def remarks(self) -> Iterator[str]:
        if not any(noun.name for noun in self.nouns):
            yield '<Stop> stops nothing: name a stream, as in <Stop><Stream name="listener"/></Stop>'

    async def execute(self, call: Call) -> Next:
        for noun in self.nouns:
            if noun.name and not _stop(call, noun)(noun.name):
                kind = noun.schema.name.lower()
                what = f"<Stop>: no {kind} named {shortened(noun.name)!r} runs; it has ended, or never began"
                call.notify(STREAM_NAME, Level.WARNING, what, line=noun.line)
        return Flow.NEXT_VERB


def _stop(call: Call, noun: Stream | Recording | Transcription) -> Callable[[str], bool]:
    match noun:
        case Stream():
            return call.stop_stream
        case Recording():
            return call.stop_recording
        case Transcription():
            return call.stop_transcription
