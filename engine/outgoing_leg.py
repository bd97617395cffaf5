"""A SIP leg that we make: an INVITE with our offer, until somebody answers or nobody does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from engine import ids
from engine.sip_leg import Headers, LegMedia, SipLeg
from media.offer_answer import make_offer
from media.plane.plane import MediaPlane
from sip.digest import Challenge, answer_challenge, best_challenge
from sip.endpoint import SipEndpoint
from sip.errors import PeerError
from sip.events import Answered, Provisional, Rejected, SessionEnded, SipEvent
from sip.flow import Route
from sip.invite_session import InviteSession
from sip.message import Response
from sip.transport.stack import SipStack

CHALLENGES = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}
"""Header of the challenge and of its answer, by status (RFC 3261 section 22)."""

MOST_TRIES = 2
"""Credentials are sent at most so often: a peer that challenges on and on gets no more (AST-2020-002)."""


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """Whom to invite, and as whom."""

    request_uri: str
    from_: str
    """A header value without a tag."""
    to: str
    destination: Route
    headers: tuple[tuple[str, str], ...] = ()
    username: str = ""
    password: str = field(default="", repr=False)
    """With ``username``: answers a challenge of the destination."""
    contact: str | None = None


class OutgoingLeg(SipLeg):
    """Rings somebody. ``answered`` is done when they answer; ``ended`` when nobody did, or later.

    ``adopt`` is told each session this leg has, so that its events find the way here.
    """

    def __init__(
        self,
        invitation: Invitation,
        stack: SipStack,
        endpoint: SipEndpoint,
        plane: MediaPlane,
        media: LegMedia,
        adopt: Callable[[InviteSession, SipLeg], None],
    ) -> None:
        self._invitation = invitation
        self._adopt = adopt
        self._tries = 0
        self._retrying = False
        self.response: Response | None = None
        """The final response to the INVITE, or the response to our BYE."""
        loop = asyncio.get_running_loop()
        self.answered: asyncio.Future[None] = loop.create_future()
        self.ringing = asyncio.Event()
        self.early_media = asyncio.Event()
        """Set when the peer sends sound before it answers."""
        super().__init__(None, stack, endpoint, plane, media)

    def invite(self) -> None:
        """Open the sound and send the INVITE; raises :class:`MediaUnavailable`."""
        self._open_media()
        self._our_offer = self._described = make_offer(self._local())
        self._send()
        self._stack.settle()

    def _send(self, more: Headers = ()) -> None:
        invitation = self._invitation
        self._known_session = self._endpoint.invite(
            self._stack.now(),
            request_uri=invitation.request_uri,
            from_=invitation.from_,
            to=invitation.to,
            destination=invitation.destination,
            contact=invitation.contact,
            body=str(self._described).encode(),
            headers=(*invitation.headers, *more),
        )
        self._adopt(self._known_session, self)

    def receive(self, event: SipEvent) -> None:
        """Take an event of this leg's session."""
        match event:
            case Provisional(response=response):
                self.ringing.set()
                if response.body and self._our_offer is not None:
                    self._receive_answer(response.body)
                    self.early_media.set()
            case Answered(response=response):
                self.response = response
                if self._our_offer is not None:
                    self._receive_answer(response.body)
                if not self.answered.done():
                    self.answered.set_result(None)
            case Rejected(response=response):
                self.response = response
                self._retrying = response is not None and self._try_again(response)
            case SessionEnded() if self._retrying:
                self._retrying = False
            case SessionEnded(message=Response() as response):
                self.response = response
                super().receive(event)
            case _:
                super().receive(event)

    def _try_again(self, response: Response) -> bool:
        """Answer a challenge; say whether that was possible."""
        names = CHALLENGES.get(response.status)
        username = self._invitation.username
        if names is None or not username or self._tries >= MOST_TRIES:
            return False
        try:
            read = (Challenge.parse(text) for text in response.headers.lines(names[0]))
            challenge = best_challenge(challenge for challenge in read if challenge is not None)
            if challenge is None:
                return False
            cseq = self._session.request.cseq.number
        except PeerError:
            return False
        self._tries += 1
        credentials = answer_challenge(
            challenge,
            "INVITE",
            self._invitation.request_uri,
            username,
            self._invitation.password,
            cnonce=ids.new_tag(),
        )
        self._send(
            [
                ("Call-ID", self._session.call_id),
                ("CSeq", f"{cseq + 1} INVITE"),
                (names[1], str(credentials)),
            ]
        )
        return True

    @property
    def status(self) -> int:
        """The status the INVITE was answered with; 0 for none."""
        return self.response.status if self.response is not None else 0
