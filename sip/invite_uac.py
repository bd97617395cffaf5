"""The first INVITE as its UAC tells it: RFC 3261 sections 13.2 and 9.1, RFC 3262 section 4, RFC 6026."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sip.description import SDP, description
from sip.dialog import Dialog
from sip.events import Answered, EndCause, OfferReceived, Provisional, Rejected
from sip.late_success import MOST_FORKS, LateSuccesses
from sip.message import Request, Response
from sip.outgoing_offer import OfferInSuccess
from sip.reliable import ReliableOrder
from sip.session_alarms import Alarm
from sip.session_state import Exchange, SessionState
from sip.session_timer import accept_timer, minimum_wanted, offer_timer
from sip.transaction.effects import EndReason
from sip.transaction.in_transaction import cancellation
from sip.transaction.layer import UNOBSERVED, ClientEntry
from sip.user_agent_core import FieldList

if TYPE_CHECKING:
    from sip.invite_session import InviteSession

MOST_422: Final = 3
"""Answers 422 to one INVITE before we take them for a refusal."""


class EarlyDialog:
    """What one branch of a forked INVITE said before the final response."""

    __slots__ = ("dialog", "order")

    def __init__(self, dialog: Dialog) -> None:
        self.dialog = dialog
        self.order = ReliableOrder()


class InviteUac:
    """Delivers the INVITE that begins a session, and acts on every response to it."""

    def __init__(self, session: InviteSession, now: float) -> None:
        self._session = session
        self._core = session.core
        self._early: dict[str, EarlyDialog] = {}
        self._late: LateSuccesses | None = None
        """Takes what comes after the first 2xx."""
        self._ringing = False
        self._cancel: FieldList | None = None
        self._refused_timers = 0
        if session.request.body:
            session.exchange = Exchange.OFFER_SENT
            session.local_description = description(session.request)
        if "Session-Expires" not in session.request.headers:
            for name, value in offer_timer(self._core.config):
                session.request.headers.add(name, value)
        self._entry = self._core.send(session.request, session.usage.route, self, now)

    @property
    def heard(self) -> bool:
        """Whether the INVITE was answered at all."""
        return self._entry.flow is not None

    def cancel(self, now: float, headers: FieldList) -> None:
        """Give up the INVITE: at once when something was heard, else when it is (section 9.1)."""
        self._session.state = SessionState.CANCELLING
        self._cancel = tuple(headers)
        if self._ringing:
            self._send_cancel(now)

    def give_up_cancelled(self, now: float) -> None:
        """End without the final response, 64*T1 after the CANCEL (section 9.1)."""
        self._core.layer.abandon(self._entry)
        self._session.end(now, EndCause.CANCELLED)

    def let_go(self) -> None:
        """Leave what may still come of an INVITE that was answered to what needs no session."""
        if self._late is not None:
            self._entry.user = self._late

    def receive_response(self, entry: ClientEntry, response: Response, now: float) -> None:
        """Take a response to the INVITE; each 2xx also when it is repeated."""
        if self._late is not None:
            self._late.receive_response(entry, response, now)
            return
        if entry.flow is not None:
            self._session.usage.route = entry.flow
        if response.status < 200:
            self._heard_provisional(response, now)
        elif response.status < 300:
            tag = response.to.tag or ""
            self._late = LateSuccesses(self._session.usage, tag)
            self._confirm(entry, response, tag, now)
        elif entry is self._entry:
            self._heard_failure(response, now)

    def client_failed(self, entry: ClientEntry, reason: EndReason, now: float) -> None:
        """End: nobody answered, or the INVITE could not be sent."""
        timeout = reason is EndReason.TIMEOUT
        self._fail(now, EndCause.TIMEOUT if timeout else EndCause.TRANSPORT, None)

    def _heard_provisional(self, response: Response, now: float) -> None:
        session = self._session
        if session.state is SessionState.TERMINATED:
            return
        self._ringing = True
        if self._cancel is not None:
            if not session.alarms.running(Alarm.CANCEL_UNANSWERED):
                self._send_cancel(now)
            return
        if response.status == 100:
            return
        early = self._early_dialog(response)
        if early is None and response.to.tag is not None:
            return
        if early is not None and "100rel" in response.require:
            self._heard_reliable(early, response, now)
            return
        session.state = SessionState.EARLY
        session.emit(Provisional(session, response))

    def _heard_reliable(self, early: EarlyDialog, response: Response, now: float) -> None:
        """Take a response that wants PRACK; a repeated or disordered one is dropped (RFC 3262 section 4)."""
        session, rseq = self._session, response.rseq
        if rseq is None or not early.order.is_next(rseq):
            return
        session.state = SessionState.EARLY
        body = description(response)
        offered = bool(body) and session.exchange is Exchange.NONE and not session.local_description
        if body and session.exchange is Exchange.OFFER_SENT:
            session.exchange = Exchange.NONE
            session.remote_description = body
        session.emit(Provisional(session, response))
        prack = OfferInProvisional(session, response)
        if not offered:
            prack.send(now, b"")
            return
        session.exchange = Exchange.OFFER_RECEIVED
        session.remote_description = body
        session.pending_offer = prack
        session.emit(OfferReceived(session, "INVITE", body))

    def _early_dialog(self, response: Response) -> EarlyDialog | None:
        """Return the early dialog of a response, and make it the session's.

        None without a To tag, as RFC 2543 allows, and for one fork too many.
        """
        tag, usage = response.to.tag, self._session.usage
        if tag is None:
            return None
        early = self._early.get(tag)
        if early is None:
            if len(self._early) >= MOST_FORKS:
                return None
            early = self._early[tag] = EarlyDialog(Dialog.of_uac(self._session.request, response))
        current = usage.dialog
        if current is None or current.remote_tag != tag:
            if current is not None:
                self._early[current.remote_tag].dialog = current
            self._session.establish(early.dialog)
        self._session.peer_allows = response.allow or self._session.peer_allows
        return early

    def _confirm(self, entry: ClientEntry, response: Response, tag: str, now: float) -> None:
        """Take the first 2xx: it makes the dialog, and must be acknowledged (section 13.2.2.4)."""
        session = self._session
        self._early_dialog(response)
        dialog = session.dialog
        if dialog is None or dialog.remote_tag != tag:
            dialog = Dialog.of_uac(session.request, response)
        session.establish(dialog.confirmed(response))
        session.peer_allows = response.allow or session.peer_allows
        if session.state in (SessionState.CANCELLING, SessionState.TERMINATED):
            # The CANCEL crossed the answer: the call is set up, so it must be taken down.
            OfferInSuccess(session, entry).withdraw(now)
            session.end_with_bye(now, EndCause.CANCELLED, response)
            return
        session.state = SessionState.CONFIRMED
        session.begin_timer(accept_timer(response, self._core.config, now))
        body = description(response)
        if body and session.exchange is Exchange.NONE and not session.local_description:
            session.exchange = Exchange.OFFER_RECEIVED
            session.remote_description = body
            session.pending_offer = OfferInSuccess(session, entry)
            session.emit(Answered(session, response))
            session.emit(OfferReceived(session, "INVITE", body))
            return
        if session.exchange is Exchange.OFFER_SENT:
            session.remote_description = body
            session.exchange = Exchange.NONE
        OfferInSuccess(session, entry).withdraw(now)
        session.emit(Answered(session, response))
        session.offers.proceed(now)

    def _heard_failure(self, response: Response, now: float) -> None:
        if response.status == 422 and self._cancel is None and self._refused_timers < MOST_422:
            self._refused_timers += 1
            self._ask_for_longer_timer(response, now)
            return
        self._fail(now, EndCause.REJECTED, response)

    def _ask_for_longer_timer(self, response: Response, now: float) -> None:
        """Send the INVITE again with the interval a 422 asks for (RFC 4028 section 7.3)."""
        session = self._session
        old = session.request
        fields = [(name, value) for name, value in old.headers if name.lower() not in _RENEWED]
        request = Request(old.method, old.uri_text, fields, old.body)
        request.headers.set("CSeq", f"{old.cseq.number + 1} INVITE")
        for name, value in offer_timer(self._core.config, minimum_seen=minimum_wanted(response)):
            request.headers.set(name, value)
        session.request = request
        self._ringing = False
        self._early.clear()
        session.usage.dissolve()
        session.usage.dialog = None
        self._entry = self._core.send(request, session.usage.route, self, now)

    def _fail(self, now: float, cause: EndCause, response: Response | None) -> None:
        session = self._session
        if self._cancel is not None:
            session.end(now, EndCause.CANCELLED, response)
            return
        session.emit(Rejected(session, response, cause))
        session.end(now, cause, response)

    def _send_cancel(self, now: float) -> None:
        """Send CANCEL the way the INVITE went, and wait 64*T1 for what it brings about."""
        cancel = cancellation(self._entry.request)
        for name, value in self._cancel or ():
            cancel.headers.add(name, value)
        self._core.layer.start(cancel, self._entry.route, UNOBSERVED, now)
        limit = now + self._core.config.timers.transaction_timeout
        self._session.alarms.start(Alarm.CANCEL_UNANSWERED, limit)


_RENEWED: Final = frozenset({"via", "v", "content-length", "l", "session-expires", "x", "min-se"})


class OfferInProvisional:
    """An offer in a reliable provisional response; the PRACK carries the answer (RFC 3262 section 5)."""

    def __init__(self, session: InviteSession, response: Response) -> None:
        self._session = session
        self._response = response

    def accept(self, now: float, body: bytes) -> None:
        """Send the PRACK with the answer."""
        self._session.exchange = Exchange.NONE
        self._session.local_description = body
        self.send(now, body)

    def refuse(self, now: float, status: int) -> None:
        """Send an empty PRACK and give up the INVITE: nothing else refuses such an offer."""
        self._session.exchange = Exchange.NONE
        self.send(now, b"")
        self._session.hang_up(now)

    def withdraw(self, now: float) -> None:
        """Do nothing: the INVITE has its final response."""

    def send(self, now: float, body: bytes) -> None:
        """Send the PRACK."""
        response, usage = self._response, self._session.usage
        rack = f"{response.rseq} {response.cseq.number} {response.cseq.method}"
        prack = usage.request("PRACK", body=body, content_type=SDP, headers=[("RAck", rack)])
        usage.send(prack, UNOBSERVED, now)
