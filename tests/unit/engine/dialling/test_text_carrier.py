"""Carrying texts in virtual time: which places and ways are tried, and what an answer means."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from engine.dialling.reach import Place, Reach, Unreachable, Way
from engine.dialling.text_carrier import TextCarrier
from engine.messages.text import Carried, Text
from engine.peers.sip_requests import SipRequests
from engine.store import MessageStatus
from rcml.dialling import ClientTarget, NumberTarget, SipTarget, Target
from sip.challenges import Login
from sip.digest import Challenge, Credentials, shared_secret
from sip.events import RequestAnswered, RequestTimedOut, SipEvent
from sip.flow import Destination, Flow
from sip.message import Request, Response
from tests.testkit.sip_messages import response
from tests.testkit.virtual_loop import run_virtual
from tests.testkit.virtual_stack import VirtualStack

ALICE = ClientTarget(login="alice")
WORDS = Text(from_="bob", body="Γειά".encode())


class Post:
    """A carrier, and recipients that answer as a test says: `answers` by host, None is silence."""

    def __init__(self) -> None:
        self.answers: dict[str, int | Callable[[Request], Response] | None] = {}
        self.places: list[Place] = []
        self.asked_for: list[Target] = []
        self.stack = VirtualStack(self._receive)
        self.stack.answer = self._answer
        self.requests = SipRequests(self.stack, self.stack.endpoint)
        self.carrier = TextCarrier(
            self.requests, cast(Reach, self), lambda login: login == "1313", self.arrive
        )

    async def find(self, target: Target, caller: str, call: Any = None) -> list[Place]:
        self.asked_for.append(target)
        if not self.places:
            raise Unreachable("client 'alice' is not registered")
        return self.places

    def identity(self, way: Way, caller: str) -> tuple[tuple[str, str], ...]:
        return way.identity or (("From", f"<sip:{caller}@127.0.0.1>"),)

    async def arrive(self, *_: Any) -> Carried:
        raise AssertionError("nothing here leads to a number that is hosted here")

    def place(self, *hosts: str, login: Login | None = None) -> None:
        ways = tuple(
            Way(
                request_uri=f"sip:alice@{host}",
                route=Destination("UDP", host, 5060),
                headers=(("X-A", "1"),),
                login=login,
            )
            for host in hosts
        )
        self.places.append(Place("alice", ways))

    def asked(self) -> list[str]:
        return [cast(Destination, route).host for _, route in self.stack.sent]

    def _answer(self, request: Request) -> Response | None:
        host = request.uri_text.partition("@")[2]
        answer = self.answers.get(host)
        if callable(answer):
            return answer(request)
        return None if answer is None else response(answer, to=request)

    def _receive(self, event: SipEvent) -> None:
        assert isinstance(event, RequestAnswered | RequestTimedOut)
        self.requests.receive(event)


def story(tell: Callable[[Post], Awaitable[None]]) -> None:
    async def main() -> None:
        post = Post()
        await tell(post)
        await post.carrier.stop()

    run_virtual(main())


def test_the_message_says_who_writes_and_carries_the_text_as_it_is():
    async def tell(post: Post) -> None:
        post.place("192.0.2.1")
        post.answers["192.0.2.1"] = 200
        text = Text(from_="bob", body="Γειά".encode(), headers=(("X-B", "2"),))
        assert await post.carrier.carry(ALICE, text) == Carried(MessageStatus.DELIVERED, sip_status=200)
        (sent,) = post.stack.all(Request)
        assert (sent.method, sent.uri_text, sent.body) == ("MESSAGE", "sip:alice@192.0.2.1", text.body)
        assert sent.headers.get("Content-Type") == "text/plain;charset=UTF-8"
        assert (sent.headers.get("X-A"), sent.headers.get("X-B")) == ("1", "2")
        assert "Contact" not in sent.headers

    story(tell)


@pytest.mark.parametrize(
    ("target", "answer", "status"),
    [
        (ALICE, 200, MessageStatus.DELIVERED),
        (ALICE, 202, MessageStatus.SENT),
        (SipTarget(uri="sip:a@b"), 200, MessageStatus.DELIVERED),
        (NumberTarget(number="+1555"), 200, MessageStatus.SENT),
        (ALICE, 415, MessageStatus.FAILED),
    ],
)
def test_what_an_answer_means(target, answer, status):
    async def tell(post: Post) -> None:
        post.place("192.0.2.1")
        post.answers["192.0.2.1"] = answer
        carried = await post.carrier.carry(target, WORDS)
        assert (carried.status, carried.sip_status) == (status, answer)
        assert (carried.code == 30008) is (status is MessageStatus.FAILED)

    story(tell)


def test_every_place_of_a_client_gets_it_and_the_first_answer_decides():
    async def tell(post: Post) -> None:
        post.place("192.0.2.1")
        post.place("192.0.2.2")
        post.answers = {"192.0.2.1": None, "192.0.2.2": 200}
        loop = asyncio.get_running_loop()
        assert (await post.carrier.carry(ALICE, WORDS)).status is MessageStatus.DELIVERED
        assert loop.time() < 1.0
        assert set(post.asked()) == {"192.0.2.1", "192.0.2.2"}
        # Who is slow still gets it: the attempt goes on.
        await asyncio.sleep(3)
        assert post.asked().count("192.0.2.1") > 1

    story(tell)


def test_a_refusal_at_one_place_does_not_outdo_another():
    async def tell(post: Post) -> None:
        post.place("192.0.2.1")
        post.place("192.0.2.2")
        post.answers = {"192.0.2.1": 486, "192.0.2.2": 200}
        assert (await post.carrier.carry(ALICE, WORDS)).status is MessageStatus.DELIVERED

    story(tell)


@pytest.mark.parametrize("first", [503, 500, None])
def test_the_next_way_is_tried_when_one_fails(first):
    async def tell(post: Post) -> None:
        post.place("192.0.2.1", "192.0.2.2")
        post.answers = {"192.0.2.1": first, "192.0.2.2": 202}
        assert (await post.carrier.carry(NumberTarget(number="+1"), WORDS)).status is MessageStatus.SENT
        assert list(dict.fromkeys(post.asked())) == ["192.0.2.1", "192.0.2.2"]

    story(tell)


@pytest.mark.parametrize("final", [404, 603])
def test_the_recipients_own_refusal_ends_it(final):
    async def tell(post: Post) -> None:
        post.place("192.0.2.1", "192.0.2.2")
        post.answers = {"192.0.2.1": final, "192.0.2.2": 202}
        carried = await post.carrier.carry(NumberTarget(number="+1"), WORDS)
        assert (carried.sip_status, post.asked()) == (final, ["192.0.2.1"])

    story(tell)


def test_nobody_who_answers_is_30003_and_says_who_was_asked():
    async def tell(post: Post) -> None:
        post.place("192.0.2.1")
        carried = await post.carrier.carry(ALICE, WORDS)
        assert (carried.status, carried.code) == (MessageStatus.FAILED, 30003)
        assert "192.0.2.1" in carried.reason

    story(tell)


def test_a_client_who_is_not_registered_is_11008():
    async def tell(post: Post) -> None:
        carried = await post.carrier.carry(ALICE, WORDS)
        assert (carried.status, carried.code) == (MessageStatus.FAILED, 11008)
        assert "not registered" in carried.reason

    story(tell)


def test_a_number_that_is_a_clients_login_is_that_client():
    async def tell(post: Post) -> None:
        await post.carrier.carry(NumberTarget(number="1313", headers=(("X-A", "1"),)), WORDS)
        await post.carrier.carry(NumberTarget(number="+1313"), WORDS)
        assert post.asked_for == [
            ClientTarget(login="1313", headers=(("X-A", "1"),)), NumberTarget(number="+1313"),
        ]  # fmt: skip

    story(tell)


def _asking(request: Request) -> Response:
    credentials = Credentials.parse(request.headers.get("Proxy-Authorization", "Basic x"))
    if credentials is not None and credentials.verify("MESSAGE", shared_secret("us", "carrier", "secret")):
        return response(202, to=request)
    challenge = {"Proxy-Authenticate": str(Challenge("carrier", "nonce"))}
    return response(407, headers=challenge, to=request)


def test_a_carriers_challenge_is_answered_with_the_trunks_login():
    async def tell(post: Post) -> None:
        post.place("192.0.2.1", login=Login("us", "secret"))
        post.answers["192.0.2.1"] = _asking
        assert (await post.carrier.carry(NumberTarget(number="+1"), WORDS)).status is MessageStatus.SENT
        first, second = post.stack.all(Request)
        assert (first.call_id, first.cseq.number + 1) == (second.call_id, second.cseq.number)

    story(tell)


@pytest.mark.parametrize("login", [None, Login("us", "wrong")])
def test_a_challenge_that_cannot_be_met_fails(login):
    async def tell(post: Post) -> None:
        post.place("192.0.2.1", login=login)
        post.answers["192.0.2.1"] = _asking
        carried = await post.carrier.carry(NumberTarget(number="+1"), WORDS)
        assert (carried.status, carried.sip_status) == (MessageStatus.FAILED, 407)

    story(tell)


def test_t9_a_challenge_from_elsewhere_gets_no_password():
    async def tell(post: Post) -> None:
        post.place("192.0.2.1", login=Login("us", "secret"))
        thief = Flow("UDP", ("127.0.0.1", 5060), ("198.51.100.66", 5060))

        def steal(request: Request) -> None:
            challenge = {"Proxy-Authenticate": str(Challenge("carrier", "stolen"))}
            reply = response(407, headers=challenge, to=request).to_bytes()
            post.stack.endpoint.receive_datagram(reply, thief, post.stack.now())

        post.stack.answer = steal
        carried = await post.carrier.carry(NumberTarget(number="+1"), WORDS)
        assert carried.status is MessageStatus.FAILED
        assert not any("Proxy-Authorization" in sent.headers for sent in post.stack.all(Request))

    story(tell)


def test_a_text_to_a_client_behind_a_proxy_goes_along_its_path():
    async def tell() -> None:
        post = Post()
        post.answers["10.0.0.7"] = 200
        edge = Destination("UDP", "192.0.2.66", 5060)
        by_way_of = (("Route", "<sip:192.0.2.66;lr>"),)
        way = Way(request_uri="sip:alice@10.0.0.7", route=edge, headers=(), by_way_of=by_way_of)
        post.places.append(Place("alice", (way,)))
        assert (await post.carrier.carry(ALICE, WORDS)).status is MessageStatus.DELIVERED
        ((message, route),) = post.stack.sent
        assert (route, [str(hop) for hop in message.routes]) == (edge, ["<sip:192.0.2.66;lr>"])

    run_virtual(tell())
