"""The verb Pause."""

from __future__ import annotations

from rcml.call import Call, Silence
from rcml.flow import Flow, Next
from rcml.schema import Verb, attr, verb
from rcml.values import Seconds


@verb
class Pause(Verb):
    """Wait in silence.

    A call that still rings keeps ringing: `Pause` never answers, so a `Reject` may follow it.

    Example:
        <Response><Pause length="3"/><Reject reason="busy"/></Response>
    """

    length: Seconds = attr("How long.", default=Seconds(1), minimum=1, code=13910)

    def prompt(self) -> Silence:
        """Return the pause as a part of what a caller hears before input."""
        return Silence(self.length)

    async def execute(self, call: Call) -> Next:
        await call.pause(self.length)
        return Flow.NEXT_VERB
