"""The verb Sms."""

from __future__ import annotations

import contextlib
import enum
from typing import ClassVar

from rcml.call import Call, Callback, CallerGone, Level
from rcml.dialling import Recipient
from rcml.flow import Fetch, Flow, Next
from rcml.messaging import Delivery, Sent, TextRequest
from rcml.recipients import RECIPIENT, SENDER
from rcml.schema import Verb, attr, part, text, verb
from rcml.values import HttpMethod, Url

LONGEST_TEXT = 10_000
"""Characters. As UTF-8 they fit into one datagram, whatever they are."""

OUTCOME_WITHIN = 5.0
"""Seconds that a document with an `action` waits for the outcome; a caller hears nothing meanwhile."""

BODY_CODE = 14103


class Nobody(enum.Enum):
    """Whom an attribute names that cannot be read: a text must not go to somebody else instead."""

    NOBODY = "nobody"


@part
class Texting(Verb):
    """What the verbs that send a text have in common."""

    runs_after_hangup: ClassVar[bool] = True

    to: Recipient | Nobody | None = attr(
        "Who gets the text; the caller when absent, or who was called when the call is ours.",
        default=None,
        kind=RECIPIENT,
        code=14101,
        when_invalid=Nobody.NOBODY,
    )
    from_: str | None = attr(
        "Who sends it; our side of the call when absent.", default=None, name="from", kind=SENDER, code=14102
    )
    action: Url | None = attr("Told how it went; the next verb runs when absent.", default=None)
    method: HttpMethod = attr("How `action` is requested.", default=HttpMethod.POST, code=14104)
    status_callback: Url | None = attr("Told when the text is sent, delivered or failed.", default=None)

    def told(self) -> Callback | None:
        """Return the status callback; raises ``InvalidUrl``."""
        return Callback.at(self.status_callback)

    async def send(self, call: Call, words: str) -> Next:
        """Send ``words``, and say where the document goes on."""
        name = self.schema.name
        if self.to is Nobody.NOBODY:
            # The parser has warned of it under 14101.
            return Flow.NEXT_VERB
        if not words or len(words) > LONGEST_TEXT:
            flaw = f"the text has {len(words)} characters, at most {LONGEST_TEXT} are sent"
            what = flaw if words else "there is no text to send"
            call.notify(BODY_CODE, Level.WARNING, f"<{name}>: {what}", line=self.line)
            return Flow.NEXT_VERB
        request = TextRequest(
            text=words,
            to=self.to,
            from_=self.from_,
            status_callback=self.told(),
            within=OUTCOME_WITHIN if self.action is not None else 0.0,
        )
        await answer_if_ringing(call)
        sent = await call.send_text(request)
        if self.action is None:
            return Flow.NEXT_VERB
        return Fetch(self.action, self.method, self.parameters(sent))

    def parameters(self, sent: Sent) -> dict[str, str | None]:
        """Return what `action` is told."""
        return {"SmsSid": sent.sid, "SmsStatus": told_as(sent.status)}


async def answer_if_ringing(call: Call) -> None:
    """Answer a caller who rings; one who gives up meanwhile keeps no message from being sent."""
    if call.ringing:
        with contextlib.suppress(CallerGone):
            await call.answer()


def told_as(status: Delivery) -> str:
    """Return the word of an `action` for a status: the manual knows no `delivered`, which is sent as well."""
    told = Delivery.SENT if status is Delivery.DELIVERED else status
    return str(told.value)


@verb
class Sms(Texting):
    """Send a text message.

    A client gets it at every place where it is registered, a number through a trunk, by SIP MESSAGE. A
    number that is a client's login is that client. A number of this server gets it here, and its `sms_url`
    is asked. The call goes on at once; with an `action` it waits
    until the outcome is known, at most 5 seconds. A ringing call is answered first. It also runs when the
    caller is gone.

    A text for nobody (14101), without words or too long (14103) is not sent, and the next verb runs.

    Parameters:
        SmsSid: The message.
        SmsStatus: `sent` or `failed`; `sending` when it is not known within 5 seconds.

    Example:
        <Response>
          <Sms to="alice" from="+13055550100" statusCallback="/told">Your table is ready.</Sms>
        </Response>

    TwiML: `to` may be a client or a SIP address here. The status callback gets `SmsStatus` as TwiML has it.
    """

    words: str = text("What is sent.", default="")

    async def execute(self, call: Call) -> Next:
        return await self.send(call, self.words)
