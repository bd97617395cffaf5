"""INVITE sessions: RFC 3261 sections 12 to 15, with RFC 3262, RFC 3311 and RFC 4028.

The session knows *when* a description may travel (which message may carry an offer, which must carry the
answer) and carries descriptions as bytes; what they say is not its business. The first INVITE is told in
:mod:`sip.invite_uas` and :mod:`sip.invite_uac`, later offers in :mod:`sip.incoming_offer` and
:mod:`sip.outgoing_offer`, requests in the dialog in :mod:`sip.in_dialog`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sip.description import description
from sip.dialog import Dialog
from sip.dialog_login import DialogLogin
from sip.errors import UsageError
from sip.events import Acknowledged, EndCause, SessionEnded, SipEvent
from sip.flow import Flow, Route
from sip.in_dialog import EndingRequest, InDialogRequests
from sip.incoming_offer import IncomingOffer
from sip.invite_uac import InviteUac
from sip.invite_uas import InviteUas
from sip.message import Request, Response
from sip.outgoing_offer import OfferQueue, OutgoingOffers
from sip.outgoing_refer import OutgoingRefer
from sip.retransmission import Due, Retransmission
from sip.session_alarms import Alarm, SessionAlarms
from sip.session_state import Exchange, PendingOffer, SessionState
from sip.session_timer import SessionTimer
from sip.source_limits import Bucket
from sip.transaction.layer import ClientEntry, ServerEntry
from sip.usage import DialogUsage
from sip.user_agent_core import FieldList, UserAgentCore


class AwaitedAck:
    """A 2xx of ours that the peer has to acknowledge."""

    __slots__ = ("carries_offer", "entry", "response", "retransmission")

    def __init__(
        self, entry: ServerEntry, response: Response, retransmission: Retransmission, carries_offer: bool
    ) -> None:
        self.entry = entry
        self.response = response
        self.retransmission = retransmission
        self.carries_offer = carries_offer


_UNANSWERED: Final = (SessionState.INCOMING, SessionState.EARLY)
_OVER: Final = (SessionState.TERMINATED, SessionState.CANCELLING)


class InviteSession:
    """One INVITE session as a UAS or UAC sees it: its dialog, its offers and answers, its end.

    Made by :meth:`SipEndpoint.invite` or announced by :class:`IncomingInvite`. Methods only queue messages
    and events in the endpoint; the owner settles the shell afterwards. A method that the state does not allow
    raises :class:`sip.errors.UsageError`; ``hang_up``, ``accept_offer`` and ``refuse_offer`` never do, since
    the peer may have ended or withdrawn meanwhile what they act upon.

    A session that has ended is in no circle of references: it, and the messages it holds, are gone as soon as
    nobody has it any more. What knows the session is made when it is asked for, or let go of at the end.
    """

    def __init__(
        self,
        core: UserAgentCore,
        request: Request,
        route: Route,
        state: SessionState,
        contact: str | None = None,
    ) -> None:
        self.request = request
        """The INVITE that began it."""
        self.call_id = request.call_id
        self.state = state
        self.offer_body: bytes | None = description(request) or None
        """The offer in the INVITE; None when it carried none (the 2xx then carries one)."""
        self.exchange = Exchange.NONE
        self.core = core
        self.usage = DialogUsage(core, route, contact, request)
        self.alarms = SessionAlarms(self, core.wakeups)
        self.pending_offer: PendingOffer | None = None
        self.local_description = b""
        """What we described last, for a refresh that changes nothing."""
        self.remote_description = b""
        self.peer_allows: tuple[str, ...] = ()
        self.timer: SessionTimer | None = None
        self.offer_queue = OfferQueue()
        self.uas: InviteUas | None = None
        self.uac: InviteUac | None = None
        self.refers: list[OutgoingRefer] = []
        """Our references in this dialog, oldest first."""
        self.was_referred = False
        """The peer has sent a REFER."""
        self.asked = Bucket()
        """What the peer asked in the dialog of late."""
        self._incoming = state is SessionState.INCOMING
        self._heard = self._incoming
        self._awaited: dict[int, AwaitedAck] = {}
        self._bye_headers: FieldList | None = None
        core.sessions.add(self)

    @property
    def dialog(self) -> Dialog | None:
        """The dialog as it stands; None before the first response that makes one."""
        return self.usage.dialog

    @property
    def flow(self) -> Flow | None:
        """Where the peer's last message came from; None for a UAC that has heard nothing yet."""
        route = self.usage.route
        return route if isinstance(route, Flow) else None

    @property
    def heard(self) -> bool:
        """Whether anything has come from the peer, be it only 100."""
        return self._heard if self.uac is None else self.uac.heard

    @property
    def offers(self) -> OutgoingOffers:
        """What makes offers of ours."""
        return OutgoingOffers(self)

    @property
    def in_dialog(self) -> InDialogRequests:
        """What deals with requests in the dialog."""
        return InDialogRequests(self)

    def __repr__(self) -> str:
        side = "UAS" if self._incoming else "UAC"
        return f"<InviteSession {side} {self.state.value} Call-ID {self.call_id[:80]!r}>"

    def ring(self, now: float, headers: FieldList = (), status: int = 180) -> None:
        """Send a provisional response without a body."""
        self._uas_in(_UNANSWERED, "ring").provisional(now, status, b"", headers)

    def progress(self, now: float, status: int, body: bytes, headers: FieldList = ()) -> None:
        """Send a provisional response with a body: reliably when the caller supports 100rel.

        The body is the answer, which ``answer`` has to repeat; after an INVITE without an offer it is our
        offer. Such an offer may only travel reliably, so without 100rel the response goes out without it.
        """
        self._uas_in(_UNANSWERED, "progress").provisional(now, status, body, headers)

    def answer(self, now: float, body: bytes, headers: FieldList = ()) -> None:
        """Send 200 with ``body``: the answer, or our offer when the INVITE carried none.

        The body is left out when a reliable provisional response has already carried it. The 200 waits for
        the PRACK of a provisional response with a body (RFC 3262 section 3).
        """
        self._uas_in(_UNANSWERED, "answer").answer(now, body, tuple(headers))

    def reject(self, now: float, status: int, reason: str | None = None, headers: FieldList = ()) -> None:
        """Refuse the INVITE with a 300-699 response; ``SessionEnded`` follows."""
        self._uas_in(_UNANSWERED, "reject").reject(now, status, reason, headers)

    def send_offer(self, now: float, body: bytes, method: str = "INVITE") -> None:
        """Offer anew, in a re-INVITE or an UPDATE; ``OfferAnswered`` or ``OfferRefused`` follows.

        An empty body (re-INVITE only) asks the peer for its offer. The request waits its turn while another
        exchange is under way, and is repeated by itself after a glare (491).
        """
        if method not in ("INVITE", "UPDATE") or (method == "UPDATE" and not body):
            raise UsageError(
                f"an offer in {method} with {len(body)} octets; use INVITE, or UPDATE with a body"
            )
        if self.dialog is None or self.state in (*_OVER, SessionState.INCOMING):
            raise UsageError(f"send_offer while {self.state.value}; offer once there is a dialog")
        self.offers.want(now, body, method)

    def accept_offer(self, now: float, body: bytes) -> None:
        """Answer the peer's offer (or make the offer it asked for); nothing happens when it is withdrawn."""
        pending, self.pending_offer = self.pending_offer, None
        if pending is not None:
            pending.accept(now, body)
            self.offers.proceed(now)

    def refuse_offer(self, now: float, status: int = 488) -> None:
        """Refuse the peer's offer; the session goes on as it was.

        An offer in a response can only be refused with the whole session (RFC 6337 section 2).
        """
        pending, self.pending_offer = self.pending_offer, None
        if pending is not None:
            pending.refuse(now, status)
            self.offers.proceed(now)

    def withdraw_offer(self, now: float) -> None:
        """Let go of an offer that needs no decision any more; the owner may still decide in vain."""
        pending, self.pending_offer = self.pending_offer, None
        if pending is not None:
            pending.withdraw(now)

    def send_request(
        self,
        now: float,
        method: str,
        body: bytes = b"",
        content_type: str | None = None,
        headers: FieldList = (),
    ) -> ClientEntry:
        """Send a request in the dialog; ``RequestAnswered`` or ``RequestTimedOut`` follows."""
        if self.dialog is None or self.state in _OVER:
            raise UsageError(
                f"send_request {method} while {self.state.value}; send it while there is a dialog"
            )
        if method in ("INVITE", "ACK", "CANCEL", "BYE", "PRACK"):
            raise UsageError(f"send_request {method}; use send_offer, answer or hang_up")
        return self.in_dialog.send(now, method, body, content_type, headers)

    def refer(self, now: float, refer_to: str, headers: FieldList = ()) -> OutgoingRefer:
        """Ask the peer to call somebody else; ``ReferProgress`` follows until nothing more will be told.

        ``refer_to`` is a header value, whose URI may hold Replaces among its headers (RFC 5589).
        """
        if self.state is not SessionState.CONFIRMED:
            raise UsageError(f"refer while {self.state.value}; refer once the call is up")
        refer = OutgoingRefer(self)
        self.refers.append(refer)
        refer.send(now, refer_to, headers)
        return refer

    def answer_challenges(self, login: DialogLogin) -> None:
        """Answer challenges to later requests of ours in the dialog."""
        self.usage.login = login

    def hang_up(self, now: float, headers: FieldList = ()) -> None:
        """End the session: CANCEL, a refusal or BYE, whichever the state asks; nothing when it is over.

        ``SessionEnded`` comes when the BYE is sent, which after a 2xx waits for its ACK (section 15), or with
        the final response to a cancelled INVITE.
        """
        if self.state in _OVER:
            return
        if self.state is SessionState.CONFIRMED:
            self.end_with_bye(now, EndCause.LOCAL, headers=headers)
        elif self.uac is not None:
            self.uac.cancel(now, headers)
        elif self.state is SessionState.ANSWERED:
            self._bye_headers = tuple(headers)
        else:
            self._uas_in(_UNANSWERED, "hang_up").reject(now, 480, None, headers)

    def establish(self, dialog: Dialog) -> None:
        """Take a dialog, or its next value, and have its requests come here."""
        self.usage.establish(dialog, self)

    def await_ack(self, entry: ServerEntry, response: Response, now: float, *, carries_offer: bool) -> None:
        """Repeat a 2xx of ours until it is acknowledged."""
        number = response.cseq.number
        retransmission = Retransmission(now, self.core.config.timers, capped=True)
        self._awaited[number] = AwaitedAck(entry, response, retransmission, carries_offer)
        self.alarms.start(Alarm.RESEND_SUCCESS, retransmission.next_deadline(), number)

    def awaits_ack(self) -> bool:
        """Tell whether a 2xx of ours is not acknowledged yet."""
        return bool(self._awaited)

    def receive_ack(self, ack: Request, now: float) -> None:
        """Take an ACK in the dialog; one that is repeated or fits no 2xx is dropped.

        It acknowledges earlier 2xx responses too: who sends a re-INVITE has had them (RFC 5407, 3.1.4).
        """
        acknowledged = ack.cseq.number
        if acknowledged not in self._awaited:
            return
        awaited = self._awaited[acknowledged]
        for number in [number for number in self._awaited if number <= acknowledged]:
            self._awaited.pop(number).entry.user = None
            self.alarms.stop(Alarm.RESEND_SUCCESS, number=number)
        answer = description(ack) if awaited.carries_offer else b""
        if awaited.carries_offer:
            self.exchange = Exchange.NONE
            self.remote_description = answer
        if self.state is SessionState.ANSWERED:
            self.state = SessionState.CONFIRMED
        content_type = ack.headers.get("Content-Type")
        self.emit(Acknowledged(self, answer, content_type))
        if self._bye_headers is not None:
            self.end_with_bye(now, EndCause.LOCAL, headers=self._bye_headers)
        else:
            self.offers.proceed(now)

    def receive_cancel(self, invite: ServerEntry, cancel: Request, now: float) -> None:
        """Take the CANCEL of a re-INVITE; one that comes after our answer changes nothing (section 9.2)."""
        pending = self.pending_offer
        if isinstance(pending, IncomingOffer) and pending.entry is invite:
            self.withdraw_offer(now)
            self.offers.proceed(now)

    def handle_timers(self, now: float) -> None:
        """Act on every alarm that is due."""
        while (due := self.alarms.pop_due(now)) is not None:
            alarm, number = due
            if alarm is Alarm.RESEND_SUCCESS:
                self._resend_success(number, now)
            else:
                self._act_on(alarm)(now)

    def begin_timer(self, timer: SessionTimer | None) -> None:
        """Take up the session timer that was agreed on, or none (RFC 4028)."""
        self.timer = timer
        self.alarms.stop(Alarm.REFRESH, Alarm.EXPIRY)
        if timer is not None:
            self.alarms.start(Alarm.EXPIRY, timer.expires_at)
            if timer.refresh_at is not None:
                self.alarms.start(Alarm.REFRESH, timer.refresh_at)

    def emit(self, event: SipEvent) -> None:
        """Tell the owner; nothing more is told once the session has ended."""
        if self.state is not SessionState.TERMINATED:
            self.core.emit(event)

    def end_with_bye(
        self,
        now: float,
        cause: EndCause,
        message: Request | Response | None = None,
        headers: FieldList = (),
    ) -> None:
        """Send BYE and end. The dialog goes on answering the peer until the BYE is answered."""
        self.end(now, cause, message, keep_dialog=True)
        bye = self.usage.request("BYE", headers=headers)
        self.usage.send(bye, EndingRequest(self.usage), now)

    def end(
        self,
        now: float,
        cause: EndCause,
        message: Request | Response | None = None,
        *,
        keep_dialog: bool = False,
    ) -> None:
        """End: stop every alarm, withdraw what is open, and say so once, last."""
        if self.state is SessionState.TERMINATED:
            return
        self.emit(SessionEnded(self, cause, message))
        self.state = SessionState.TERMINATED
        self.withdraw_offer(now)
        self.alarms.end()
        for refer in self.refers:
            refer.end()
        self.core.sessions.discard(self)
        if not keep_dialog:
            self.usage.dissolve()
        self._let_go()

    def _let_go(self) -> None:
        """Let go of what knows the session; transactions, which go on for half a minute, need not keep it."""
        for awaited in self._awaited.values():
            awaited.entry.user = None
        self._awaited.clear()
        self.refers.clear()
        self.offer_queue.clear()
        self._heard = self.heard
        if self.uas is not None:
            self.uas.entry.user = None
        if self.uac is not None:
            self.uac.let_go()
        self.uas = self.uac = None

    def _resend_success(self, number: int, now: float) -> None:
        awaited = self._awaited[number]
        if awaited.retransmission.due(now) is Due.GIVE_UP:
            self.end_with_bye(now, EndCause.NO_ACK)
            return
        self.core.layer.respond(awaited.entry, awaited.response, now)
        self.alarms.start(Alarm.RESEND_SUCCESS, awaited.retransmission.next_deadline(), number)

    def _act_on(self, alarm: Alarm) -> Callable[[float], None]:
        actions: dict[Alarm, Callable[[float], None]] = {
            Alarm.RETRY_OFFER: self.offers.proceed,
            Alarm.REFRESH: self.offers.refresh,
            Alarm.EXPIRY: self._expire,
        }
        if self.uas is not None:
            actions[Alarm.RESEND_PROVISIONAL] = self.uas.resend_reliable
            actions[Alarm.KEEP_EARLY] = self.uas.keep_early
            actions[Alarm.INVITE_EXPIRES] = self.uas.expire
        if self.uac is not None:
            actions[Alarm.CANCEL_UNANSWERED] = self.uac.give_up_cancelled
        return actions[alarm]

    def _expire(self, now: float) -> None:
        self.end_with_bye(now, EndCause.SESSION_EXPIRED)

    def _uas_in(self, states: tuple[SessionState, ...], what: str) -> InviteUas:
        if not self._incoming:
            raise UsageError(f"{what} on a session that we began; it is for incoming ones")
        if self.state not in states or self.uas is None:
            raise UsageError(f"{what} while {self.state.value}; do it before the final response")
        return self.uas
