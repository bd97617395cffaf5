"""What an earlier process acknowledged and did not send is taken up again from a store on disk."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.config.email_section import EmailSection
from engine.messages.mail_desk import MailDesk
from engine.messages.text import Carried, Text
from engine.messages.text_desk import TextDesk
from engine.reporting.metrics import Metrics
from engine.reporting.notifications import NotificationLog
from engine.store import EmailRow, MessageRow, MessageStatus, Store
from rcml.dialling import NumberTarget, Target
from tests.testkit.post_office import ACCOUNT
from tests.testkit.smtp_server import SmtpServer
from tests.testkit.waiting import eventually_async

pytestmark = pytest.mark.loopback


class Carrier:
    def __init__(self) -> None:
        self.carried: list[tuple[Target, Text]] = []

    async def carry(self, target: Target, text: Text) -> Carried:
        self.carried.append((target, text))
        return Carried(MessageStatus.SENT, sip_status=202)

    async def stop(self) -> None:
        """Nothing is under way."""


def text(number: int, direction: str, status: MessageStatus) -> MessageRow:
    return MessageRow(
        sid=f"SM{number:032x}", account_sid=ACCOUNT, from_="1111", to="+1555", body="Γειά",
        direction=direction, status=status, headers=[["X-A", "1"]],
    )  # fmt: skip


async def test_texts_are_sent_again_and_those_that_nobody_was_promised_are_failed(store: Store):
    await store.commit(
        text(1, "outbound-api", MessageStatus.QUEUED),
        text(2, "outbound-call", MessageStatus.SENDING),
        text(3, "outbound-api", MessageStatus.SENT),
        text(4, "inbound", MessageStatus.SENDING),
        text(5, "inbound", MessageStatus.RECEIVING),
    )
    carrier, metrics = Carrier(), Metrics()
    outbox = cast(Any, SimpleNamespace(post=lambda *args, **more: None))
    desk = TextDesk(store, outbox, NotificationLog(store, metrics), metrics)
    desk.attach(carrier)
    await desk.resume()

    async def statuses() -> list[str]:
        return [row.status for row in await store.find(MessageRow, order_by=[MessageRow.sid])]

    async def done() -> bool:
        return await statuses() == ["sent", "sent", "sent", "failed", "receiving"]

    await eventually_async(done, 5.0, "texts are sent")
    await desk.stop()
    expected = Text(from_="1111", body="Γειά".encode(), headers=(("X-A", "1"),))
    assert carrier.carried == [(NumberTarget(number="+1555"), expected)] * 2


async def test_mails_are_sent_again_with_login_and_hidden_recipients(store: Store):
    async with SmtpServer(login=("us", "secret")) as server:
        section = EmailSection.model_validate(
            {
                "host": "127.0.0.1",
                "port": server.port,
                "starttls": False,
                "username": "us",
                "password": "secret",
            }
        )
        row = EmailRow(
            sid="EM" + "1" * 32, account_sid=ACCOUNT, from_="us@example.com", to="a@example.com",
            bcc="b@example.com", subject="News", body="Hello", status=MessageStatus.SENDING,
        )  # fmt: skip
        await store.commit(row)
        metrics = Metrics()
        outbox = cast(Any, SimpleNamespace(post=lambda *args, **more: None))
        desk = MailDesk(lambda: section, store, outbox, NotificationLog(store, metrics), metrics)
        await desk.resume()
        mail = await server.mail()
        await desk.stop()
    assert (mail.recipients, mail.text.strip()) == (("a@example.com", "b@example.com"), "Hello")


async def test_a_server_without_tls_gets_no_mail_and_the_key_to_set_is_named(store: Store):
    async with SmtpServer() as server:
        section = EmailSection.model_validate({"host": "127.0.0.1", "port": server.port})
        metrics = Metrics()
        outbox = cast(Any, SimpleNamespace(post=lambda *args, **more: None))
        desk = MailDesk(lambda: section, store, outbox, NotificationLog(store, metrics), metrics)
        row = EmailRow(
            sid="EM" + "2" * 32, account_sid=ACCOUNT, from_="us@example.com", to="a@example.com",
            subject="News", body="Hello",
        )  # fmt: skip
        await desk.dispatch(row, within=5.0)
        await desk.stop()
    assert (row.status, server.mails) == (MessageStatus.FAILED, [])
    assert "starttls, username and password in [email]" in (row.error_message or "")
