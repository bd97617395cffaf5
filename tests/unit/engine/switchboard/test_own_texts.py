"""Texts of ours to numbers that are hosted here: desk, carrier and inbox together, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.accounts import AccountTree
from engine.dialling.reach import Reach
from engine.dialling.text_carrier import TextCarrier
from engine.exchange.routing import Application, NumberRoute, Router
from engine.exchange.trunks import Trunk, TrunkDirectory
from engine.messages.origin import Origin
from engine.messages.reply_rate import MOST_REPLIES, REST
from engine.messages.text_desk import TextDesk
from engine.peers.sip_requests import SipRequests
from engine.requests.http_request import Answer
from engine.services import Services
from engine.store import MessageRow, MessageStatus
from engine.switchboard import inbox as inbox_module
from engine.switchboard.inbox import TextInbox
from rcml.call import Callback
from rcml.dialling import NumberTarget
from rcml.messaging import Delivery, Sent, TextRequest
from rcml.values import HttpMethod
from sip.flow import Destination
from sip.message import Request
from sip.uri import SipUri
from tests.testkit.post_office import ACCOUNT, PostOffice
from tests.testkit.virtual_loop import run_virtual
from tests.testkit.virtual_stack import VirtualStack

TOLD = Callback(url="http://app.test/told", method=HttpMethod.POST)
SALES, DESK, MUTE, CLOSED, ABROAD = "+15550001", "+15550002", "+15550003", "+15550004", "+4420"
THEIRS = "AC" + "7" * 32


class House(PostOffice):
    """A server with numbers of two accounts and a carrier for +44; its documents are by URL."""

    def __init__(self) -> None:
        super().__init__()
        self.documents: dict[str, str] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.takes = 0.0
        trunks = TrunkDirectory((Trunk(name="c", uri=SipUri.parse("sip:192.0.2.9"), prefixes=("+44",)),))
        self.router = Router(
            [
                NumberRoute(Application(sms_url="http://sales.test/", account_sid=THEIRS), number=SALES),
                NumberRoute(Application(sms_url="http://desk.test/"), number=DESK),
                NumberRoute(Application(voice_url="http://voice.test/"), number=MUTE),
                NumberRoute(Application(voice_url="http://voice.test/"), number="+44800"),
                NumberRoute(Application(sms_url="x"), number=CLOSED, refusal="the account is closed"),
            ],
            trunks=trunks,
        )
        self.desk = TextDesk(
            cast(Any, self.store), cast(Any, self.outbox), cast(Any, self.notifications), self.metrics
        )
        services = SimpleNamespace(
            store=self.store, texts=self.desk, metrics=self.metrics, notifications=self.notifications,
            accounts=AccountTree(), fetcher=SimpleNamespace(document=self._fetch),
            settings=SimpleNamespace(rcml=SimpleNamespace(max_documents=50), limits=SimpleNamespace()),
        )  # fmt: skip
        self.stack = VirtualStack(lambda event: None)
        requests = SipRequests(self.stack, self.stack.endpoint)
        peers: Any = SimpleNamespace(trunks=trunks, resolver=SimpleNamespace(resolve=self._resolve))
        nothing: Any = None
        media: Any = SimpleNamespace(address="127.0.0.1")
        reach = Reach(requests, nothing, media, peers, nothing, lambda: self.router)
        self.inbox = TextInbox(cast(Services, services), requests, nothing, lambda: self.router)
        self.desk.attach(TextCarrier(requests, reach, lambda login: False, self.inbox.arrive))

    async def send(self, to: str, **wish: Any) -> Sent:
        request = TextRequest(text="Γειά", to=NumberTarget(number=to), status_callback=TOLD, **wish)
        origin = Origin(
            account_sid=ACCOUNT, direction="outbound-call", ours="+1305", theirs=to, headers=(("X-T", "1"),)
        )
        return await self.desk.send(request, origin)

    def texts(self, direction: str) -> list[MessageRow]:
        return [row for row in self.store.all(MessageRow) if row.direction == direction]

    async def _resolve(self, uri: SipUri) -> list[Destination]:
        return [Destination("UDP", uri.host, 5060)]

    async def _fetch(self, url: str, method: str, parameters: dict[str, str], **_: object) -> Answer:
        self.asked.append((url, parameters))
        await asyncio.sleep(self.takes)
        return Answer(200, "text/xml", self.documents.get(url, "<Response/>").encode(), url)


def story(tell: Callable[[House], Awaitable[None]]) -> None:
    async def main() -> None:
        house = House()
        await tell(house)
        await house.desk.stop()
        await house.inbox.stop()

    run_virtual(main())


def test_the_numbers_document_is_asked_and_the_sender_is_told_it_was_delivered():
    async def tell(house: House) -> None:
        sent = await house.send(SALES, within=1.0)
        assert sent.status is Delivery.DELIVERED
        await asyncio.sleep(0.1)
        ((url, said),) = house.asked
        assert (url, said["From"], said["To"], said["Body"]) == ("http://sales.test/", "+1305", SALES, "Γειά")
        assert (said["SmsStatus"], said["SipHeader_X-T"], said["AccountSid"]) == ("received", "1", THEIRS)
        assert said["MessageSid"] != sent.sid
        assert [parameters["SmsStatus"] for _, parameters in house.told] == ["sent", "delivered"]
        assert {parameters["MessageSid"] for _, parameters in house.told} == {sent.sid}
        assert house.stack.all(Request) == []

    story(tell)


def test_two_records_remain_one_of_each_account():
    async def tell(house: House) -> None:
        await house.send(SALES, within=1.0)
        await asyncio.sleep(0.1)
        (theirs,), (ours,) = house.texts("inbound"), house.texts("outbound-call")
        assert (ours.account_sid, ours.status) == (ACCOUNT, MessageStatus.DELIVERED)
        assert (theirs.account_sid, theirs.from_, theirs.to) == (THEIRS, "+1305", SALES)
        assert house.store.statuses(theirs.sid) == ["receiving", "received"]
        assert theirs.date_sent is not None

    story(tell)


def test_a_number_may_be_written_without_its_plus_sign():
    async def tell(house: House) -> None:
        assert (await house.send(SALES[1:], within=1.0)).status is Delivery.DELIVERED

    story(tell)


@pytest.mark.parametrize(
    ("to", "why"),
    [(MUTE, "give it an sms_url"), (CLOSED, "the account is closed"), ("+1999", "no trunk takes")],
)
def test_a_number_that_reads_no_texts_fails_and_says_why(to, why):
    async def tell(house: House) -> None:
        assert (await house.send(to, within=1.0)).status is Delivery.FAILED
        (row,) = house.texts("outbound-call")
        assert (row.error_code, house.codes, house.asked) == (11008, [11008], [])
        assert why in (row.error_message or "")

    story(tell)


@pytest.mark.parametrize("to", [ABROAD, "+44800"])
def test_a_carrier_has_the_texts_of_other_numbers_and_of_those_that_read_none_here(to):
    async def tell(house: House) -> None:
        assert (await house.send(to, within=1.0)).status is Delivery.SENDING
        (asked,) = {request.uri_text for request in house.stack.all(Request)}
        assert asked == f"sip:{to}@192.0.2.9"
        assert house.texts("inbound") == []

    story(tell)


def test_an_answer_reaches_the_number_that_wrote():
    async def tell(house: House) -> None:
        house.documents["http://sales.test/"] = f'<Response><Message to="{DESK}">Thanks</Message></Response>'
        await house.send(SALES)
        await asyncio.sleep(0.1)
        assert [(url, said["From"], said["Body"]) for url, said in house.asked] == [
            ("http://sales.test/", "+1305", "Γειά"), ("http://desk.test/", SALES, "Thanks"),
        ]  # fmt: skip

    story(tell)


def test_two_numbers_that_answer_each_other_come_to_an_end():
    async def tell(house: House) -> None:
        house.documents["http://sales.test/"] = f'<Response><Message to="{DESK}">Hello?</Message></Response>'
        house.documents["http://desk.test/"] = "<Response><Message>Yes?</Message></Response>"
        await house.send(SALES)
        await asyncio.sleep(600)
        replies = house.texts("outbound-reply")
        assert [row.status for row in replies].count("delivered") == MOST_REPLIES
        (refused,) = (row for row in replies if row.status == "failed")
        assert (refused.error_code, house.codes) == (14107, [14107])
        assert len(house.asked) == MOST_REPLIES + 1
        # Later they may talk again.
        await asyncio.sleep(REST)
        await house.send(SALES)
        await asyncio.sleep(0.1)
        assert len(house.asked) > MOST_REPLIES + 3

    story(tell)


def test_what_the_store_does_not_take_is_not_told_as_delivered():
    async def tell(house: House) -> None:
        house.store.takes_rows = False
        assert (await house.send(SALES, within=1.0)).status is Delivery.FAILED
        (row,) = house.texts("outbound-call")
        assert (row.error_code, row.error_message, house.asked) == (11000, "the disk is full", [])

    story(tell)


def test_a_burst_waits_for_the_application_and_nothing_of_it_is_lost(monkeypatch):
    monkeypatch.setattr(inbox_module, "MOST_AT_ONCE", 3)

    async def tell(house: House) -> None:
        house.takes = 1.0
        for _ in range(8):
            await house.send(SALES)
        await asyncio.sleep(0.5)
        assert len(house.asked) == 3
        await asyncio.sleep(5)
        assert {row.status for row in house.texts("outbound-call")} == {MessageStatus.DELIVERED}
        assert len(house.asked) == 8

    story(tell)


def test_what_comes_in_before_the_earlier_texts_are_taken_up_is_asked_about_once():
    async def tell(house: House) -> None:
        house.takes = 1.0
        await house.send(SALES)
        await asyncio.sleep(0.1)
        (under_way,) = house.texts("inbound")
        left = MessageRow(
            sid="SM" + "9" * 32, account_sid=ACCOUNT, from_="a", to=DESK, body="x", direction="inbound"
        )
        house.store.found = [under_way, left]
        await house.inbox.resume()
        await asyncio.sleep(5)
        assert [said["MessageSid"] for _, said in house.asked] == [under_way.sid, left.sid]

    story(tell)


def test_what_is_sent_before_the_earlier_texts_are_taken_up_is_sent_once():
    async def tell(house: House) -> None:
        await house.send(ABROAD)
        (row,) = house.texts("outbound-call")
        house.store.found = [row]
        await house.desk.resume()
        await asyncio.sleep(0.1)
        assert len({request.call_id for request in house.stack.all(Request)}) == 1

    story(tell)


def test_a_text_that_is_asked_for_while_the_server_stops_is_left_to_the_next_process():
    async def tell(house: House) -> None:
        await house.desk.stop()
        assert (await house.send(SALES, within=1.0)).status is Delivery.SENDING
        await asyncio.sleep(1)
        (row,) = house.texts("outbound-call")
        assert (row.status, house.asked) == (MessageStatus.QUEUED, [])

    story(tell)
