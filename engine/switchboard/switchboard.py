"""From SIP events to calls: admits, routes and starts them, and hands each leg its events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine import ids
from engine.calls.call import Plan
from engine.calls.call_desk import CallDesk
from engine.calls.call_services import CallServices
from engine.calls.direct_call import plan_of
from engine.calls.incoming_call import IncomingCall
from engine.calls.live_calls import LiveCalls
from engine.dialling.reach import Reach
from engine.exchange.admission import Admission
from engine.exchange.authentication import Challenged, Denied
from engine.exchange.call_limits import CallLimits
from engine.exchange.routing import (
    NO_APPLICATION,
    Application,
    Caller,
    ClientCaller,
    Decision,
    Ourselves,
    ProveIdentity,
    Refuse,
    Router,
    RunApplication,
    Stranger,
    TrunkCaller,
)
from engine.journal.call_journal import CallJournal
from engine.journal.call_parameters import custom_headers
from engine.legs.leg_media import LegMedia
from engine.legs.sip_leg import SipLeg
from engine.peers.callers import CallerIdentification
from engine.peers.peers import Peers
from engine.peers.registrar import Registrar
from engine.peers.sip_requests import SipRequests
from engine.reporting import log
from engine.store import CallRow, CallStatus
from engine.switchboard.caller_details import CallerDetails, number_called, user_of
from engine.switchboard.inbox import TextInbox
from engine.switchboard.lost_registrations import end_calls_of
from engine.switchboard.transfers import OUTSIDE, Refused, Transfers
from media.errors import RemoteError, SdpError
from sip.dialog_login import DialogLogin
from sip.endpoint import SipEndpoint
from sip.errors import PeerError
from sip.events import (
    IncomingInvite,
    IncomingRequest,
    ReferReceived,
    ReferrerHeard,
    RequestAnswered,
    RequestTimedOut,
    SessionEnded,
    SipEvent,
)
from sip.flow import LOCAL
from sip.invite_session import InviteSession
from sip.message import Request
from sip.transport.stack import SipStack


def _untold(_call_id: str) -> None:
    return


RETRY_AFTER = 5
"""Seconds after which a caller whom we could not take may try again."""


_ONLY_IN_CALLS = {"REFER": (404, OUTSIDE), "NOTIFY": (481, "there is no such subscription")}
"""How requests outside calls are answered that belong into one."""


@dataclass(frozen=True)
class TakePlace:
    """The call takes the place of a party of another one (RFC 3891)."""

    of: InviteSession


class Switchboard:
    """Owns every call of the daemon. ``router`` and ``admission`` are replaced by a reload."""

    def __init__(
        self, services: CallServices, admission: Admission, media: LegMedia, clients: CallLimits | None = None
    ) -> None:
        self.router = Router()
        self._client_limits = clients or CallLimits()
        self.admission = admission
        self._services = services
        self._media = media
        self._requests: SipRequests
        self._stack: SipStack
        self._endpoint: SipEndpoint
        self._callers: CallerIdentification
        self._registrar: Registrar
        self.on_ended: Callable[[str], None] = _untold
        """Is told the Call-ID of each leg that ended."""
        self.inbox: TextInbox
        """Takes what others write to us."""
        self._legs: dict[InviteSession, SipLeg] = {}
        self.calls = LiveCalls(admission)
        self.desk: CallDesk
        """Makes and steers calls for the REST API."""

    def attach(self, requests: SipRequests, peers: Peers) -> None:
        """Say where the events come from and answers go to, and who knows callers, clients and trunks."""
        self._requests = requests
        self._stack = requests.stack
        self._endpoint = requests.endpoint
        self._callers = peers.callers
        self._registrar = peers.registrar
        self._registrar.on_removed = lambda login, binding: end_calls_of(login, binding, self._legs.values())
        self.inbox = TextInbox(self._services, requests, peers.callers, lambda: self.router)
        self._reach = Reach(
            requests, self._services.plane, self._media, peers, self._adopt, lambda: self.router
        )
        self.desk = CallDesk(self.calls, self.admission, self._services, self._reach)
        self._transfers = Transfers(
            self._stack, self._endpoint, self._legs, self.desk, self._services, lambda: self.router
        )

    @property
    def reach(self) -> Reach:
        """What finds the places of clients, addresses and numbers."""
        return self._reach

    def _adopt(self, session: InviteSession, leg: SipLeg) -> None:
        """Let a leg of ours have the events of its session."""
        self._legs[session] = leg
        if leg.calls_as is not None:
            self._callers.own_calls.made(session.call_id, leg.calls_as, leg.ended)

    def receive(self, event: SipEvent) -> None:
        """Take one event of the stack."""
        match event:
            case IncomingInvite(session, replaced):
                self._invited(session, replaced)
            case ReferReceived(refer=refer):
                self._transfers.receive(refer)
            case ReferrerHeard(refer=refer):
                self._transfers.heard(refer)
            case IncomingRequest():
                self._asked(event)
            case RequestAnswered(session=None) | RequestTimedOut(session=None):
                self._requests.receive(event)
            case _:
                leg = self._legs.get(event.session) if event.session is not None else None
                if leg is not None:
                    leg.receive(event)
                if isinstance(event, SessionEnded):
                    self._legs.pop(event.session, None)
                    self.on_ended(event.session.call_id)

    def _invited(self, session: InviteSession, replaced: InviteSession | None) -> None:
        ours = session.flow is not None and session.flow.transport == LOCAL
        refusal = self.admission.refusal(self._stack.now(), ours=ours)
        if refusal is not None:
            self._refuse(session, 503, refusal, [("Retry-After", str(RETRY_AFTER))])
            return
        try:
            self._admit(session, replaced)
        except RemoteError as error:
            # What a phone of another kind cannot know: which line of its SDP we miss (RFC 3326).
            words = str(error).replace('"', "'")
            status = getattr(error, "status", 400)
            self._refuse(session, status, str(error), [("Reason", f'SIP;cause={status};text="{words}"')])
        except (PeerError, Refused) as error:
            self._refuse(session, getattr(error, "status", 400), str(error))

    def _admit(self, session: InviteSession, replaced: InviteSession | None) -> None:
        """Find out who calls and what is to happen, and see to it."""
        request, flow, now = session.request, session.flow, self._stack.now()
        assert flow is not None, "an INVITE came along a flow"
        found = self._callers.decide(request, flow, now, lambda who: self._decide(session, replaced, who))
        if isinstance(found, Challenged):
            self.admission.take_back()
            session.reject(now, 407, None, found.fields)
        elif isinstance(found, Denied):
            self._refuse(session, 403, found.reason)
        else:
            self._carry_out(session, *found)

    def _decide(
        self, session: InviteSession, replaced: InviteSession | None, who: Caller
    ) -> Decision | TakePlace:
        if isinstance(who, Ourselves) and who.application is not None:
            return RunApplication(who.application)
        if replaced is None:
            return self.router.route(self._dialled(session.request, who), who)
        assert session.flow is not None, "an INVITE came along a flow"
        if self._transfers.may_replace(replaced, who, session.flow.remote[0]):
            return TakePlace(replaced)
        if isinstance(who, Stranger) and self.router.asks_for_credentials:
            return ProveIdentity()
        return Refuse(403, "the call that Replaces names is somebody else's")

    def _dialled(self, request: Request, who: Caller) -> str:
        """Return what was dialled; a number that is hosted here under the name we registered goes first."""
        dialled, number = user_of(request.uri), number_called(request, who)
        if not number:
            return dialled
        found = self.router.search(dialled).route
        return dialled if found is not None and found.number else number

    def _carry_out(self, session: InviteSession, who: Caller, decision: Decision | TakePlace) -> None:
        request = session.request
        caller = CallerDetails(request, who)
        caller.dialled = self._dialled(request, who)
        if isinstance(decision, Refuse):
            self._refuse(session, decision.status, decision.reason)
            return
        assert not isinstance(decision, ProveIdentity), "a caller who was asked has proved who it is"
        owner = self._owner(who, decision)
        if full := self._at_a_limit(caller.login, owner):
            self._refuse(session, 503, full, [("Retry-After", str(RETRY_AFTER))])
            return
        media = self._media.for_peer(srtp=self._callers.srtp_of(who))
        if session.flow is not None and session.flow.transport == LOCAL:
            media = self._media.for_ourselves()
        leg = SipLeg(session, self._stack, self._endpoint, self._services.plane, media)
        if request.headers.get("Content-Type") and not request.body:
            raise SdpError(0, "the INVITE names a body and has none")
        leg.check_offer()
        leg.who, leg.payer, leg.private = who, caller.payer, caller.private
        if isinstance(who, TrunkCaller) and (answers := who.trunk.answers(ids.new_tag)) is not None:
            session.answer_challenges(DialogLogin(answers, leg.remote_host))
        if isinstance(decision, TakePlace):
            plan: Plan = self._transfers.taking_place_of(decision.of, leg)
        else:
            # The callee gets the caller's own X- headers.
            limit = self._services.settings.dial.direct_call_limit
            plan = plan_of(decision, limit, custom_headers(caller.passed_on))
        self._legs[session] = leg
        self._start(caller, leg, plan, owner, session)

    def _owner(self, who: Caller, decision: Decision | TakePlace) -> str:
        """Return whose account the call is of."""
        application = decision.application if isinstance(decision, RunApplication) else NO_APPLICATION
        of_caller = who.account_sid if isinstance(who, ClientCaller) else ""
        owner = self._services.accounts.owner(application.account_sid, of_caller)
        return owner or self._services.store.account.sid

    def _at_a_limit(self, login: str, account_sid: str) -> str | None:
        """Return, and tell, which limit of a client or an account keeps it from another call."""
        now, caps = self._stack.now(), self._services.account_caps
        if login and (full := self._client_limits.refusal(login, now)):
            limit = "calls_per_client" if full == "at_once" else "calls_per_client_per_minute"
            log.get("switchboard").warning("client.limited", login=login, limit=limit)
            return limit
        if words := caps.refusal(account_sid, now):
            caps.tell(account_sid, words, now, self._services.notifications)
            return words.rpartition(" ")[2]
        return None

    def _refuse(
        self, session: InviteSession, status: int, reason: str, headers: list[tuple[str, str]] | None = None
    ) -> None:
        request = session.request
        log.get("switchboard").info(
            "call.refused", status=status, reason=reason, source=str(session.flow), to=str(request.uri)
        )
        self._services.metrics.call_refused(status)
        session.reject(self._stack.now(), status, None, headers or ())

    def _start(
        self, caller: CallerDetails, leg: SipLeg, plan: Plan, owner: str, session: InviteSession
    ) -> None:
        store = self._services.store
        application = plan if isinstance(plan, Application) else NO_APPLICATION
        row = CallRow(
            sid=ids.new_sid(ids.CALL),
            account_sid=owner,
            instance_sid=store.instance_sid,
            phone_number_sid=application.number_sid,
            from_=caller.from_,
            to=caller.dialled,
            direction="inbound",
            status=CallStatus.QUEUED,
            caller_name=caller.name,
            forwarded_from=caller.forwarded_from,
            sip_call_id=session.call_id,
            api_version=application.api_version,
        )
        journal = CallJournal(row, caller.passed_on, application, self._services)
        journal.arrived(str(session.flow), session.call_id)
        call = IncomingCall(journal, leg, plan, self._services, self._reach)
        self.calls.start(call, (row.sid,))
        if caller.login:
            self._client_limits.started(caller.login)
            leg.ended.add_done_callback(lambda _: self._client_limits.ended(caller.login))

    def _asked(self, event: IncomingRequest) -> None:
        """Answer REGISTER and MESSAGE, and OPTIONS as a call would be answered now (RFC 3261 11.2)."""
        endpoint, now = self._endpoint, self._stack.now()
        if self.admission.draining:
            endpoint.reply(now, event.transaction, 503, headers=[("Retry-After", str(RETRY_AFTER))])
        elif event.request.method == "REGISTER":
            self._registrar.receive(event)
        elif event.request.method == "MESSAGE":
            self.inbox.receive(event)
        elif event.request.method in _ONLY_IN_CALLS:
            status, reason = _ONLY_IN_CALLS[event.request.method]
            header = ("Reason", f'SIP;cause={status};text="{reason}"')
            endpoint.reply(now, event.transaction, status, headers=[header])
        else:
            headers = [("Allow", endpoint.allow), ("Accept", "application/sdp"), ("Accept-Language", "en")]
            endpoint.reply(now, event.transaction, 200, headers=headers)
