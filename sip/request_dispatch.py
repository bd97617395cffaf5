"""What a UAS does with each request: RFC 3261 section 8.2, before a session or the owner sees it."""

from __future__ import annotations

from typing import Final

from sip.dialog import DialogId
from sip.errors import PeerError
from sip.events import IncomingInvite, IncomingRequest
from sip.flow import Flow
from sip.invite_session import InviteSession
from sip.invite_uas import InviteUas
from sip.message import Request
from sip.replaces import find_replaced
from sip.response_route import note_source, response_route
from sip.session_state import SessionState
from sip.session_timer import minimum, too_small
from sip.source_limits import IN_DIALOG, Verdict
from sip.stateless import StatelessAnswers
from sip.transaction.layer import ServerEntry
from sip.transaction.matching import cancelled_key, server_key
from sip.user_agent_core import UserAgentCore
from sip.validation import Capabilities, Refusal, check_request

_ONLY_IN_DIALOGS: Final = frozenset({"BYE", "INFO", "PRACK", "UPDATE"})
_WITH_DESCRIPTION: Final = frozenset({"INVITE", "PRACK", "UPDATE"})
_DESCRIPTION_TYPES: Final = frozenset({"application/sdp", "multipart/mixed", "multipart/alternative"})


class RequestDispatch:
    """Finds who answers a request, and answers by itself, without state, what nobody needs to see."""

    def __init__(self, core: UserAgentCore, answers: StatelessAnswers) -> None:
        self._core = core
        self._answers = answers
        self._capabilities = Capabilities(
            frozenset(core.methods), frozenset(core.extensions), _DESCRIPTION_TYPES
        )
        self.overloaded = 0
        self.unmatched = 0

    def receive(self, request: Request, flow: Flow, now: float) -> None:
        """Take a request that could be parsed."""
        refusal = self._examine(request, flow)
        if refusal is not None:
            self._answers.refuse(request, flow, refusal, now)
        elif (known := self._core.layer.server(server_key(request))) is not None:
            self._receive_again(known, request, flow, now)
        elif request.method == "ACK":
            self._receive_ack(request, flow, now)
        elif request.method == "CANCEL":
            self._receive_cancel(request, flow, now)
        else:
            self._receive_new(request, flow, now)

    def _receive_new(self, request: Request, flow: Flow, now: float) -> None:
        core = self._core
        session = core.dialogs.get(dialog_id(request))
        if not (
            self._is_welcome(request, flow, now)
            if session is None
            else self._is_borne(session, request, flow, now)
        ):
            return
        found: InviteSession | Refusal | None = self._admit(request, in_dialog=session is not None)
        if found is None and session is None:
            found = find_replaced(core, request)
        if isinstance(found, Refusal):
            self._answers.refuse(request, flow, found, now)
        elif session is not None:
            session.in_dialog.receive(self._accept(request, flow, request.to.tag or "", now), now)
        elif request.method == "INVITE":
            self._begin_session(self._accept(request, flow, core.token(), now), found, now)
        else:
            entry = self._accept(request, flow, core.token(), now)
            core.emit(IncomingRequest(entry, request, flow))

    def _examine(self, request: Request, flow: Flow) -> Refusal | None:
        """Check the form of a request, what it needs, and that every field acted on later can be read."""
        try:
            note_source(request, flow)
            refusal = check_request(request, self._capabilities)
            if request.method in _WITH_DESCRIPTION:
                _ = request.supported, request.allow, request.session_expires, request.min_se
                _ = request.rack, request.expires
        except PeerError as flaw:
            return Refusal(flaw.status, flaw.reason, str(flaw))
        if refusal is None:
            return None
        if refusal.status == 405:
            return Refusal(405, refusal.reason, refusal.detail, (("Allow", self._core.allow),))
        if refusal.status == 415 and request.method not in _WITH_DESCRIPTION:
            return None  # whose body it is decides: INFO has its own list, the owner the rest
        return refusal

    def _is_welcome(self, request: Request, flow: Flow, now: float) -> bool:
        """Tell whether the source of a new request has not sent too many, and answer one that has."""
        verdict = self._core.sources.judge(flow.remote[0], now)
        if verdict is Verdict.REFUSED:
            self._answers.answer(request, flow, self._too_much("too many requests of this source"), now)
        return verdict is Verdict.SERVED

    def _is_borne(self, session: InviteSession, request: Request, flow: Flow, now: float) -> bool:
        """Tell whether a peer has not asked too much in a dialog or in all of them, and answer one that has.

        What is too much ends nothing (RFC 5057 section 5.1), and a BYE never is.
        """
        ends = request.method == "BYE" and session.state is not SessionState.TERMINATED
        sources = self._core.sources
        if ends or (session.asked.pour(now, IN_DIALOG) and sources.serves_within(flow.remote[0], now)):
            return True
        self._answers.refuse(request, flow, self._too_much("too many requests within dialogs"), now)
        return False

    def _receive_again(self, known: ServerEntry, request: Request, flow: Flow, now: float) -> None:
        """Let a request be answered as before, or acknowledge; no more often than refusals are given.

        Whoever writes another's address into his packets makes us send it our answers.
        """
        core = self._core
        if request.method == "ACK" or core.sources.may_refuse(flow.remote[0], now):
            core.layer.absorb(known, request, now)

    def _too_much(self, detail: str) -> Refusal:
        retry = (("Retry-After", str(self._core.config.retry_after)),)
        return Refusal(503, "Service Unavailable", detail, retry)

    def _admit(self, request: Request, *, in_dialog: bool) -> Refusal | None:
        """Refuse what is out of place or beyond the limits. Requests in dialogs get twice the room."""
        core, config = self._core, self._core.config
        if core.layer.is_merged(request):
            return Refusal(482, "Loop Detected", "a copy of this request came another way (8.2.2.2)")
        lost = request.to.tag is not None and request.method != "REGISTER"
        if not in_dialog and (lost or request.method in _ONLY_IN_DIALOGS):
            return Refusal(481, "Call/Transaction Does Not Exist", "no such dialog here (12.2.2)")
        limit = config.maximum_transactions * (2 if in_dialog else 1)
        full = core.layer.server_count >= limit
        if request.method == "INVITE" and not in_dialog:
            full = full or len(core.sessions) >= config.maximum_sessions
        if full:
            self.overloaded += 1
            return self._too_much("too many transactions or sessions")
        if request.method == "INVITE" and not in_dialog and too_small(request, config):
            min_se = (("Min-SE", str(minimum(config))),)
            return Refusal(422, "Session Interval Too Small", "raise Session-Expires (RFC 4028)", min_se)
        return None

    def _accept(self, request: Request, flow: Flow, to_tag: str, now: float) -> ServerEntry:
        route = response_route(request, flow, follow_flow=self._core.config.follow_flow)
        return self._core.layer.accept(request, flow, route, to_tag, now)

    def _begin_session(self, entry: ServerEntry, replaced: InviteSession | None, now: float) -> None:
        core = self._core
        session = InviteSession(core, entry.request, entry.flow, SessionState.INCOMING)
        session.uas = InviteUas(session, entry, now)
        entry.user = session.uas
        core.emit(IncomingInvite(session, replaced))

    def _receive_ack(self, ack: Request, flow: Flow, now: float) -> None:
        session = self._core.dialogs.get(dialog_id(ack))
        if session is None:
            self.unmatched += 1
            self._core.sources.note_useless(flow.remote[0], now)
        else:
            session.receive_ack(ack, now)

    def _receive_cancel(self, cancel: Request, flow: Flow, now: float) -> None:
        """Answer a CANCEL for the hop it came from, then act on it (section 9.2)."""
        core = self._core
        invite = core.layer.server(cancelled_key(cancel))
        if invite is None:
            unknown = Refusal(481, "Call/Transaction Does Not Exist", "no such INVITE")
            self._answers.refuse(cancel, flow, unknown, now)
            return
        entry = self._accept(cancel, flow, invite.to_tag, now)
        core.respond(entry, 200, now)
        if invite.user is not None:
            invite.user.receive_cancel(invite, cancel, now)


def dialog_id(request: Request) -> DialogId:
    """Return the dialog a request of the peer is in, from our side (section 12)."""
    return request.call_id, request.to.tag or "", request.from_.tag or ""
