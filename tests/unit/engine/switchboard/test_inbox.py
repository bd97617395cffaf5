"""MESSAGE requests of others, in virtual time: who may write to whom, and what they are answered."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.accounts import AccountTree
from engine.exchange.authentication import Authenticator
from engine.exchange.routing import Application, NumberRoute, Router
from engine.exchange.trunks import Trunk, TrunkDirectory
from engine.messages.text import Carried, Carrier
from engine.messages.text_desk import TextDesk
from engine.peers.callers import CallerIdentification
from engine.peers.clients import ClientDirectory
from engine.peers.sip_requests import SipRequests
from engine.requests.cookies import Cookies
from engine.requests.http_request import Answer
from engine.services import Services
from engine.store import MessageRow, MessageStatus
from engine.switchboard.inbox import ANSWER_WITHIN, LONGEST_BODY, TextInbox
from sip.endpoint_config import EndpointConfig
from sip.events import IncomingRequest, SipEvent
from sip.flow import Flow
from sip.message import Request, Response
from sip.nonce import NonceIssuer
from sip.uri import SipUri
from tests.testkit.post_office import PostOffice
from tests.testkit.sip_clients import REALM, challenges, client, with_credentials
from tests.testkit.sip_messages import request
from tests.testkit.virtual_loop import run_virtual
from tests.testkit.virtual_stack import PHONE, VirtualStack

TEXT = {"Content-Type": "text/plain"}
NUMBER = Application(voice_url="http://app.test/call", sms_url="http://app.test/text")


class Door(PostOffice):
    """An inbox with a desk behind it, whose carrier and application do what a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.outcome = Carried(MessageStatus.DELIVERED, sip_status=200)
        self.takes = 0.0
        self.document = "<Response/>"
        self.asked: list[dict[str, str]] = []
        self.cookies: list[Cookies] = []
        self.carried: list[Any] = []
        self.limits = SimpleNamespace(messages_per_second=0)
        desk = TextDesk(
            cast(Any, self.store), cast(Any, self.outbox), cast(Any, self.notifications), self.metrics
        )
        desk.attach(cast(Carrier, self))
        services = SimpleNamespace(
            store=self.store, texts=desk, metrics=self.metrics, notifications=self.notifications,
            accounts=AccountTree(),
            settings=SimpleNamespace(limits=self.limits, rcml=SimpleNamespace(max_documents=50)),
            fetcher=SimpleNamespace(document=self._fetch),
        )  # fmt: skip
        self.stack = VirtualStack(self._receive, EndpointConfig(surfaced_methods=("MESSAGE",)))
        requests = SipRequests(self.stack, self.stack.endpoint)
        clients = ClientDirectory([client(), client("bob")])
        numbers = itertools.count(1)
        authenticator = Authenticator(REALM, clients.find, NonceIssuer(b"k"), lambda: f"n{next(numbers)}")
        trunks = TrunkDirectory(
            (Trunk(name="carrier", uri=SipUri.parse("sip:203.0.113.10"), prefixes=("+44",)),)
        )
        callers = CallerIdentification(authenticator, clients, trunks, lambda flow: False, lambda row: None)
        self.router = Router(
            [NumberRoute(NUMBER, number="2222"), NumberRoute(Application(voice_url="x"), number="3000")],
            trunks=trunks,
            asks_for_credentials=True,
        )
        self.inbox = TextInbox(cast(Services, services), requests, callers, lambda: self.router)
        self._branches = itertools.count(1)

    async def carry(self, target: Any, text: Any) -> Carried:
        self.carried.append((target, text))
        await asyncio.sleep(self.takes)
        return self.outcome

    async def _fetch(self, url: str, method: str, parameters: dict[str, str], *, cookies: Cookies) -> Answer:
        self.asked.append(parameters)
        self.cookies.append(cookies)
        return Answer(200, "text/xml", self.document.encode(), url)

    def _receive(self, event: SipEvent) -> None:
        assert isinstance(event, IncomingRequest)
        self.inbox.receive(event)

    def text(self, to: str, body: bytes = b"Hi", **headers: str) -> Request:
        number = next(self._branches)
        via = f"SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-{number};rport"
        fields = {"Via": via, "Call-ID": f"text-{number}", "Content-Type": "text/plain", **headers}
        return request("MESSAGE", f"sip:{to}@example.org", fields, body)

    async def send(self, message: Request, flow: Flow = PHONE, within: float = 0.05) -> Response | None:
        before = len(self.stack.all(Response))
        self.stack.deliver(message, flow)
        await asyncio.sleep(within)
        found = [answer for answer in self.stack.all(Response)[before:] if answer.status >= 200]
        return found[0] if found else None

    async def status(self, message: Request, flow: Flow = PHONE) -> int:
        answer = await self.send(message, flow)
        assert answer is not None
        return answer.status

    async def prove(
        self, message: Request, password: str = "secret", within: float = 0.05
    ) -> Response | None:
        first = await self.send(message)
        assert first is not None
        assert first.status == 407
        proof = with_credentials(message, challenges(first)[0], "alice", password)
        return await self.send(proof, within=within)


def story(tell: Callable[[Door], Awaitable[None]]) -> None:
    async def main() -> None:
        door = Door()
        await tell(door)
        await door.inbox.stop()

    run_virtual(main())


def test_t02_anybody_may_write_to_a_number_and_its_document_answers():
    async def tell(door: Door) -> None:
        door.document = "<Response><Message>Thanks</Message></Response>"
        assert await door.status(door.text("2222", "Γειά".encode(), **{"X-Ticket": "12"})) == 202
        (said,) = door.asked
        assert (said["From"], said["To"], said["Body"]) == ("alice", "2222", "Γειά")
        assert (said["SmsStatus"], said["SipHeader_X-Ticket"]) == ("received", "12")
        (target, text) = door.carried[0]
        assert (target.login, text.from_, text.body) == ("alice", "2222", b"Thanks")
        inbound = next(row for row in door.store.all(MessageRow) if row.direction == "inbound")
        assert door.store.statuses(inbound.sid) == ["receiving", "received"]
        assert inbound.date_sent is not None

    story(tell)


def test_who_writes_again_finds_the_cookies_of_before_and_somebody_else_does_not():
    async def tell(door: Door) -> None:
        for sender in ("alice", "alice", "bob"):
            message = door.text("2222", From=f"<sip:{sender}@example.org>;tag=1")
            assert await door.status(message) == 202
        first, second, other = door.cookies
        assert first is second
        assert first is not other

    story(tell)


def test_what_is_acknowledged_is_stored_first():
    async def tell(door: Door) -> None:
        door.store.takes_rows = False
        assert await door.status(door.text("2222")) == 500
        assert door.asked == []

    story(tell)


def test_t08_a_client_that_proves_itself_reaches_another_and_the_text_is_unchanged():
    async def tell(door: Door) -> None:
        message = door.text(
            "bob", b"\xff raw", **{"Content-Type": "text/plain;charset=iso-8859-1", "X-A": "1"}
        )
        answer = await door.prove(message)
        assert answer is not None
        assert answer.status == 200
        (target, text) = door.carried[0]
        assert (target.login, text.from_, text.body) == ("bob", "alice", b"\xff raw")
        assert (text.content_type, text.headers) == ("text/plain;charset=iso-8859-1", (("X-A", "1"),))
        (row,) = door.store.all(MessageRow)
        assert (row.body, row.status, row.direction) == ("ÿ raw", "delivered", "inbound")

    story(tell)


@pytest.mark.parametrize("to", ["bob", "nobody", "3000", "+4420"])
def test_t11_a_stranger_is_asked_the_same_whomever_he_writes_to(to):
    async def tell(door: Door) -> None:
        assert await door.status(door.text(to)) == 407
        assert door.carried == []

    story(tell)


@pytest.mark.parametrize(("to", "status"), [("nobody", 404), ("3000", 404), ("+4420", 200), ("bob", 200)])
def test_what_a_client_may_write_to(to, status):
    async def tell(door: Door) -> None:
        answer = await door.prove(door.text(to))
        assert answer is not None
        assert answer.status == status

    story(tell)


@pytest.mark.parametrize(
    ("carried", "status"),
    [
        (Carried(MessageStatus.FAILED, 11008, "not registered"), 480),
        (Carried(MessageStatus.FAILED, 30008, "", 415), 415),
        (Carried(MessageStatus.FAILED, 30008, "", 407), 480),
        (Carried(MessageStatus.FAILED, 30008, "", 503), 480),
        (Carried(MessageStatus.FAILED, 30008, "", 603), 603),
        (Carried(MessageStatus.SENT, sip_status=202), 202),
    ],
)
def test_the_sender_is_told_what_became_of_it(carried, status):
    async def tell(door: Door) -> None:
        door.outcome = carried
        answer = await door.prove(door.text("bob"))
        assert answer is not None
        assert answer.status == status

    story(tell)


def test_a_recipient_who_does_not_answer_is_480_before_the_sender_gives_up():
    async def tell(door: Door) -> None:
        door.takes = 32.0
        answer = await door.prove(door.text("bob"), within=ANSWER_WITHIN + 1)
        assert answer is not None
        assert answer.status == 480
        (row,) = door.store.all(MessageRow)
        assert row.status == "failed"

    story(tell)


def test_a_wrong_password_is_refused():
    async def tell(door: Door) -> None:
        answer = await door.prove(door.text("bob"), "guess")
        assert answer is not None
        assert answer.status == 403

    story(tell)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"<x/>", "application/im-iscomposing+xml", 415),
        (b"x", "text/plain;charset=klingon", 415),
        (b"x", "text/plain;charset=rot13", 415),
        (b"", "text/plain", 400),
        (b"x" * (LONGEST_BODY + 1), "text/plain", 413),
    ],
)
def test_what_is_no_text_is_refused(body, content_type, status):
    async def tell(door: Door) -> None:
        assert await door.status(door.text("2222", body, **{"Content-Type": content_type})) == status
        assert door.store.rows == {}

    story(tell)


def test_a_flood_from_one_source_is_turned_away_and_others_come_through():
    async def tell(door: Door) -> None:
        door.limits.messages_per_second = 3
        answers = [await door.send(door.text("2222"), within=0.0) for _ in range(5)]
        assert [answer.status for answer in answers if answer] == [202, 202, 202, 503, 503]
        await asyncio.sleep(0.1)
        assert len(door.asked) == 3
        other = Flow("UDP", PHONE.local, ("192.0.2.99", 5060))
        assert await door.status(door.text("2222"), other) == 202
        await asyncio.sleep(1)
        assert await door.status(door.text("2222")) == 202

    story(tell)


def test_without_a_matching_number_the_default_application_is_asked():
    async def tell(door: Door) -> None:
        door.router.default = Application(voice_url="http://app.test/", sms_url="http://app.test/")
        assert await door.status(door.text("anything")) == 202
        assert len(door.asked) == 1

    story(tell)


def test_with_anonymous_inbound_off_a_stranger_reaches_no_number():
    async def tell(door: Door) -> None:
        door.router.anonymous_inbound = False
        door.router.asks_for_credentials = False
        assert await door.status(door.text("2222")) == 403

    story(tell)
