"""Texts from the document's wish to the last status callback."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from engine.messages.origin import of_call, of_text
from engine.messages.text import Carried, Text
from engine.messages.text_desk import TextDesk
from engine.store import MessageRow, MessageStatus
from rcml.call import Callback
from rcml.dialling import ClientTarget, NumberTarget, Target
from rcml.messaging import Delivery, Sent, TextRequest
from rcml.values import HttpMethod
from tests.testkit.post_office import ACCOUNT, CALL, PostOffice, call_row
from tests.testkit.virtual_loop import run_virtual

TOLD = Callback(url="http://app.test/told", method=HttpMethod.GET)


class Desk(PostOffice):
    """A desk whose carrier does what a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.outcome: Carried | Exception = Carried(MessageStatus.DELIVERED, sip_status=200)
        self.takes = 0.0
        self.carried: list[tuple[Target, Text]] = []
        self.desk = TextDesk(
            cast(Any, self.store), cast(Any, self.outbox), cast(Any, self.notifications), self.metrics
        )
        self.desk.attach(self)

    async def carry(self, target: Target, text: Text) -> Carried:
        self.carried.append((target, text))
        await asyncio.sleep(self.takes)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    async def stop(self) -> None:
        """Nothing is under way."""

    @property
    def row(self) -> MessageRow:
        (row,) = self.store.all(MessageRow)
        assert isinstance(row, MessageRow)
        return row


def story(tell: Callable[[Desk], Awaitable[None]]) -> None:
    async def main() -> None:
        desk = Desk()
        await tell(desk)
        await desk.desk.stop()

    run_virtual(main())


@pytest.mark.parametrize(
    ("direction", "to", "from_"), [("inbound", "bob", "1111"), ("outbound-api", "1111", "bob")]
)
def test_without_to_and_from_the_other_party_gets_it_from_our_side(direction, to, from_):
    async def tell(desk: Desk) -> None:
        await desk.desk.send(TextRequest(text="Hello", within=1.0), of_call(call_row(direction)))
        assert (desk.row.to, desk.row.from_, desk.row.call_sid) == (to, from_, CALL)
        assert (desk.row.direction, desk.row.account_sid) == ("outbound-call", ACCOUNT)
        assert desk.carried[0][1].body == b"Hello"

    story(tell)


def test_a_text_that_a_phone_has_is_told_sent_and_then_delivered():
    async def tell(desk: Desk) -> None:
        request = TextRequest(text="Γειά", to=ClientTarget(login="alice"), status_callback=TOLD, within=1.0)
        sent = await desk.desk.send(request, of_call(call_row()))
        assert sent == Sent(Delivery.DELIVERED, desk.row.sid)
        assert [(where, said["SmsStatus"]) for where, said in desk.told] == [
            ("GET http://app.test/told", "sent"), ("GET http://app.test/told", "delivered"),
        ]  # fmt: skip
        said = desk.told[1][1]
        assert (said["SmsSid"], said["MessageSid"], said["CallSid"]) == (sent.sid, sent.sid, CALL)
        assert (said["From"], said["To"], said["Body"]) == ("1111", "alice", "Γειά")
        assert desk.store.statuses(desk.row.sid) == ["queued", "sending", "sent", "delivered"]
        assert desk.row.date_sent is not None

    story(tell)


def test_a_text_that_nobody_took_is_noted_with_its_cause_and_told():
    async def tell(desk: Desk) -> None:
        desk.outcome = Carried(MessageStatus.FAILED, 11008, "client 'alice' is not registered")
        request = TextRequest(text="x", to=ClientTarget(login="alice"), status_callback=TOLD, within=1.0)
        assert (await desk.desk.send(request, of_call(call_row()))).status is Delivery.FAILED
        assert (desk.row.error_code, desk.row.date_sent) == (11008, None)
        assert desk.codes == [11008]
        assert "client 'alice' is not registered" in desk.noted[0][1]
        (_, said) = desk.told[0]
        assert (said["SmsStatus"], said["ErrorCode"]) == ("failed", "11008")

    story(tell)


def test_a_call_does_not_wait_for_the_outcome_longer_than_it_wants():
    async def tell(desk: Desk) -> None:
        desk.takes = 20.0
        loop = asyncio.get_running_loop()
        request = TextRequest(text="x", within=5.0)
        assert (await desk.desk.send(request, of_call(call_row()))).status is Delivery.SENDING
        assert loop.time() == 5.0
        at_once = await desk.desk.send(TextRequest(text="x"), of_call(call_row()))
        assert (at_once.status, loop.time()) == (Delivery.SENDING, 5.0)
        await asyncio.sleep(30)
        assert {row.status for row in desk.store.all(MessageRow)} == {"delivered"}

    story(tell)


def test_a_caller_who_cannot_be_written_to_is_14101():
    async def tell(desk: Desk) -> None:
        row = call_row()
        row.from_ = "a b c x"
        assert await desk.desk.send(TextRequest(text="x"), of_call(row)) == Sent()
        assert (desk.codes, desk.store.all(MessageRow)) == ([14101], [])

    story(tell)


def test_a_broken_carrier_fails_one_text():
    async def tell(desk: Desk) -> None:
        desk.outcome = ValueError("ours")
        assert (
            await desk.desk.send(TextRequest(text="x", within=1), of_call(call_row()))
        ).status is Delivery.FAILED
        assert desk.codes == [11000]

    story(tell)


def test_t05_a_reply_goes_to_the_sender_with_the_senders_own_headers():
    async def tell(desk: Desk) -> None:
        came = MessageRow(
            sid="SM" + "1" * 32, account_sid=ACCOUNT, from_="+1555", to="2222", body="Hi",
            direction="inbound", headers=[["X-Ticket", "12"], ["Diversion", "<sip:a@b>"]],
        )  # fmt: skip
        await desk.desk.send(TextRequest(text="Yes", within=1.0), of_text(came))
        target, text = desk.carried[0]
        assert target == NumberTarget(number="+1555")
        assert (text.from_, text.headers) == ("2222", (("X-Ticket", "12"),))
        assert desk.row.direction == "outbound-reply"

    story(tell)
