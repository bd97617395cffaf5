import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from engine.exchange.trunks import Trunk
from engine.peers.sip_requests import SipRequests
from engine.peers.trunk_links import TrunkLinks
from engine.reporting.metrics import Metrics
from sip.challenges import Login
from sip.digest import Challenge, Credentials, shared_secret
from sip.events import RequestAnswered, RequestTimedOut, SipEvent
from sip.flow import Destination, Flow
from sip.message import Request, Response
from sip.uri import SipUri
from tests.testkit.sip_messages import response
from tests.testkit.virtual_loop import run_virtual
from tests.testkit.virtual_stack import VirtualStack

TRUNK = Trunk(
    name="carrier",
    uri=SipUri.parse("sip:carrier.example;transport=udp"),
    login=Login("us", "secret"),
    register=True,
)
FIRST, SECOND = Destination("UDP", "203.0.113.10", 5060), Destination("UDP", "203.0.113.11", 5060)


class Carrier:
    """A carrier at two addresses that answers as a test says, and our links to it."""

    def __init__(self, ping_interval: float = 60.0) -> None:
        self.stack = VirtualStack(self._receive)
        self.stack.answer = self.answer
        self.requests = SipRequests(self.stack, self.stack.endpoint)
        self.metrics = Metrics()
        self.links = TrunkLinks(self.requests, self._resolve, self.metrics, ping_interval)
        self.places = [FIRST, SECOND]
        self.options_status: int | None = 200
        self.registers = True

    def answer(self, request: Request) -> Response | None:
        if request.method == "OPTIONS":
            return None if self.options_status is None else response(self.options_status, to=request)
        if not self.registers:
            return None
        credentials = Credentials.parse(request.headers.get("Authorization", "Basic x"))
        secret = shared_secret("us", "carrier", "secret")
        if credentials is None or not credentials.verify("REGISTER", secret):
            challenge = str(Challenge("carrier", "nonce"))
            return response(401, headers={"WWW-Authenticate": challenge}, to=request)
        contact = f"{request.contact};expires={request.headers.get('Expires')}"
        return response(200, headers={"Contact": contact}, to=request)

    def sent(self, method: str) -> list[Request]:
        return [message for message in self.stack.all(Request) if message.method == method]

    def figure(self, name: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"dialplane_trunk_{name}", {"trunk": "carrier"})

    async def _resolve(self, uri: SipUri) -> list[Destination]:
        return self.places

    def _receive(self, event: SipEvent) -> None:
        if isinstance(event, RequestAnswered | RequestTimedOut):
            self.requests.receive(event)


def story(tell: Callable[[Carrier], Awaitable[None]], ping_interval: float = 60.0) -> None:
    async def main() -> None:
        carrier = Carrier(ping_interval)
        await carrier.links.update([TRUNK])
        await asyncio.sleep(1)
        await tell(carrier)
        await carrier.links.stop()

    run_virtual(main())


def test_a_trunk_is_registered_with_its_login_and_refreshed():
    async def tell(carrier: Carrier) -> None:
        first, proof = carrier.sent("REGISTER")
        assert first.uri_text == "sip:carrier.example;transport=udp"
        assert str(first.to.uri) == "sip:us@carrier.example"
        assert str(first.contact) == "<sip:us@127.0.0.1:5060>"
        assert len(proof.vias) == 1
        assert (carrier.figure("registered"), carrier.figure("up")) == (1.0, 1.0)
        assert carrier.links.is_registered("carrier") is True
        await asyncio.sleep(3510)
        assert len(carrier.sent("REGISTER")) == 3

    story(tell)


def test_a_stop_takes_the_contact_away():
    async def tell(carrier: Carrier) -> None:
        await carrier.links.stop()
        assert carrier.sent("REGISTER")[-1].headers.get("Expires") == "0"
        assert carrier.figure("registered") is None

    story(tell)


def test_a_stop_does_not_wait_long_for_a_trunk_that_is_gone():
    async def tell(carrier: Carrier) -> None:
        carrier.registers = False
        began = asyncio.get_running_loop().time()
        await carrier.links.stop()
        assert asyncio.get_running_loop().time() - began <= 2.1

    story(tell)


@pytest.mark.hostile("T9", sent="401 to our REGISTER from an address that is not the trunk")
def test_t9_a_challenge_from_elsewhere_is_not_answered():
    async def tell(carrier: Carrier) -> None:
        await carrier.links.stop()
        before = len(carrier.sent("REGISTER"))
        thief = Flow("UDP", ("127.0.0.1", 5060), ("198.51.100.66", 5060))

        def steal(request: Request) -> None:
            challenge = {"WWW-Authenticate": str(Challenge("carrier", "stolen"))}
            reply = response(401, headers=challenge, to=request).to_bytes()
            carrier.stack.endpoint.receive_datagram(reply, thief, carrier.stack.now())

        carrier.stack.answer = steal
        await carrier.links.update([TRUNK])
        await asyncio.sleep(5)
        sent = carrier.sent("REGISTER")[before:]
        assert sent
        assert not any("Authorization" in request.headers for request in sent)

    story(tell, ping_interval=0.0)


def test_a_trunk_that_does_not_answer_is_down_until_it_does():
    async def tell(carrier: Carrier) -> None:
        carrier.options_status = None
        await asyncio.sleep(60 + 64 + 2)
        assert not carrier.links.is_up("carrier")
        carrier.options_status = 404
        await asyncio.sleep(62)
        assert carrier.links.is_up("carrier")

    story(tell)


def test_a_trunk_that_left_an_invite_unanswered_is_avoided_for_a_minute():
    async def tell(carrier: Carrier) -> None:
        carrier.links.was_silent("carrier")
        assert not carrier.links.is_up("carrier")
        assert carrier.figure("up") == 0
        await asyncio.sleep(59)
        assert not carrier.links.is_up("carrier")
        await asyncio.sleep(2)
        assert carrier.links.is_up("carrier")

    story(tell, ping_interval=0.0)


def test_an_answer_to_options_clears_a_trunk_of_its_silence():
    async def tell(carrier: Carrier) -> None:
        await asyncio.sleep(50)
        carrier.links.was_silent("carrier")
        await asyncio.sleep(11)
        assert carrier.links.is_up("carrier")

    story(tell)


def test_the_next_place_is_asked_when_one_is_overloaded_or_silent():
    async def tell(carrier: Carrier) -> None:
        carrier.options_status = 503
        await asyncio.sleep(60)
        asked = [route for message, route in carrier.stack.sent if message in carrier.sent("OPTIONS")[-2:]]
        assert asked == [FIRST, SECOND]
        assert not carrier.links.is_up("carrier")

    story(tell)


def test_a_trunk_that_leads_nowhere_is_down():
    async def tell(carrier: Carrier) -> None:
        carrier.places = []
        await asyncio.sleep(61)
        assert not carrier.links.is_up("carrier")

    story(tell)


def test_an_unchanged_trunk_is_left_alone_and_a_changed_one_begins_anew():
    async def tell(carrier: Carrier) -> None:
        await carrier.links.update([TRUNK])
        await asyncio.sleep(1)
        assert len(carrier.sent("REGISTER")) == 2
        moved = Trunk(name="carrier", uri=TRUNK.uri, login=TRUNK.login, register=True, prefixes=("+",))
        await carrier.links.update([moved])
        await asyncio.sleep(1)
        assert [request.headers.get("Expires") for request in carrier.sent("REGISTER")[2:]][:1] == ["0"]
        assert carrier.figure("registered") == 1.0

    story(tell)


def test_nothing_is_known_against_a_trunk_without_a_link():
    async def tell(carrier: Carrier) -> None:
        assert carrier.links.is_up("another")
        assert carrier.links.is_registered("another") is None

    story(tell)


def test_a_trunk_says_for_how_long_it_is_registered():
    async def tell(carrier: Carrier) -> None:
        assert carrier.sent("REGISTER")[-1].headers.get("Expires") == "3600"
        await carrier.links.update([replace(TRUNK, register_expires=600)])
        await asyncio.sleep(1)
        assert carrier.sent("REGISTER")[-1].headers.get("Expires") == "600"
        before = len(carrier.sent("REGISTER"))
        await asyncio.sleep(600)
        assert len(carrier.sent("REGISTER")) > before, "it is refreshed before it ends"

    story(tell)
