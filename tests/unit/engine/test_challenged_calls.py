"""T9 and T10 for calls of ours: whom the password of a trunk goes to, and how often."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import cast

import pytest

from engine.legs.leg_media import LegMedia
from engine.legs.outgoing_leg import Invitation, OutgoingLeg
from engine.peers.sip_requests import SipRequests
from media.plane.plane import MediaPlane
from sip.challenges import ChallengeAnswers, Login
from sip.digest import Challenge
from sip.events import SipEvent
from sip.flow import Destination, Flow
from sip.message import Request
from tests.testkit.sip_messages import response
from tests.testkit.virtual_loop import run_virtual
from tests.testkit.virtual_stack import VirtualStack

CARRIER = Flow("UDP", ("127.0.0.1", 5060), ("203.0.113.10", 5060))
THIEF = Flow("UDP", ("127.0.0.1", 5060), ("198.51.100.66", 5060))
REALM = "carrier.example.com"


ANSWER = (
    b"v=0\r\no=- 1 1 IN IP4 203.0.113.10\r\ns=-\r\nc=IN IP4 203.0.113.10\r\nt=0 0\r\n"
    b"m=audio 4000 RTP/AVP 0\r\n"
)


class Call:
    """A call of ours through a trunk with a password."""

    def __init__(self) -> None:
        self.stack = VirtualStack(self._receive)
        sound = SimpleNamespace(
            local_port=20000, close=lambda: None, since_heard=lambda: None, apply=lambda _: None
        )
        plane = SimpleNamespace(open_leg=lambda *_, **__: sound)
        numbers = itertools.count(1)
        login = Login("us", "secret", REALM)
        invitation = Invitation(
            request_uri="sip:+4930@203.0.113.10",
            from_="<sip:us@127.0.0.1>",
            to="<sip:+4930@203.0.113.10>",
            destination=Destination("UDP", "203.0.113.10", 5060),
            answers=ChallengeAnswers(login, lambda: f"c{next(numbers)}"),
        )
        self.leg = OutgoingLeg(
            invitation,
            SipRequests(self.stack, self.stack.endpoint),
            cast(MediaPlane, plane),
            LegMedia("127.0.0.1"),
            lambda session, leg: None,
            None,
        )
        self.leg.invite()

    def _receive(self, event: SipEvent) -> None:
        self.leg.receive(event)

    def challenge(self, flow: Flow, nonce: str = "n1", realm: str = REALM) -> None:
        """Challenge the newest request of ours that is no ACK."""
        ours = [message for message in self.stack.all(Request) if message.method != "ACK"][-1]
        headers = {"Proxy-Authenticate": str(Challenge(realm, nonce, stale=True))}
        self.stack.deliver(response(407, headers=headers, to=ours), flow)

    def passwords(self) -> list[str]:
        """The methods of the requests that carried credentials."""
        sent = self.stack.all(Request)
        return [message.method for message in sent if "Proxy-Authorization" in message.headers]


def story(tell: Callable[[Call], Awaitable[None]]) -> None:
    async def main() -> None:
        await tell(Call())

    run_virtual(main())


def test_the_trunk_itself_gets_credentials():
    async def tell(call: Call) -> None:
        call.challenge(CARRIER)
        assert call.passwords() == ["INVITE"]

    story(tell)


def test_the_trunk_gets_credentials_for_the_end_of_the_call_too():
    """A carrier whose 407 to a BYE is not answered goes on billing the call."""

    async def tell(call: Call) -> None:
        call.challenge(CARRIER)
        invite = call.stack.all(Request)[-1]
        call.stack.deliver(response(200, body=ANSWER, to=invite), CARRIER)
        call.leg.hang_up()
        call.challenge(CARRIER, "n2")
        assert call.passwords() == ["INVITE", "ACK", "BYE", "BYE"]

    story(tell)


@pytest.mark.hostile("T9", sent="407 with the trunk's realm to our INVITE from elsewhere")
def test_t9_a_challenge_from_elsewhere_gets_no_credentials_and_the_call_fails():
    async def tell(call: Call) -> None:
        call.challenge(THIEF)
        assert call.passwords() == []
        await asyncio.wait_for(call.leg.ended, 1)
        assert call.leg.status == 407

    story(tell)


@pytest.mark.hostile("T9", sent="407 of another realm from the trunk's address")
def test_t9_a_challenge_of_another_realm_gets_no_credentials():
    async def tell(call: Call) -> None:
        call.challenge(CARRIER, realm="elsewhere.example.com")
        assert call.passwords() == []

    story(tell)


@pytest.mark.hostile("T10", sent="407 with a new nonce to each INVITE, for ever")
def test_t10_a_carrier_that_challenges_for_ever_gets_two_answers_and_the_call_fails():
    async def tell(call: Call) -> None:
        for number in range(10):
            if call.leg.gone:
                break
            call.challenge(CARRIER, f"n{number}")
        assert call.passwords() == ["INVITE", "INVITE"]
        assert call.leg.gone

    story(tell)
