"""The verb Message."""

from __future__ import annotations

from rcml.call import Call, Callback
from rcml.flow import Next
from rcml.messaging import Sent
from rcml.nouns.message_parts import Body, Media
from rcml.schema import attr, nested, text, verb
from rcml.values import HttpMethod
from rcml.verbs.sms import Texting


@verb
class Message(Texting):
    """Send a text message, as Sms does.

    The text stands in the verb itself or in `Body`. SIP MESSAGE carries no pictures: the URL of each `Media`
    is sent as a line of its own. `sms:` and `mms:` in front of a number do not count.

    Parameters:
        MessageSid: The message.
        MessageStatus: `sent` or `failed`; `sending` when it is not known within 5 seconds.
        SmsSid: The same as `MessageSid`.
        SmsStatus: The same as `MessageStatus`.

    Example:
        <Response>
          <Message to="sms:+13055550101"><Body>Your parcel is here.</Body></Message>
        </Response>

    TwiML: there it stands in answers to messages only. Here a call may send one too.
    """

    status_callback_method: HttpMethod = attr("How it is told.", default=HttpMethod.POST)
    words: str = text("What is sent.", default="")
    parts: tuple[Body | Media, ...] = nested("What is sent instead of the text.", default=())

    def told(self) -> Callback | None:
        return Callback.at(self.status_callback, self.status_callback_method)

    async def execute(self, call: Call) -> Next:
        parts = [part.line_of_text() for part in self.parts]
        return await self.send(call, "\n".join(parts) or self.words)

    def parameters(self, sent: Sent) -> dict[str, str | None]:
        told = super().parameters(sent)
        return {"MessageSid": told["SmsSid"], "MessageStatus": told["SmsStatus"], **told}
