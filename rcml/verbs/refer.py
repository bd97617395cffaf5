"""The verb Refer."""

from __future__ import annotations

from collections.abc import Iterator

from rcml.call import Call
from rcml.flow import Fetch, Flow, Next
from rcml.nouns.refer_target import Sip
from rcml.referring import Referred, ReferRequest
from rcml.schema import Verb, attr, nested, verb
from rcml.values import HttpMethod, Url


@verb
class Refer(Verb):
    """Hand the caller over: their own telephone system is asked to call somebody else (SIP REFER).

    A ringing call is answered first. When the transfer is decided, at most 60 seconds later, `action` is
    requested, also when the caller is gone, and its answer replaces this document. Without `action` the next
    verb runs. A caller whose transfer succeeded usually hangs up; one whose transfer failed is still there.

    Parameters:
        ReferCallStatus: `in-progress` when the other party answered, `busy`, `no-answer`, `canceled` when the
            caller left before it was decided, or `failed`; not sent when the REFER was refused or nothing was
            told of it.
        ReferSipResponseCode: The status that answered the REFER, `202` when it was accepted.
        NotifySipResponseCode: The last status that was told of the new call; not sent when none was.

    Example:
        <Response>
          <Refer action="/transferred">
            <Sip>sip:support@example.com?X-Ticket=12</Sip>
          </Refer>
        </Response>

    TwiML: the same.
    """

    action: Url | None = attr("Told how it went; the next verb runs when absent.", default=None)
    method: HttpMethod = attr("How `action` is requested.", default=HttpMethod.POST)
    targets: tuple[Sip, ...] = nested("Whom the caller is to be connected to.", default=())

    def remarks(self) -> Iterator[str]:
        if self._request() is None:
            yield "<Refer> transfers to nobody: put a Sip with an address inside"
        if len(self.targets) > 1:
            yield f"<Refer> holds {len(self.targets)} addresses: the first one is used"

    async def execute(self, call: Call) -> Next:
        request = self._request()
        if request is None:
            return Flow.NEXT_VERB
        await call.answer()
        referred = await call.refer(request)
        return Flow.NEXT_VERB if self.action is None else Fetch(self.action, self.method, _told(referred))

    def _request(self) -> ReferRequest | None:
        return self.targets[0].request() if self.targets else None


def _told(referred: Referred) -> dict[str, str | None]:
    parameters: dict[str, str | None] = {}
    if referred.status is not None:
        parameters["ReferCallStatus"] = referred.status.value
    parameters["ReferSipResponseCode"] = str(referred.response)
    if referred.notified is not None:
        parameters["NotifySipResponseCode"] = str(referred.notified)
    return parameters
