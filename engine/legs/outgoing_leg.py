"""A SIP leg that we make: an INVITE with our offer, until somebody answers or nobody does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.legs.leg_ended import LegEnded
from engine.legs.leg_media import LegMedia
from engine.legs.sip_leg import Headers, SipLeg
from engine.peers.sip_requests import SipRequests
from engine.reporting import log
from media.errors import RemoteError
from media.plane.plane import MediaPlane
from sip.challenges import ChallengeAnswers
from sip.description import description
from sip.dialog_login import DialogLogin
from sip.events import Answered, EndCause, Provisional, Rejected, SessionEnded, SipEvent
from sip.flow import Route, place_of
from sip.invite_session import InviteSession
from sip.message import Request, Response

if TYPE_CHECKING:
    from media.webrtc.path import WebRtcPath

REPEATED = frozenset({"call-id", "cseq", "authorization", "proxy-authorization"})
"""Headers of a repeated INVITE that make it the same call (RFC 3261 8.1.3.5)."""


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """Whom to invite, and as whom."""

    request_uri: str
    from_: str
    """A header value without a tag."""
    to: str
    destination: Route
    headers: tuple[tuple[str, str], ...] = ()
    caller: str = ""
    """Who calls, for the Contact: a number or a login; empty names nobody."""
    answers: ChallengeAnswers | None = None
    """Answers challenges of the destination."""


class OutgoingLeg(SipLeg):
    """Rings somebody. ``answered`` is done when they answer; ``ended`` when nobody did, or later.

    ``adopt`` is told each session this leg has, so that its events find the way here.
    """

    def __init__(
        self,
        invitation: Invitation,
        requests: SipRequests,
        plane: MediaPlane,
        media: LegMedia,
        adopt: Callable[[InviteSession, SipLeg], None],
        beside: SipLeg | None,
    ) -> None:
        self._invitation = invitation
        self._adopt = adopt
        self._retrying = False
        self._early_branch: str | None = ""
        """The To tag of whom is heard before the answer; empty for nobody yet."""
        self.response: Response | None = None
        """The final response to the INVITE, or the response to our BYE."""
        loop = asyncio.get_running_loop()
        self.answered: asyncio.Future[None] = loop.create_future()
        self.ringing = asyncio.Event()
        self.on_early: Callable[[OutgoingLeg], None] | None = None
        """Called when the callee may send sound before they answer: a ring tone, an announcement."""
        self._gathering: asyncio.Task[None] | None = None
        super().__init__(None, requests.stack, requests.endpoint, plane, media)
        self.beside = beside

    def invite(self) -> None:
        """Open the sound and send the INVITE; raises :class:`MediaUnavailable`."""
        if self._sound.goes_to_browser:
            self._sound.meet_browser(controlling=True, on_lost=self._lose_path)
        self._open_sound()
        path = self._sound.path
        if path is not None and path.options.ice.asks_servers:
            self._gathering = asyncio.get_running_loop().create_task(self._invite_when_gathered(path))
        else:
            self._invite()

    async def _invite_when_gathered(self, path: WebRtcPath) -> None:
        """Send the INVITE once STUN and TURN servers have told our candidates."""
        await path.gather()
        if not self.gone:
            self._invite()

    def _invite(self) -> None:
        self._sound.offer()
        self._send()
        self._stack.settle()

    def hang_up(self, headers: Headers = ()) -> None:
        """End the leg in the way its state asks; one that has not invited yet never will."""
        if self._known_session is not None:
            super().hang_up(headers)
        elif not self.gone:
            self._end(LegEnded(EndCause.LOCAL))

    def _send(self, again: Request | None = None) -> None:
        """Send the INVITE; ``again`` is how a challenged one is repeated."""
        invitation = self._invitation
        headers = list(invitation.headers)
        if again is not None:
            headers += [(name, value) for name, value in again.headers if name.lower() in REPEATED]
        self._known_session = self._endpoint.invite(
            self._stack.now(),
            request_uri=invitation.request_uri,
            from_=invitation.from_ if again is None else again.headers.get("From", invitation.from_),
            to=invitation.to,
            destination=invitation.destination,
            contact=self._contact(),
            body=self._sound.description,
            headers=headers,
        )
        if invitation.answers is not None:
            host = place_of(invitation.destination)[1]
            self._known_session.answer_challenges(DialogLogin(invitation.answers, host))
        self._adopt(self._known_session, self)

    def close(self) -> None:
        self.on_early = None
        super().close()

    @property
    def heard(self) -> bool:
        """Whether anything came back, be it only 100."""
        return self._known_session is not None and self._known_session.heard

    def _contact(self) -> str | None:
        """Name the caller in the user part alone.

        Restcomm adds a display name when there is a callerId (rcml.md 5.6); equipment that takes the whole
        value for a URI, SIPp among it, then sends its BYE nowhere.
        """
        invitation = self._invitation
        if not invitation.caller:
            return None
        secure = invitation.request_uri.lower().startswith("sips:")
        return self._endpoint.contact(invitation.destination, invitation.caller, secure=secure)

    def receive(self, event: SipEvent) -> None:
        """Take an event of this leg's session."""
        match event:
            case Provisional(response=response):
                self._receive_provisional(response)
            case Answered(response=response):
                self.response = response
                if self._can_talk(description(response)):
                    self._begin_talk()
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

    def _can_talk(self, body: bytes) -> bool:
        """Take the description in the 2xx, and end a leg whose callee left nothing to talk by."""
        if body:
            # Also after a 183: another branch of a fork may answer than the one that rang first.
            self._sound.await_answer_again()
        if not self._sound.awaits_answer:
            return True
        try:
            self._take_answer(body)
        except RemoteError as error:
            # Before the BYE, whose end of the session would count as our own wish.
            self._end(LegEnded(EndCause.PROTOCOL, str(error)))
            self._leave(error)
            return False
        return True

    def _begin_talk(self) -> None:
        """Count as answered: at once, or when a browser's sound has its way."""
        path = self._sound.path
        if path is not None and not path.established.is_set():
            path.on_established = self._begin_talk
        elif not self.answered.done():
            self.answered.set_result(None)
            self._expect_sound()

    def _receive_provisional(self, response: Response) -> None:
        """Take the sound before the answer: of a fork, of the branch that described itself last.

        One that cannot be used is not heard; the 2xx may say better.
        """
        self.ringing.set()
        body, branch = description(response), response.to.tag
        if self.gone or not body or branch == self._early_branch:
            return
        self._sound.await_answer_again()
        try:
            self._take_answer(body)
        except RemoteError as error:
            log.get("leg").info("early.unusable", error=str(error))
            self._sound.await_answer_again()
            return
        self._early_branch = branch
        if self.on_early is not None:
            self.on_early(self)

    @property
    def _established(self) -> bool:
        return self.answered.done()

    def _try_again(self, response: Response) -> bool:
        """Answer a challenge; say whether that was possible.

        Only one that came from where the INVITE went: a realm proves nothing about who names it.
        """
        answers, flow = self._invitation.answers, self._session.flow
        host = place_of(self._invitation.destination)[1]
        if answers is None or (flow is not None and flow.remote[0] != host):
            return False
        again = answers.answer(self._session.request, response)
        if again is None:
            return False
        self._send(again)
        return True

    @property
    def status(self) -> int:
        """The status the INVITE was answered with; 0 for none."""
        return self.response.status if self.response is not None else 0
