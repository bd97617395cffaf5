"""The verb Email."""

from __future__ import annotations

from typing import ClassVar

from rcml.call import Call, Callback, Level
from rcml.flow import Fetch, Flow, Next
from rcml.messaging import EmailRequest
from rcml.recipients import MAIL_ADDRESS, MAIL_ADDRESSES
from rcml.schema import Verb, attr, text, verb
from rcml.values import HttpMethod, Url
from rcml.verbs.sms import OUTCOME_WITHIN, answer_if_ringing, told_as

USUAL_SUBJECT = "Restcomm Email Service"
LONGEST_BODY = 100_000
"""Characters."""

TO_CODE, FROM_CODE, BODY_CODE = 14111, 14112, 14113


@verb
class Email(Verb):
    """Send a mail.

    The server hands it to the mail server that its configuration names, and tries again for a day while
    that one cannot be reached. The call goes on at once; with an `action` it waits until the outcome is
    known, at most 5 seconds. It also runs when the caller is gone. A mail to nobody (14111), without a text
    or too long (14113) is not sent, and the next verb runs.

    Parameters:
        EmailSid: The mail.
        EmailStatus: `sent` or `failed`; `sending` when it is not known within 5 seconds.
        SmsSid: The same as `EmailSid`.
        SmsStatus: The same as `EmailStatus`.

    Example:
        <Response>
          <Email to="desk@example.com" subject="A call">Somebody called and will not wait.</Email>
          <Say>We call you back.</Say>
        </Response>

    TwiML: there is no such verb.
    """

    runs_after_hangup: ClassVar[bool] = True

    to: tuple[str, ...] = attr("Who gets it.", default=(), kind=MAIL_ADDRESSES, code=TO_CODE)
    from_: str | None = attr(
        "Who sends it; what the configuration says in `[email]` when absent.",
        default=None,
        name="from",
        kind=MAIL_ADDRESS,
        code=FROM_CODE,
    )
    cc: tuple[str, ...] = attr("Who gets a copy.", default=(), kind=MAIL_ADDRESSES, code=TO_CODE)
    bcc: tuple[str, ...] = attr(
        "Who gets a copy and is not named.", default=(), kind=MAIL_ADDRESSES, code=TO_CODE
    )
    bcc_as_in_the_manual: tuple[str, ...] = attr(
        "The same as `bcc`.", default=(), name="Bcc", kind=MAIL_ADDRESSES, code=TO_CODE
    )
    subject: str = attr("What it is about.", default=USUAL_SUBJECT)
    subject_as_in_the_manual: str = attr("The same as `subject`.", default=USUAL_SUBJECT, name="Subject")
    action: Url | None = attr("Told how it went; the next verb runs when absent.", default=None)
    method: HttpMethod = attr("How `action` is requested.", default=HttpMethod.POST)
    status_callback: Url | None = attr("Told when the mail is sent or failed.", default=None)
    words: str = text("What is sent.", default="")

    async def execute(self, call: Call) -> Next:
        flaw = self._flaw()
        if flaw is not None:
            code, what = flaw
            call.notify(code, Level.WARNING, f"<Email>: {what}", line=self.line)
            return Flow.NEXT_VERB
        await answer_if_ringing(call)
        sent = await call.send_email(self._request())
        if self.action is None:
            return Flow.NEXT_VERB
        status = told_as(sent.status)
        told = {"EmailSid": sent.sid, "EmailStatus": status, "SmsSid": sent.sid, "SmsStatus": status}
        return Fetch(self.action, self.method, told)

    def _flaw(self) -> tuple[int, str] | None:
        if not self.to:
            return TO_CODE, 'it names nobody to send to; write to="user@host"'
        if not self.words:
            return BODY_CODE, "there is no text to send"
        if len(self.words) > LONGEST_BODY:
            return BODY_CODE, f"the text has {len(self.words)} characters, at most {LONGEST_BODY} are sent"
        return None

    def _request(self) -> EmailRequest:
        subject = self.subject_as_in_the_manual if self.subject == USUAL_SUBJECT else self.subject
        return EmailRequest(
            to=self.to,
            from_=self.from_,
            cc=self.cc,
            bcc=self.bcc + self.bcc_as_in_the_manual,
            # A header is one line.
            subject=" ".join(subject.split()),
            text=self.words,
            status_callback=Callback.at(self.status_callback),
            within=OUTCOME_WITHIN if self.action is not None else 0.0,
        )
