"""What a leg that we made takes from the responses to its INVITE: sound before the answer, and the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

from engine.legs.leg_media import LegMedia
from engine.legs.outgoing_leg import Invitation, OutgoingLeg
from engine.peers.sip_requests import SipRequests
from media.plane.plane import MediaPlane
from sip.events import EndCause, OfferAnswered
from sip.flow import Destination
from sip.message import Request, Response
from tests.testkit.sip_messages import response
from tests.testkit.virtual_loop import run_virtual
from tests.testkit.virtual_stack import VirtualStack


def description(port: int, codec: int = 0) -> bytes:
    """An answer with one stream."""
    return (
        "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP {codec}\r\n"
    ).encode()


class House:
    """A leg that has invited a gateway."""

    def __init__(self) -> None:
        self.ports: list[int] = []
        self.stack = VirtualStack(self._receive)
        sound = SimpleNamespace(
            local_port=20000, close=lambda: None, since_heard=lambda: None, apply=self._apply
        )
        plane = SimpleNamespace(open_leg=lambda *_: sound)
        invitation = Invitation(
            request_uri="sip:+4930@192.0.2.10",
            from_="<sip:us@127.0.0.1>",
            to="<sip:+4930@192.0.2.10>",
            destination=Destination("UDP", "192.0.2.10", 5060),
        )
        self.leg = OutgoingLeg(
            invitation,
            SipRequests(self.stack, self.stack.endpoint),
            cast(MediaPlane, plane),
            LegMedia("127.0.0.1"),
            lambda session, leg: None,
            None,
        )
        self.early: list[OutgoingLeg] = []
        self.leg.on_early = self.early.append
        self.leg.invite()

    def _receive(self, event: Any) -> None:
        self.leg.receive(event)

    def _apply(self, negotiated: Any) -> None:
        self.ports.append(negotiated.remote[1])

    def respond(self, status: int, body: bytes = b"", *, tag: str = "a", kind: str = "") -> None:
        invite = self.stack.all(Request)[0]
        made: Response = response(status, body=body, to=invite, to_tag=tag)
        if kind:
            made.headers.set("Content-Type", kind)
        self.stack.deliver(made)

    def sent(self) -> list[str]:
        return [message.method for message in self.stack.all(Request)]


def story(tell: Callable[[House], Awaitable[None]]) -> None:
    async def main() -> None:
        await tell(House())

    run_virtual(main())


def in_parts(port: int) -> bytes:
    """What a gateway to the telephone network sends: SDP beside an ISUP message."""
    return (
        b"--gw\r\nContent-Type: application/isup;version=itu-t92+\r\nContent-Disposition: signal\r\n\r\n"
        b"\x06\x01\x02\x00\r\n--gw\r\nContent-Type: application/sdp\r\n\r\n"
        + description(port)
        + b"\r\n--gw--\r\n"
    )


PARTS = "multipart/mixed;boundary=gw"


def test_a_description_beside_an_isup_message_is_found():
    async def tell(house: House) -> None:
        house.respond(183, in_parts(4000), kind=PARTS)
        house.respond(200, in_parts(4002), kind=PARTS)
        assert house.ports == [4000, 4002]
        assert house.leg.answered.done()
        assert house.sent() == ["INVITE", "ACK"]

    story(tell)


def test_a_body_that_is_no_description_is_passed_over():
    async def tell(house: House) -> None:
        house.respond(183, b"\x06\x01\x02\x00", kind="application/isup")
        assert house.ports == []
        house.respond(183, description(4000))
        house.respond(200, b"\x09\x01", kind="application/isup")
        assert house.ports == [4000]
        assert house.leg.answered.done()
        assert house.sent() == ["INVITE", "ACK"]

    story(tell)


def test_of_a_fork_the_branch_that_describes_itself_last_is_heard():
    """A carrier whose first route fails tries the next one, which rings with a tag of its own."""

    async def tell(house: House) -> None:
        house.respond(183, description(4000), tag="first")
        house.respond(183, description(4000), tag="first")
        house.respond(183, description(5000), tag="second")
        assert house.ports == [4000, 5000]
        house.respond(200, description(5000), tag="second")
        assert house.ports[-1] == 5000
        assert house.leg.answered.done()

    story(tell)


def test_sound_before_the_answer_that_cannot_be_used_ends_nothing():
    async def tell(house: House) -> None:
        house.respond(183, description(4000, codec=18))
        assert house.early == []
        assert house.sent() == ["INVITE"]
        house.respond(200, description(4000))
        assert house.ports == [4000]
        assert house.leg.answered.done()

    story(tell)


def test_who_answers_with_what_cannot_be_used_has_not_answered():
    async def tell(house: House) -> None:
        house.respond(180)
        house.respond(200, description(4000, codec=18))
        assert not house.leg.answered.done()
        assert house.leg.ended.result().cause is EndCause.PROTOCOL
        assert not house.leg.ended.result().in_order
        assert house.sent() == ["INVITE", "ACK", "BYE"]

    story(tell)


def test_who_answers_without_any_description_has_not_answered():
    async def tell(house: House) -> None:
        house.respond(200)
        assert not house.leg.answered.done()
        assert house.sent() == ["INVITE", "ACK", "BYE"]

    story(tell)


def test_a_peer_may_move_its_sound_in_the_answer_to_a_session_refresh():
    async def tell(house: House) -> None:
        house.respond(200, description(4000))
        session = house.leg._session
        moved = []
        house.leg.on_offer = lambda: moved.append(house.ports[-1])
        house.leg.on_offer_decided = lambda status: moved.append(status)
        house.leg.receive(OfferAnswered(session, description(4010)))
        assert house.ports == [4000, 4010]
        assert moved == [4010]

    story(tell)
