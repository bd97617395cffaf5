"""Where SIP comes in, without a socket: an endpoint amid calls of both directions, and an owner that obliges.

Names that an endpoint draws itself stand in the inputs as ``our-tag``, ``out-branch`` and so on, and what
must grow as ``fresh`` and ``4567``, so that what is mutated belongs to the calls that are up.
"""

from __future__ import annotations

import itertools
from collections import Counter
from functools import cache

from sip.endpoint import SipEndpoint
from sip.endpoint_config import EndpointConfig
from sip.events import (
    IncomingInvite,
    IncomingRequest,
    InDialogRequest,
    OfferReceived,
    ReferReceived,
    SessionEnded,
    SipEvent,
)
from sip.flow import Destination, Flow
from sip.invite_session import InviteSession
from sip.message import Request, Response
from sip.parser import parse_message
from tests.testkit.sip_messages import request

PEER = Flow("UDP", ("127.0.0.1", 5060), ("192.0.2.10", 5060))
STREAM = Flow("TCP", ("127.0.0.1", 5060), ("192.0.2.11", 40_000))
STEP = 0.4
"""Seconds that pass with each input: INVITEs that are never acknowledged end within the run."""


class EndpointDoor:
    """Takes inputs as datagrams, and each fourth as a stream that then breaks."""

    def __init__(self) -> None:
        numbers = itertools.count(1)
        config = EndpointConfig(maximum_transactions=300, maximum_sessions=60)
        self._endpoint = SipEndpoint(config, lambda: f"t{next(numbers)}")
        self._endpoint.listening("UDP", "127.0.0.1", 5060)
        self._endpoint.listening("TCP", "127.0.0.1", 5060)
        self.told: Counter[str] = Counter()
        """How often each kind of event was told."""
        self._now = 0.0
        self._turn = 0
        self._ended: set[InviteSession] = set()
        self._names: dict[bytes, bytes] = {}
        self._incoming: InviteSession | None = None
        self._outgoing: InviteSession | None = None

    def receive(self, data: bytes) -> None:
        """Take one message."""
        self._turn += 1
        self._see_to_calls()
        self._names |= {b"fresh": b"f%d" % (self._turn // 3), b"4567": b"%d" % (self._turn + 10)}
        for placeholder, name in self._names.items():
            data = data.replace(placeholder, name)
        if self._turn % 4:
            self._endpoint.receive_datagram(data, PEER, self._now)
        else:
            self._endpoint.receive_bytes(data, STREAM, self._now)
            self._settle()
            # Whatever was left unframed ends here.
            self._endpoint.flow_closed(STREAM, self._now)
        self._settle()
        self._now += STEP
        self._endpoint.handle_timers(self._now)
        self._settle()

    def _see_to_calls(self) -> None:
        """Have one call of each direction at the door."""
        if self._incoming is None or self._incoming in self._ended:
            self._incoming = self._called()
        if self._turn % 8 == 0 and self._outgoing is not None and self._outgoing not in self._ended:
            self._outgoing.hang_up(self._now)
        if self._turn % 8 == 0 or self._outgoing in self._ended or self._outgoing is None:
            self._outgoing = self._calling()
        if self._turn % 1000 == 0:
            self._ended = {each for each in (self._incoming, self._outgoing) if each in self._ended}

    def _called(self) -> InviteSession | None:
        """Let a call come in and be answered."""
        call, via = f"in{self._turn}@h", f"SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKin{self._turn};rport"
        fields = {"Call-ID": call, "Via": via, "Supported": "timer, 100rel"}
        told = self._told(request("INVITE", headers=fields, body=b"v=0"))
        session = next((each.session for each in told if isinstance(each, IncomingInvite)), None)
        if session is None:
            return None
        if session not in self._ended:
            session.answer(self._now, b"v=0")
        sent = self._settle()
        tag = next((each.to.tag for each in sent if isinstance(each, Response) and each.to.tag), "none")
        assert tag is not None
        ack = request("ACK", headers={**fields, "To": f"<sip:bob@example.org>;tag={tag}", "Supported": None})
        self._told(ack)
        self._settle()
        self._names |= {b"in-call": call.encode(), b"our-tag": tag.encode()}
        return session

    def _calling(self) -> InviteSession:
        """Call somebody who has not answered yet."""
        session = self._endpoint.invite(
            self._now,
            request_uri="sip:bob@192.0.2.10",
            from_="<sip:us@127.0.0.1>",
            to="<sip:bob@192.0.2.10>",
            destination=Destination("UDP", "192.0.2.10", 5060),
            body=b"v=0",
        )
        sent = [each for each in self._settle() if isinstance(each, Request)]
        invite = next(each for each in sent if each.method == "INVITE")
        self._names |= {
            b"out-branch": (invite.via.branch or "").encode(),
            b"out-call": invite.call_id.encode(),
            b"out-tag": (invite.from_.tag or "").encode(),
        }
        return session

    def _told(self, message: Request) -> list[SipEvent]:
        self._endpoint.receive_datagram(message.to_bytes(), PEER, self._now)
        return list(iter(self._endpoint.next_event, None))

    def _settle(self) -> list[Request | Response]:
        """Do what every owner does after an input; return what would be sent, which must be readable."""
        while (event := self._endpoint.next_event()) is not None:
            self._oblige(event)
        self._endpoint.next_deadline()
        return [parse_message(each.data) for each in self._endpoint.to_send() if each.data.strip()]

    def _oblige(self, event: SipEvent) -> None:
        now = self._now
        self.told[type(event).__name__] += 1
        match event:
            case IncomingInvite():
                self._take(event.session)
            case IncomingRequest() | InDialogRequest():
                self._endpoint.reply(now, event.transaction, 200)
            case OfferReceived():
                event.session.accept_offer(now, b"v=0")
            case ReferReceived():
                event.refer.accept(now)
                event.refer.report(now, 200)
            case SessionEnded():
                self._ended.add(event.session)
            case _:
                pass

    def _take(self, session: InviteSession) -> None:
        """Refuse, ring, show progress or answer, in turn."""
        now = self._now
        match self._turn % 4:
            case 0:
                session.reject(now, 486)
            case 1:
                session.ring(now)
                session.hang_up(now)
            case 2:
                session.progress(now, 183, b"v=0")
                session.answer(now, b"v=0")
            case _:
                session.answer(now, b"v=0")
                session.hang_up(now)


@cache
def _door() -> EndpointDoor:
    return EndpointDoor()


def receive(data: bytes) -> None:
    """Take one message in, as the stack does."""
    _door().receive(data)
