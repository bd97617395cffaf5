"""The verb Echo."""

from __future__ import annotations

from rcml.call import Call
from rcml.flow import Flow, Next
from rcml.schema import Verb, attr, verb
from rcml.values import Seconds


@verb
class Echo(Verb):
    """Let the caller hear themselves: a test of a line, of its sound and its delay.

    It lasts until the caller hangs up, or for `timeout`. Keys are not heard and do nothing.

    Example:
        <Response><Say>You hear yourself now.</Say><Echo timeout="60"/><Say>Goodbye.</Say></Response>

    TwiML: `timeout` is ours. The sound is that of a narrowband call, 8 kHz.
    """

    timeout: Seconds | None = attr(
        "How long; until the caller hangs up when absent.", default=None, minimum=1
    )

    @property
    def ends_document(self) -> bool:
        return self.timeout is None

    async def execute(self, call: Call) -> Next:
        await call.answer()
        await call.echo(self.timeout)
        return Flow.NEXT_VERB
