"""The verb Stop."""

from __future__ import annotations

from collections.abc import Iterator

from rcml.call import Call, Level
from rcml.errors import STREAM_NAME
from rcml.flow import Flow, Next
from rcml.nouns.stream import Stream
from rcml.nouns.transcription import Transcription
from rcml.schema import Verb, nested, verb
from rcml.values import shortened


@verb
class Stop(Verb):
    """End what `Start` began: the stream, or the transcription, of that name.

    Example:
        <Response>
          <Stop><Stream name="listener"/></Stop>
        </Response>
    """

    nouns: tuple[Stream | Transcription, ...] = nested("What ends; only its `name` counts.", default=())

    def remarks(self) -> Iterator[str]:
        if not any(noun.name for noun in self.nouns):
            yield '<Stop> stops nothing: name a stream, as in <Stop><Stream name="listener"/></Stop>'

    async def execute(self, call: Call) -> Next:
        for noun in self.nouns:
            stop = call.stop_stream if isinstance(noun, Stream) else call.stop_transcription
            if noun.name and not stop(noun.name):
                kind = noun.schema.name.lower()
                what = f"<Stop>: no {kind} named {shortened(noun.name)!r} runs; it has ended, or never began"
                call.notify(STREAM_NAME, Level.WARNING, what, line=noun.line)
        return Flow.NEXT_VERB
