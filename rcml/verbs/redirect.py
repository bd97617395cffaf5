"""The verb Redirect."""

from __future__ import annotations

from rcml.call import Call
from rcml.flow import Fetch, Flow, Next
from rcml.schema import Verb, attr, text, verb
from rcml.values import HttpMethod, Url


@verb
class Redirect(Verb):
    """Go on with another document.

    The document it leads to replaces this one, so verbs after it never run. A ringing call is answered
    first. A text that is no URL ends the call (11100).

    Example:
        <Response><Redirect method="GET">/menu?again=yes</Redirect></Response>

    TwiML: there a ringing call stays unanswered.
    """

    method: HttpMethod = attr("How the document is requested.", default=HttpMethod.POST, code=13710)
    target: Url | None = text("URL of the document; nothing happens when empty.", default=None)

    @property
    def ends_document(self) -> bool:
        return self.target is not None

    async def execute(self, call: Call) -> Next:
        await call.answer()
        if self.target is None:
            return Flow.NEXT_VERB
        return Fetch(self.target, self.method)
