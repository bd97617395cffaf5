"""The verb Resume."""

from __future__ import annotations

from rcml.call import Call
from rcml.flow import Fetch, Flow, Next
from rcml.referring import Change
from rcml.schema import Verb, attr, verb
from rcml.values import HttpMethod, Url


@verb
class Resume(Verb):
    """Take the caller off hold. Nothing happens, and `action` is not requested, when they are not held.

    Parameters:
        ResumeStatus: `resumed`, `failed`, or `no-answer` when the caller's telephone did not answer; the call
            is over then.
        ResumeSipResponseCode: The SIP status that answered the re-INVITE, `408` when none did.

    Example:
        <Response>
          <Resume action="/resumed" method="GET"/>
        </Response>

    TwiML: has no such verb.
    """

    action: Url | None = attr("Told how it went; the next verb runs when absent.", default=None)
    method: HttpMethod = attr("How `action` is requested.", default=HttpMethod.POST)

    async def execute(self, call: Call) -> Next:
        resumed = await call.resume()
        if resumed is None or self.action is None:
            return Flow.NEXT_VERB
        status = "resumed" if resumed.change is Change.DONE else resumed.change.value
        parameters = {"ResumeStatus": status, "ResumeSipResponseCode": str(resumed.response)}
        return Fetch(self.action, self.method, parameters)
