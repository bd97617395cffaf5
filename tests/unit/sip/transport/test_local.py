"""What a stack sends to itself: it arrives, in order and later, and nobody else can send it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sip.endpoint import SipEndpoint
from sip.endpoint_config import EndpointConfig
from sip.events import Answered, EndCause, IncomingInvite, Rejected, SessionEnded, SipEvent
from sip.flow import LOCAL, Destination, Flow
from sip.invite_session import InviteSession
from sip.message import Request
from sip.transport.local import CALLED, CALLING, HOST
from sip.transport.stack import SipStack
from tests.testkit.sip_messages import request
from tests.testkit.virtual_loop import run_virtual

PHONE = Flow("UDP", ("127.0.0.1", 5060), ("192.0.2.10", 5060))


class Both:
    """A stack that calls itself, and what became of it on either side."""

    def __init__(self) -> None:
        self.tokens = iter(range(1, 1000))
        self.endpoint = SipEndpoint(EndpointConfig(), lambda: f"t{next(self.tokens)}")
        self.stack = SipStack(self.endpoint, self._receive)
        self.events: list[SipEvent] = []
        self.on_invite: Callable[[InviteSession], None] = lambda session: None

    def _receive(self, event: SipEvent) -> None:
        self.events.append(event)
        if isinstance(event, IncomingInvite):
            self.on_invite(event.session)

    def call(self, dialled: str = "5000", destination: Flow | Destination = CALLING) -> InviteSession:
        session = self.endpoint.invite(
            self.stack.now(),
            request_uri=f"sip:{dialled}@{HOST}",
            from_=f"<sip:alice@{HOST}>",
            to=f"<sip:{dialled}@{HOST}>",
            destination=destination,
            body=b"offer",
        )
        self.stack.settle()
        return session

    def of(self, session: InviteSession) -> list[type[SipEvent]]:
        return [type(event) for event in self.events if getattr(event, "session", None) is session]

    def incoming(self) -> list[InviteSession]:
        return [event.session for event in self.events if isinstance(event, IncomingInvite)]


def story(tell: Callable[[Both], Awaitable[None]]) -> None:
    async def main() -> None:
        both = Both()
        await tell(both)
        await both.stack.close()

    run_virtual(main())


@pytest.mark.parametrize("who", ["caller", "callee"])
def test_a_call_to_ourselves_is_taken_and_ended_by_either_side(who):
    async def tell(both: Both) -> None:
        both.on_invite = lambda session: session.answer(both.stack.now(), b"answer")
        ours = both.call()
        await asyncio.sleep(0.1)
        (theirs,) = both.incoming()
        assert theirs.flow == CALLED
        assert (theirs.call_id, theirs.request.body) == (ours.call_id, b"offer")
        assert Answered in both.of(ours)
        (ours if who == "caller" else theirs).hang_up(both.stack.now())
        both.stack.settle()
        await asyncio.sleep(0.1)
        assert SessionEnded in both.of(ours)
        assert SessionEnded in both.of(theirs)
        left = both.endpoint.statistics()
        assert (left.sessions, left.dialogs, left.unmatched, left.malformed) == (0, 0, 0, 0)

    story(tell)


def test_a_refusal_reaches_who_called():
    async def tell(both: Both) -> None:
        both.on_invite = lambda session: session.reject(both.stack.now(), 486)
        ours = both.call()
        await asyncio.sleep(0.1)
        (rejected,) = [event for event in both.events if isinstance(event, Rejected)]
        assert rejected.session is ours
        assert rejected.response is not None
        assert rejected.response.status == 486

    story(tell)


def test_a_call_that_is_given_up_while_it_rings_is_cancelled():
    async def tell(both: Both) -> None:
        both.on_invite = lambda session: session.ring(both.stack.now())
        ours = both.call()
        await asyncio.sleep(0.1)
        ours.hang_up(both.stack.now())
        both.stack.settle()
        await asyncio.sleep(0.1)
        (theirs,) = both.incoming()
        causes = {event.session: event.cause for event in both.events if isinstance(event, SessionEnded)}
        assert causes == {ours: EndCause.CANCELLED, theirs: EndCause.CANCELLED}

    story(tell)


def test_a_call_of_three_hours_refreshes_its_session_and_is_still_up():
    async def tell(both: Both) -> None:
        both.on_invite = lambda session: session.answer(both.stack.now(), b"answer")
        ours = both.call()
        before = both.endpoint.statistics().messages_received
        await asyncio.sleep(3 * 3600)
        assert SessionEnded not in both.of(ours)
        assert both.endpoint.statistics().messages_received > before + 6

    story(tell)


def test_what_is_sent_arrives_when_its_sender_has_finished():
    async def tell(both: Both) -> None:
        first, second = both.call("1"), both.call("2")
        assert both.incoming() == []
        await asyncio.sleep(0.1)
        assert [session.call_id for session in both.incoming()] == [first.call_id, second.call_id]

    story(tell)


@pytest.mark.hostile("T13", sent="a Contact, a Route and a Via that name the transport LOCAL")
def test_t13_nobody_outside_reaches_the_flow_by_naming_it(record_property):
    async def tell(both: Both) -> None:
        place = Destination(LOCAL, HOST, 2)
        session = both.call(destination=place)
        await asyncio.sleep(0.1)
        assert both.incoming() == []
        (ended,) = [event for event in both.events if isinstance(event, SessionEnded)]
        assert (ended.session, ended.cause) == (session, EndCause.TRANSPORT)
        claims = {
            "Via": f"SIP/2.0/LOCAL {HOST}:1;branch=z9hG4bK-outside",
            "Contact": f"<sip:x@{HOST};transport=local>",
        }
        invite: Request = request(headers=claims, body=b"offer")
        both.endpoint.receive_datagram(invite.to_bytes(), PHONE, both.stack.now())
        both.stack.settle()
        (outside,) = both.incoming()
        assert outside.flow == PHONE

    record_property("held", "only the stack itself has the flow: a name leads nowhere")
    story(tell)


def test_after_the_end_nothing_arrives():
    async def tell(both: Both) -> None:
        both.call()
        await both.stack.close()
        await asyncio.sleep(0.1)
        assert both.incoming() == []

    story(tell)
