"""Sending and deleting texts and mails through the REST API."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.applications import absolute
from engine.config import Settings
from engine.http.forms import Form
from engine.http.operations import Asked, Operations
from engine.http.problems import Problem
from engine.http.resources.message_forms import EmailCreation, TextChange, TextCreation
from engine.messages.mail_desk import MailDesk
from engine.messages.origin import Origin
from engine.messages.text_desk import TextDesk
from engine.store import UNFINISHED, EmailRow, MessageRow, Store, utc_now
from rcml.call import Callback
from rcml.dialling import Recipient
from rcml.messaging import EmailRequest, TextRequest
from rcml.recipients import MAIL_ADDRESSES, RECIPIENT, SENDER, read_mail_addresses, read_recipient
from rcml.values import HttpMethod, Kind, NotAllowed, Place
from rcml.verbs.email import LONGEST_BODY, USUAL_SUBJECT
from rcml.verbs.sms import LONGEST_TEXT
from sip.errors import UsageError
from sip.headers import Headers

# Twilio's error codes.
_INVALID_TO, _INVALID_FROM, _NO_BODY, _TOO_LONG, _WRONG_STATE = 21211, 21212, 21602, 21617, 20009
_NOT_SCHEDULED = 35114

MOST_HEADERS = 32
LONGEST_HEADER = 1024
"""Characters, the name included."""


@dataclass(frozen=True)
class Desks:
    """What sends texts and mails."""

    texts: TextDesk
    mails: MailDesk


class _Sending:
    """What both kinds need."""

    def __init__(
        self, store: Store, desks: Callable[[], Desks | None], settings: Callable[[], Settings]
    ) -> None:
        self._store = store
        self._find_desks = desks
        self._settings = settings

    @property
    def _desks(self) -> Desks:
        desks = self._find_desks()
        if desks is None:
            raise Problem(503, "Nothing can be sent now: the server is starting.", {"Retry-After": "5"})
        return desks

    def _callback(self, form: TextCreation | EmailCreation) -> Callback | None:
        if form.status_callback is None:
            return None
        url = absolute(form.status_callback, self._settings())
        return Callback(url=url, method=HttpMethod(form.status_callback_method))


class TextOperations(_Sending, Operations[MessageRow, TextCreation, TextChange]):
    """Hands texts to the desk once they are stored, and forgets what was in them."""

    async def create(self, asked: Asked, form: TextCreation) -> Sequence[MessageRow]:
        _refuse_to_wait(form)
        target = _recipient(form.to)
        text = "\n".join(part for part in (form.body, *form.media_url) if part)
        _check_body(text, LONGEST_TEXT)
        request = TextRequest(
            text=text, to=target, from_=_sender(form.from_), status_callback=self._callback(form)
        )
        origin = Origin(
            account_sid=asked.account.sid,
            direction="outbound-api",
            ours=form.from_,
            theirs=form.to,
            headers=_headers(form),
        )
        row = self._desks.texts.row(request, origin, target)
        await self._store.commit(row)
        await self._desks.texts.dispatch(row)
        return [row]

    async def change(self, asked: Asked, row: MessageRow, form: TextChange) -> MessageRow:
        if form.body is None:
            raise Problem(400, "Give what to change: Body, empty, takes the words out of the text.")
        _check_finished(row)
        row.body, row.date_updated = form.body, utc_now()
        await self._store.commit(row)
        return row

    async def delete(self, asked: Asked, row: MessageRow) -> None:
        _check_finished(row)
        await self._store.delete(MessageRow, MessageRow.sid == row.sid)


class EmailOperations(_Sending, Operations[EmailRow, EmailCreation, Form]):
    """Hands mails to the desk once they are stored."""

    async def create(self, asked: Asked, form: EmailCreation) -> Sequence[EmailRow]:
        request = EmailRequest(
            to=_addresses("To", form.to),
            from_=_addresses("From", form.from_)[0] if form.from_ else None,
            cc=_addresses("Cc", form.cc) if form.cc else (),
            bcc=_addresses("Bcc", form.bcc) if form.bcc else (),
            # A header is one line.
            subject=" ".join(form.subject.split()) or USUAL_SUBJECT,
            text=form.body,
            status_callback=self._callback(form),
        )
        _check_body(form.body, LONGEST_BODY)
        mails = self._desks.mails
        refusal = mails.refusal(request.from_)
        if refusal is not None:
            raise Problem(500, refusal[1], twilio=(500, 20500))
        origin = Origin(account_sid=asked.account.sid, direction="outbound-api", ours="", theirs="")
        row = mails.row(request, origin)
        await self._store.commit(row)
        await mails.dispatch(row)
        return [row]

    async def delete(self, asked: Asked, row: EmailRow) -> None:
        _check_finished(row)
        await self._store.delete(EmailRow, EmailRow.sid == row.sid)


def _recipient(written: str) -> Recipient:
    try:
        return read_recipient(written)
    except NotAllowed:
        raise _problem("To", written, RECIPIENT, _INVALID_TO) from None


def _sender(written: str) -> str:
    try:
        return str(SENDER.read(written, Place()))
    except NotAllowed:
        raise _problem("From", written, SENDER, _INVALID_FROM) from None


def _addresses(name: str, written: str) -> tuple[str, ...]:
    try:
        return read_mail_addresses(written)
    except NotAllowed:
        code = _INVALID_FROM if name == "From" else _INVALID_TO
        raise _problem(name, written, MAIL_ADDRESSES, code) from None


def _problem(name: str, written: str, kind: Kind, code: int) -> Problem:
    return Problem(400, f"{name} = {written[:80]!r}: it must be {kind.allowed}", twilio=(400, code))


def _refuse_to_wait(form: TextCreation) -> None:
    """Refuse Twilio's order for later: a reminder of next week must not be sent now."""
    if "SendAt" in (form.model_extra or {}):
        message = "SendAt: texts are sent at once here; ask for this one when it is due."
        raise Problem(400, message, twilio=(400, _NOT_SCHEDULED))


def _check_body(text: str, longest: int) -> None:
    if not text.strip():
        raise Problem(400, "Body can not be null.", twilio=(400, _NO_BODY))
    if len(text) > longest:
        message = f"Body has {len(text)} characters: at most {longest} are sent."
        raise Problem(400, message, twilio=(400, _TOO_LONG))


def _headers(form: TextCreation) -> tuple[tuple[str, str], ...]:
    """Return the SIP headers among the parameters; raises :class:`Problem` for what is none."""
    extra = form.model_extra or {}
    given = [(name, str(value)) for name, value in extra.items() if name.lower().startswith("x-")]
    if len(given) > MOST_HEADERS:
        what = f"{len(given)} parameters begin with X-: at most {MOST_HEADERS} are sent as SIP headers."
        raise Problem(400, what)
    for name, value in given:
        if len(name) + len(value) > LONGEST_HEADER:
            raise Problem(400, f"{name[:80]} is longer than {LONGEST_HEADER} characters.")
        try:
            Headers([(name, value)])
        except UsageError as error:
            raise Problem(400, f"{name[:80]!r} is no SIP header: {error}") from None
    return tuple(given)


def _check_finished(row: MessageRow | EmailRow) -> None:
    if row.status in UNFINISHED:
        message = f"The message is {row.status}: that can be done when it is over."
        raise Problem(409, message, twilio=(409, _WRONG_STATE))
