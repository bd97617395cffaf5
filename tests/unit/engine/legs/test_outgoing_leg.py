"""A leg to a browser: its INVITE waits for candidates, its answer for the sound."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

from engine.legs.leg_media import LegMedia
from engine.legs.outgoing_leg import Invitation, OutgoingLeg
from engine.peers.sip_requests import SipRequests
from media.codecs.registry import OPUS, PCMU
from media.plane.plane import MediaPlane
from media.webrtc.description import WebRtcLocal
from media.webrtc.path import WebRtcOptions
from sip.events import EndCause, SipEvent
from sip.flow import Flow
from sip.message import Request
from tests.testkit.sip_messages import response
from tests.testkit.virtual_loop import run_virtual
from tests.testkit.virtual_stack import VirtualStack

PAGE = Flow("WS", ("127.0.0.1", 8080), ("192.0.2.10", 41001), 8)
ANSWER = (
    b"v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
    b"m=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 opus/48000/2\r\na=ice-ufrag:abcd\r\n"
    b"a=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 AB:CD\r\na=setup:active\r\na=rtcp-mux\r\n"
)


class FakePath:
    """A path without sockets."""

    def __init__(self, servers: bool) -> None:
        self.options = SimpleNamespace(ice=SimpleNamespace(asks_servers=servers))
        self.established = asyncio.Event()
        self.gathered = asyncio.Event()
        self.on_established: Callable[[], None] = lambda: None
        self.on_lost: Callable[[str], None] = lambda why: None
        self.local = WebRtcLocal("ufrag", "p" * 22, (), "sha-256 AB:CD", 7, "cname")
        self.applied: list[Any] = []
        self.attach = self.receive = self.close = lambda *_: None
        self.apply = self.applied.append

    async def gather(self) -> None:
        await self.gathered.wait()


class House:
    def __init__(self, servers: bool) -> None:
        self.stack = VirtualStack(self._receive)
        self.path = FakePath(servers)
        sound = SimpleNamespace(local_port=20000, close=lambda: None, since_heard=lambda: None)
        plane = SimpleNamespace(open_leg=lambda beside, on_datagram: sound)
        media = LegMedia(
            "127.0.0.1",
            (PCMU, OPUS),
            webrtc=cast(WebRtcOptions, SimpleNamespace(path=self._take_path)),
            to_browser=True,
        )
        invitation = Invitation(
            request_uri="sip:alice@x.invalid;transport=ws",
            from_="<sip:bob@127.0.0.1>",
            to="<sip:alice@x.invalid>",
            destination=PAGE,
        )
        requests = SipRequests(self.stack, self.stack.endpoint)
        self.lost: list[str] = []
        self.leg = OutgoingLeg(
            invitation, requests, cast(MediaPlane, plane), media, lambda session, leg: None, None
        )
        self.leg.on_path_lost = self.lost.append

    def _take_path(self, *, controlling: bool, on_lost: Callable[[str], None]) -> FakePath:
        assert controlling, "who offers controls ICE"
        self.path.on_lost = on_lost
        return self.path

    def _receive(self, event: SipEvent) -> None:
        self.leg.receive(event)

    def invites(self) -> list[Request]:
        return [message for message in self.stack.all(Request) if message.method == "INVITE"]

    def answer(self) -> None:
        (invite,) = self.invites()
        self.stack.deliver(response(200, body=ANSWER, to=invite), PAGE)


def story(tell: Callable[[House], Awaitable[None]], *, servers: bool = False) -> None:
    async def main() -> None:
        await tell(House(servers))

    run_virtual(main())


def test_a_page_is_offered_webrtc_with_its_best_codec_first():
    async def tell(house: House) -> None:
        house.leg.invite()
        (invite,) = house.invites()
        assert b"m=audio 20000 UDP/TLS/RTP/SAVPF 96 0 101" in invite.body

    story(tell)


def test_a_page_has_answered_once_its_sound_has_its_way():
    async def tell(house: House) -> None:
        house.leg.invite()
        house.answer()
        assert len(house.path.applied) == 1
        assert not house.leg.answered.done()
        house.path.established.set()
        house.path.on_established()
        assert house.leg.answered.done()

    story(tell)


def test_a_page_that_cannot_be_reached_never_answers_and_is_told_why():
    async def tell(house: House) -> None:
        house.leg.invite()
        house.answer()
        house.path.on_lost("no check got through")
        assert house.lost == ["no check got through"]
        assert not house.leg.answered.done()
        assert house.leg.ended.result().cause is EndCause.TRANSPORT
        (bye,) = [each for each in house.stack.all(Request) if each.method == "BYE"]
        assert 'text="no check got through"' in (bye.headers.get("Reason") or "")

    story(tell)


def test_the_invite_waits_for_what_stun_and_turn_servers_tell():
    async def tell(house: House) -> None:
        house.leg.invite()
        await asyncio.sleep(1.0)
        assert house.invites() == []
        house.path.gathered.set()
        await asyncio.sleep(0.1)
        assert len(house.invites()) == 1

    story(tell, servers=True)


def test_who_gives_up_before_the_invite_sends_none():
    async def tell(house: House) -> None:
        house.leg.invite()
        house.leg.hang_up()
        assert house.leg.gone
        house.path.gathered.set()
        await asyncio.sleep(0.1)
        assert house.stack.sent == []

    story(tell, servers=True)
