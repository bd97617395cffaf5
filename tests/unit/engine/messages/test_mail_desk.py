"""Mails from the document's wish to the last status callback; the mail server does what a test says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, cast

import aiosmtplib
import pytest

from engine.config.email_section import EmailSection
from engine.messages.mail_desk import MailDesk, hand_over
from engine.messages.origin import of_call
from engine.store import EmailRow
from engine.store.row import utc_now
from rcml.call import Callback
from rcml.messaging import Delivery, EmailRequest, Sent
from tests.testkit.post_office import CALL, PostOffice, call_row
from tests.testkit.virtual_loop import run_virtual

REQUEST = EmailRequest(
    to=("a@example.com",), subject="News", text="Hello", status_callback=Callback(url="http://app.test/told")
)
WAITING = EmailRequest(to=("a@example.com",), subject="News", text="Hello", within=5.0)


class Desk(PostOffice):
    """A desk in virtual time; `replies` are what each attempt at SMTP ends with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.settings = EmailSection.model_validate({"host": "mail.test", "from": "pbx@example.com"})
        self.replies: list[Any] = []
        self.attempts: list[float] = []
        self.sent_with: list[dict[str, Any]] = []
        self._began = utc_now()
        self.desk = MailDesk(
            lambda: self.settings,
            cast(Any, self.store),
            cast(Any, self.outbox),
            cast(Any, self.notifications),
            self.metrics,
            clock=self._clock,
        )
        monkeypatch.setattr(aiosmtplib, "send", self._send)

    def _clock(self) -> datetime:
        return self._began + timedelta(seconds=asyncio.get_running_loop().time())

    async def _send(self, mail: Any, **how: Any) -> tuple[dict[str, Any], str]:
        self.attempts.append(asyncio.get_running_loop().time())
        self.sent_with.append(how)
        reply = self.replies.pop(0) if self.replies else {}
        if isinstance(reply, Exception):
            raise reply
        return reply, "2.0.0 taken"

    @property
    def row(self) -> EmailRow:
        (row,) = self.store.all(EmailRow)
        assert isinstance(row, EmailRow)
        return row


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Desk], Awaitable[None]]], None]:
    def run(tell: Callable[[Desk], Awaitable[None]]) -> None:
        async def main() -> None:
            desk = Desk(monkeypatch)
            await tell(desk)
            await desk.desk.stop()

        run_virtual(main())

    return run


def test_a_mail_that_is_taken_is_told_as_sent(story):
    async def tell(desk: Desk) -> None:
        sent = await desk.desk.send(REQUEST, of_call(call_row()))
        assert sent == Sent(Delivery.SENDING, desk.row.sid)
        await asyncio.sleep(1)
        assert (desk.row.status, desk.row.from_, desk.row.call_sid) == ("sent", "pbx@example.com", CALL)
        ((where, said),) = desk.told
        assert (where, said["EmailSid"], said["EmailStatus"]) == (
            "POST http://app.test/told",
            sent.sid,
            "sent",
        )
        how = desk.sent_with[0]
        assert (how["sender"], how["recipients"]) == ("pbx@example.com", ["a@example.com"])
        assert (how["start_tls"], how["use_tls"]) == (True, False)

    story(tell)


def test_who_waits_learns_the_outcome(story):
    async def tell(desk: Desk) -> None:
        assert (await desk.desk.send(WAITING, of_call(call_row()))).status is Delivery.SENT

    story(tell)


def test_a_server_that_cannot_be_reached_is_asked_again_ever_more_rarely(story):
    async def tell(desk: Desk) -> None:
        desk.replies = [
            aiosmtplib.SMTPConnectError("refused"),
            aiosmtplib.SMTPResponseException(451, "come again"),
            OSError("no route"),
        ]
        sent = await desk.desk.send(WAITING, of_call(call_row()))
        assert sent.status is Delivery.SENDING
        await asyncio.sleep(100)
        assert desk.attempts == [0.0, 10.0, 30.0, 70.0]
        assert (desk.row.status, desk.row.attempts, desk.codes) == ("sent", 4, [])

    story(tell)


def test_it_gives_up_after_a_day_and_says_why(story):
    async def tell(desk: Desk) -> None:
        desk.replies = [aiosmtplib.SMTPConnectError("refused")] * 1000
        await desk.desk.send(REQUEST, of_call(call_row()))
        await asyncio.sleep(90_000)
        assert (desk.row.status, desk.codes) == ("failed", [14114])
        assert "refused" in desk.noted[0][1]
        assert [said["EmailStatus"] for _, said in desk.told] == ["failed"]

    story(tell)


@pytest.mark.parametrize(
    ("reply", "cure"),
    [
        (aiosmtplib.SMTPResponseException(554, "spam"), "554 spam"),
        (aiosmtplib.SMTPAuthenticationError(535, "no"), "username and password of [email]"),
        (aiosmtplib.SMTPException("no STARTTLS"), "starttls, username and password in [email]"),
        (
            aiosmtplib.SMTPRecipientsRefused(
                [aiosmtplib.SMTPRecipientRefused(550, "nobody", "a@example.com")]
            ),
            "a@example.com: 550 nobody",
        ),
    ],
)
def test_what_no_repetition_mends_fails_at_once(story, reply, cure):
    async def tell(desk: Desk) -> None:
        desk.replies = [reply]
        assert (await desk.desk.send(WAITING, of_call(call_row()))).status is Delivery.FAILED
        assert (desk.attempts, desk.codes) == ([0.0], [14114])
        assert cure in desk.noted[0][1]

    story(tell)


def test_recipients_refused_for_now_are_tried_again(story):
    async def tell(desk: Desk) -> None:
        refused = aiosmtplib.SMTPRecipientRefused(450, "greylisted", "a@example.com")
        desk.replies = [aiosmtplib.SMTPRecipientsRefused([refused])]
        await desk.desk.send(REQUEST, of_call(call_row()))
        await asyncio.sleep(20)
        assert (desk.row.status, len(desk.attempts)) == ("sent", 2)

    story(tell)


def test_a_recipient_refused_beside_others_is_noted(story):
    async def tell(desk: Desk) -> None:
        desk.replies = [{"b@example.com": aiosmtplib.SMTPResponse(550, "nobody")}]
        assert (await desk.desk.send(WAITING, of_call(call_row()))).status is Delivery.SENT
        assert "b@example.com: 550 nobody" in desk.noted[0][1]

    story(tell)


@pytest.mark.parametrize(
    ("section", "code", "cure"),
    [({}, 11001, "host in [email]"), ({"host": "mail.test"}, 14112, "from in [email]")],
)
def test_without_configuration_the_notification_names_the_key(story, section, code, cure):
    async def tell(desk: Desk) -> None:
        desk.settings = EmailSection.model_validate(section)
        assert await desk.desk.send(REQUEST, of_call(call_row())) == Sent()
        assert (desk.codes, desk.store.all(EmailRow)) == ([code], [])
        assert cure in desk.noted[0][1]

    story(tell)


def test_an_internal_error_fails_one_mail(story):
    async def tell(desk: Desk) -> None:
        desk.replies = [ZeroDivisionError()]
        assert (await desk.desk.send(WAITING, of_call(call_row()))).status is Delivery.FAILED

    story(tell)


async def test_port_465_is_tls_from_the_first_byte(monkeypatch):
    how: dict[str, Any] = {}

    async def send(mail: Any, **more: Any) -> tuple[dict[str, Any], str]:
        how.update(more)
        return {}, ""

    monkeypatch.setattr(aiosmtplib, "send", send)
    section = EmailSection.model_validate(
        {"host": "mail.test", "port": 465, "username": "us", "password": "secret"}
    )
    row = EmailRow(sid="EM1", account_sid="AC1", from_="a@b.c", to="d@e.f", subject="s", body="b")
    assert await hand_over(row, section) == {}
    assert (how["use_tls"], how["start_tls"], how["password"]) == (True, False, "secret")
