"""The verb Hangup."""

from __future__ import annotations

from rcml.call import Call
from rcml.flow import Flow, Next
from rcml.schema import Verb, verb


@verb
class Hangup(Verb):
    """End the call.

    An answered call gets BYE, one that still rings 487. Verbs after it never run.

    Example:
        <Response><Say>Goodbye.</Say><Hangup/></Response>
    """

    @property
    def ends_document(self) -> bool:
        return True

    async def execute(self, call: Call) -> Next:
        await call.hang_up()
        return Flow.END
