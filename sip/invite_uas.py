"""The first INVITE as its UAS tells it: RFC 3261 sections 13.3 and 9.2, RFC 3262 section 3."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from sip.description import SDP, description
from sip.dialog import Dialog
from sip.errors import UsageError
from sip.events import EndCause, OfferAnswered, RemoteCancelled
from sip.incoming_offer import IncomingOffer
from sip.message import Request, Response
from sip.reliable import FIRST_RSEQ_LIMIT, ReliableResponses
from sip.retransmission import Due
from sip.session_alarms import Alarm
from sip.session_state import Exchange, SessionState
from sip.session_timer import answer_timer
from sip.transaction.layer import ServerEntry
from sip.user_agent_core import FieldList

if TYPE_CHECKING:
    from sip.invite_session import InviteSession

KEEP_EARLY_INTERVAL: Final = 60.0
"""Seconds between provisional responses, so that no proxy gives up on the INVITE (section 13.3.1.1)."""


class InviteUas:
    """Answers the INVITE that began a session."""

    def __init__(self, session: InviteSession, entry: ServerEntry, now: float) -> None:
        self._session = session
        self._core = session.core
        self.entry = entry
        request = entry.request
        config = self._core.config
        self._reliably = config.reliable_provisional and "100rel" in (*request.supported, *request.require)
        self._reliable_only = "100rel" in request.require
        first = zlib.crc32(self._core.token().encode()) % FIRST_RSEQ_LIMIT + 1
        self._reliable = ReliableResponses(first, config.timers)
        self._last: tuple[int, bytes] = (180, b"")
        self._deferred: tuple[bytes, FieldList] | None = None
        self._described = False
        """A reliable response carried our description, so the 2xx must not."""
        session.peer_allows = request.allow
        session.remote_description = session.offer_body or b""
        if session.offer_body:
            session.exchange = Exchange.OFFER_RECEIVED
        session.establish(Dialog.of_uas(request, entry.to_tag))
        if request.expires is not None:
            session.alarms.start(Alarm.INVITE_EXPIRES, now + request.expires)

    def receive_ack(self, ack: Request, now: float) -> None:
        """Take an ACK that came in the INVITE's transaction, as RFC 2543 clients send it."""
        self._session.receive_ack(ack, now)

    def provisional(self, now: float, status: int, body: bytes, headers: FieldList) -> None:
        """Send a 101-199 response, reliably if it must or may be."""
        if not 101 <= status <= 199:
            raise UsageError(f"provisional response {status}; use 101 to 199")
        session = self._session
        reliably = self._reliable_only or (self._reliably and bool(body))
        if session.offer_body is None and not reliably:
            # 13.2.1: an offer of ours may only travel in a message that arrives for sure.
            body = b""
        session.state = SessionState.EARLY
        self._last = (status, body)
        response = self._response(status, None, body, headers)
        if reliably:
            if body:
                self._describe(body)
            self._reliable.add(response)
            self._send_next_reliable(now)
        else:
            self._core.layer.respond(self.entry, response, now)
        session.alarms.start(Alarm.KEEP_EARLY, now + KEEP_EARLY_INTERVAL)

    def keep_early(self, now: float) -> None:
        """Repeat the last provisional response, without a body if that has arrived for sure."""
        status, body = self._last
        self.provisional(now, status, b"" if self._described else body, ())

    def expire(self, now: float) -> None:
        """Refuse an INVITE that nobody answered in the time its Expires gave (section 13.3.1)."""
        self.reject(now, 487, cause=EndCause.TIMEOUT)

    def answer(self, now: float, body: bytes, headers: FieldList) -> None:
        """Send 200, or hold it back until the description before it is acknowledged."""
        if self._reliable.has_description_waiting():
            self._deferred = (body, headers)
            return
        session = self._session
        session.alarms.stop(Alarm.INVITE_EXPIRES, Alarm.KEEP_EARLY, Alarm.RESEND_PROVISIONAL)
        self._reliable.clear()
        agreed = answer_timer(self.entry.request, self._core.config, now)
        if self._described:
            body = b""
        offers = bool(body) and session.exchange is Exchange.NONE
        if body:
            session.local_description = body
            session.exchange = Exchange.OFFER_SENT if offers else Exchange.NONE
        response = self._response(200, None, body, (*agreed.headers, *headers))
        assert session.dialog is not None, "a UAS has its dialog from the start"
        session.establish(session.dialog.confirmed())
        session.state = SessionState.ANSWERED
        session.begin_timer(agreed.timer)
        self._core.layer.respond(self.entry, response, now)
        session.await_ack(self.entry, response, now, carries_offer=offers)

    def reject(
        self,
        now: float,
        status: int,
        reason: str | None = None,
        headers: FieldList = (),
        *,
        cause: EndCause = EndCause.REJECTED,
        message: Request | None = None,
    ) -> None:
        """Refuse the INVITE, and end."""
        if not 300 <= status <= 699:
            raise UsageError(f"reject with {status}; use 300 to 699")
        self._core.respond(self.entry, status, now, reason, headers=headers)
        self._session.end(now, cause, message)

    def receive_cancel(self, invite: ServerEntry, cancel: Request, now: float) -> None:
        """Take a CANCEL; one that comes after our final response changes nothing (section 9.2)."""
        if self._is_open():
            self._session.emit(RemoteCancelled(self._session, cancel))
            self.reject(now, 487, cause=EndCause.CANCELLED, message=cancel)

    def end_early(self, bye: Request, now: float) -> None:
        """Refuse an INVITE whose early dialog the caller ended with BYE (section 15.1.2)."""
        if self._is_open():
            self.reject(now, 487, cause=EndCause.BYE, message=bye)

    def receive_prack(self, entry: ServerEntry, now: float) -> None:
        """Take the PRACK of a reliable provisional response (RFC 3262 section 3)."""
        request, session = entry.request, self._session
        rack = request.rack
        acknowledged = self._reliable.acknowledge(rack) if rack is not None else None
        if acknowledged is None:
            self._core.respond(entry, 481, now)
            return
        session.alarms.stop(Alarm.RESEND_PROVISIONAL)
        body = description(request)
        if body and session.exchange is Exchange.NONE:
            IncomingOffer.receive(session, entry, body, now)
        elif body and session.exchange is Exchange.OFFER_RECEIVED:
            self._core.respond(entry, 488, now)
        else:
            self._core.respond(entry, 200, now)
            if body:
                session.exchange = Exchange.NONE
                session.remote_description = body
                session.emit(OfferAnswered(session, body))
        self._send_next_reliable(now)
        if self._deferred is not None and session.state is SessionState.EARLY:
            deferred, self._deferred = self._deferred, None
            self.answer(now, *deferred)

    def resend_reliable(self, now: float) -> None:
        """Repeat the reliable response, or give up on a caller that never sent PRACK."""
        current, retransmission = self._reliable.current, self._reliable.retransmission
        if current is None or retransmission is None:
            return
        if retransmission.due(now) is Due.GIVE_UP:
            self.reject(now, 504, cause=EndCause.TIMEOUT)
            return
        self._core.layer.respond(self.entry, current, now)
        self._session.alarms.start(Alarm.RESEND_PROVISIONAL, retransmission.next_deadline())

    def _send_next_reliable(self, now: float) -> None:
        response = self._reliable.next(now)
        if response is not None and self._reliable.retransmission is not None:
            self._core.layer.respond(self.entry, response, now)
            deadline = self._reliable.retransmission.next_deadline()
            self._session.alarms.start(Alarm.RESEND_PROVISIONAL, deadline)

    def _describe(self, body: bytes) -> None:
        """Note that our answer, or our offer, travels reliably before the 2xx."""
        session = self._session
        session.local_description = body
        if self._described:
            return
        self._described = True
        session.exchange = Exchange.NONE if session.offer_body is not None else Exchange.OFFER_SENT

    def _is_open(self) -> bool:
        return self._session.state in (SessionState.INCOMING, SessionState.EARLY)

    def _response(self, status: int, reason: str | None, body: bytes, headers: FieldList) -> Response:
        """Build a response that makes or confirms the dialog (section 12.1.1)."""
        response = self._core.response(
            self.entry, status, reason, headers=headers, body=body, content_type=SDP
        )
        fields = response.headers
        fields.copy_from(self.entry.request.headers, "Record-Route")
        if "Contact" not in fields:
            fields.add("Contact", self._session.usage.contact)
        fields.add("Allow", self._core.allow)
        if self._core.extensions:
            fields.add("Supported", ", ".join(self._core.extensions))
        return response
