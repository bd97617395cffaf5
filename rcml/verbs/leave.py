"""The verb Leave."""

from __future__ import annotations

from rcml.call import Call, Level
from rcml.errors import NOT_IN_QUEUE
from rcml.flow import Flow, Next
from rcml.schema import Verb, verb


@verb
class Leave(Verb):
    """Take the caller out of the queue in whose `waitUrl` document this stands.

    The `action` of Enqueue is requested with the result `leave`, or the verb after Enqueue runs. Elsewhere
    it does nothing, with a warning.

    Example:
        <Response><Say>Thank you for your patience.</Say><Leave/></Response>

    TwiML: the same.
    """

    async def execute(self, call: Call) -> Next:
        what = "<Leave> stands outside of a queue's waiting document and does nothing"
        call.notify(NOT_IN_QUEUE, Level.WARNING, what, line=self.line)
        return Flow.NEXT_VERB
