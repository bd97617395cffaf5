import asyncio
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast

from engine.legs.leg_media import LegMedia
from engine.legs.sip_leg import SipLeg
from sip.events import Acknowledged, EndCause, SessionEnded
from sip.invite_session import InviteSession
from tests.testkit.sip_messages import request
from tests.testkit.virtual_loop import run_virtual

ANSWER = (
    b"v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\nm=audio 4002 RTP/AVP 0\r\n"
)


class Caller:
    """An INVITE session without an offer, which notes the answers that it is given."""

    flow = None

    def __init__(self) -> None:
        self.answers: list[bytes] = []

    def answer(self, _now: float, body: bytes, _headers: Any) -> None:
        self.answers.append(body)


def ringing_leg(session: Caller) -> SipLeg:
    stack: Any = SimpleNamespace(now=lambda: 0.0, settle=lambda: None)
    sound: Any = SimpleNamespace(local_port=4000, on_digit=None, apply=lambda _: None)
    plane: Any = SimpleNamespace(open_leg=lambda _beside, _path: sound)
    invite: Any = session
    endpoint: Any = None
    return SipLeg(invite, stack, endpoint, plane, LegMedia("192.0.2.1"))


def test_who_comes_after_one_that_was_stopped_while_it_answered_waits_for_the_same_ack():
    async def scene() -> tuple[bool, bool, int]:
        session = Caller()
        leg = ringing_leg(session)
        assert not leg.accepted
        stopped = asyncio.create_task(leg.answer())
        await asyncio.sleep(1)
        stopped.cancel()
        with suppress(asyncio.CancelledError):
            await stopped
        next_one = asyncio.create_task(leg.answer())
        await asyncio.sleep(1)
        early = next_one.done()
        leg.receive(Acknowledged(cast(InviteSession, session), ANSWER, "application/sdp"))
        await next_one
        return leg.accepted, early, len(session.answers)

    assert run_virtual(scene()) == (True, False, 1)


def test_a_leg_knows_why_its_peer_hung_up():
    said = 'Q.850;cause=16;text="Normal call clearing"'

    async def scene(cause: EndCause, **headers: str) -> list[tuple[str, str]]:
        session = Caller()
        leg = ringing_leg(session)
        assert list(leg.reason_of_end) == []
        leg.receive(SessionEnded(cast(InviteSession, session), cause, request("BYE", headers=headers)))
        return list(leg.reason_of_end)

    assert run_virtual(scene(EndCause.BYE, Reason=said)) == [("Reason", said)]
    assert run_virtual(scene(EndCause.CANCELLED, Reason=said)) == [("Reason", said)]
    assert run_virtual(scene(EndCause.BYE)) == []
    assert run_virtual(scene(EndCause.TIMEOUT, Reason=said)) == []
