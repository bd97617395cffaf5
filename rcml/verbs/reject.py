"""The verb Reject."""

from __future__ import annotations

from rcml.call import Call
from rcml.flow import Flow, Next
from rcml.schema import Verb, attr, verb
from rcml.values import RejectReason


@verb
class Reject(Verb):
    """Refuse a call without answering it.

    `rejected` is SIP 603, `busy` SIP 486. It must come first, or after `Pause`: a call that another
    verb has answered is hung up instead. Verbs after it never run.

    Example:
        <Response><Reject reason="busy"/></Response>
    """

    reason: RejectReason = attr("What the caller is told.", default=RejectReason.REJECTED)

    @property
    def ends_document(self) -> bool:
        return True

    async def execute(self, call: Call) -> Next:
        if call.ringing:
            await call.reject(self.reason)
        else:
            await call.hang_up()
        return Flow.END
