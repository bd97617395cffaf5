"""Transfers that a party asks for: REFER in a call (rcml.md 7), and an INVITE that takes a call's place.

A blind transfer gives the other party of the talk something else to do: the document of ``referUrl``, or, in
a call without an application, a Dial of whom the transferor may call. An attended one connects the other
parties of two talks. Either way the transferor is hung up.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from engine.calls.call import Call, Plan
from engine.calls.call_desk import CallDesk
from engine.calls.call_services import CallServices
from engine.calls.direct_call import plan_of
from engine.conversations.running_call import RunningCall
from engine.dialling.branch import Branch
from engine.dialling.talk import Party, Talk, talk_of
from engine.dialling.transfer import Transfer
from engine.dialling.visitor import Visitor
from engine.errors import EngineError
from engine.exchange.routing import Application, Caller, ClientCaller, ProveIdentity, Refuse, Router, Stranger
from engine.legs.sip_leg import SipLeg
from engine.reporting import log
from engine.switchboard.caller_details import user_of
from rcml.dialling import ClientTarget, DialRequest
from rcml.flow import Fetch
from rcml.values import HttpMethod, Url
from sip.endpoint import SipEndpoint
from sip.incoming_refer import IncomingRefer
from sip.invite_session import InviteSession
from sip.transport.stack import SipStack
from sip.uri import Uri

NO_REFER_URL = "SIP Refer failed. Set Refer URL or Refer application for incoming phone number"
NOT_CONNECTED = "SIP Refer pre-conditions failed, call info is null or call not in progress"
NO_TRANSFEREE = "SIP Refer failed. Transferee is not a Call actor, probably this is a conference"
FAILED = "SIP Refer problem during execution"
OUTSIDE = "SIP REFER should be sent in dialog"
"""What Restcomm says in the Reason header; its users search for these words."""


HEARD_WITHIN = 1.0
"""Seconds that a transferor may take to answer the first NOTIFY before it is hung up all the same."""


GONE = 487
"""The status of a transfer whose parties have parted before it could be carried out."""

PARTED = "the parties have parted"


class Refused(EngineError):
    """A transfer that is not carried out; ``reason`` goes into the Reason header."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason

    @property
    def header(self) -> tuple[str, str]:
        """The Reason header that tells it."""
        return "Reason", f'SIP;cause={self.status};text="{self.reason}"'


class Transfers:
    """Carries out what REFER and Replaces ask.

    ``legs`` are all that are up, ``router`` gives the router of the moment.
    """

    def __init__(
        self,
        stack: SipStack,
        endpoint: SipEndpoint,
        legs: Mapping[InviteSession, SipLeg],
        desk: CallDesk,
        services: CallServices,
        router: Callable[[], Router],
    ) -> None:
        self._stack = stack
        self._endpoint = endpoint
        self._legs = legs
        self._desk = desk
        self._services = services
        self._router = router
        self._tasks: set[asyncio.Task[None]] = set()
        self._unheard: dict[IncomingRefer, asyncio.Event] = {}

    def receive(self, refer: IncomingRefer) -> None:
        """Refuse a REFER, or accept it and carry it out."""
        now = self._stack.now()
        try:
            work = self._work(refer)
        except Refused as refused:
            log.get("transfer").info("refer.refused", to=str(refer.target), reason=refused.reason)
            refer.refuse(now, refused.status, None, [refused.header])
            return
        log.get("transfer").info("refer.accepted", to=str(refer.target), replaces=str(refer.replaces or ""))
        refer.accept(now)
        self._unheard[refer] = asyncio.Event()
        self._carry_out(work, refer)

    def heard(self, refer: IncomingRefer) -> None:
        """Learn that the transferor knows that its REFER is being carried out."""
        if refer in self._unheard:
            self._unheard[refer].set()

    def _work(self, refer: IncomingRefer) -> Coroutine[Any, Any, None]:
        """Return what is to be done; raises :class:`Refused`."""
        leg = self._legs.get(refer.session)
        if leg is None or leg.gone or not leg.has_media:
            raise Refused(404, NOT_CONNECTED)
        talk = talk_of(leg)
        if talk is None:
            raise Refused(404, NO_TRANSFEREE)
        known = self._endpoint.find_session(refer.replaces) if refer.replaces is not None else None
        if known is None:
            plan = self._plan(refer, leg, talk)
            transfer = Transfer(lambda status: self._report(refer, status), refer.replaces)
            return self._give(talk, leg, plan, transfer)
        return self._connect_others(refer, leg, talk, self._legs.get(known))

    def _carry_out(self, work: Coroutine[Any, Any, None], refer: IncomingRefer) -> None:
        task = asyncio.get_running_loop().create_task(self._when_heard(work, refer))
        self._tasks.add(task)

        def done(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            del self._unheard[refer]
            work.close()
            if not task.cancelled() and task.exception() is not None:
                log.get("transfer").error("transfer.broken", exc_info=task.exception())
                self._report(refer, 500)

        task.add_done_callback(done)

    async def _when_heard(self, work: Coroutine[Any, Any, None], refer: IncomingRefer) -> None:
        """Carry a transfer out once its transferor, who is hung up, knows: a BYE may overtake a NOTIFY."""
        if not refer.heard:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEARD_WITHIN):
                    await self._unheard[refer].wait()
        try:
            await work
        except Refused as refused:
            log.get("transfer").info("refer.too_late", to=str(refer.target), reason=refused.reason)
            self._report(refer, refused.status)

    def _report(self, refer: IncomingRefer, status: int) -> None:
        refer.report(self._stack.now(), status)
        self._stack.settle()

    def _plan(self, refer: IncomingRefer, leg: SipLeg, talk: Talk) -> Plan:
        """Return what the transferee does; raises :class:`Refused`."""
        application = _caller(talk).application
        document = talk.request.refer or _document(application)
        if document is not None:
            assert document.url is not None, "a referUrl is a URL"
            return replace(
                application,
                voice_url=document.url.text,
                voice_method=document.method.value,
                document=None,
                parameters=_parameters(refer),
            )
        if application.voice_url or application.document is not None:
            raise Refused(404, NO_REFER_URL)
        return self._direct_plan(refer.target.uri, _rights(leg, talk))

    def _direct_plan(self, target: Uri, who: Caller) -> Plan:
        """Return what a call of the transferor to the target would do."""
        decision = self._router().route(user_of(target), who)
        if isinstance(decision, ProveIdentity):
            raise Refused(403, "only a client may call there")
        if isinstance(decision, Refuse):
            raise Refused(decision.status, decision.reason.replace('"', "'"))
        return plan_of(decision, self._services.settings.dial.direct_call_limit)

    async def _give(self, talk: Talk, leg: SipLeg, plan: Plan, transfer: Transfer) -> None:
        """Let the party that talks to ``leg`` do something else, and hang ``leg`` up."""
        if leg.talk is not talk:
            raise Refused(GONE, PARTED)
        far = _other(talk, leg)
        _charge(talk, leg)
        if isinstance(far, Call):
            far.redirect(plan, transfer)
        elif isinstance(far, Visitor):
            talk.caller.stop()
            _call(far.call).redirect(plan, transfer)
        else:
            await self._release(talk, far)
            self._desk.take_over(far, plan, transfer)

    def _connect_others(
        self, refer: IncomingRefer, leg: SipLeg, talk: Talk, second: SipLeg | None
    ) -> Coroutine[Any, Any, None]:
        """Return what connects who talks to ``leg`` with who talks to ``second``."""
        others = None if second is None or second.gone else talk_of(second)
        if second is None or others is None:
            raise Refused(404, "the call that Replaces names is not connected to anybody")
        if others is talk:
            raise Refused(400, "Replaces names the same call")
        if not _same_party(leg, talk, second, others):
            raise Refused(403, "the call that Replaces names is somebody else's")
        return self._connect(refer, (leg, talk), (second, others))

    async def _connect(
        self, refer: IncomingRefer, first: tuple[SipLeg, Talk], second: tuple[SipLeg, Talk]
    ) -> None:
        """Connect them in the Dial of a caller among them, whose document goes on afterwards."""
        if first[0].talk is not first[1] or second[0].talk is not second[1]:
            raise Refused(GONE, PARTED)
        if not isinstance(_other(first[1], first[0]), Call):
            first, second = second, first
        leg, talk = first
        host = _other(talk, leg)
        request, application = _limits(talk), _caller(talk).application
        guest = await self._free(second[1], second[0])
        if isinstance(host, Call):
            self._hand_over(talk, guest)
            self._report(refer, 200)
            return

        async def talk_to_guest(call: Call) -> None:
            call.application = application
            await call.talk_to(guest, request)

        try:
            party = await self._free(talk, leg)
        except Refused:
            self._let_hang_up(guest)
            raise
        if isinstance(party, Visitor):
            _call(party.call).redirect(talk_to_guest)
        else:
            self._desk.take_over(party, talk_to_guest)
        self._report(refer, 200)

    def _hand_over(self, talk: Talk, guest: Party) -> None:
        """Let the caller of a talk go on with somebody else."""
        if talk.goes_on and talk.hand_over is not None:
            talk.hand_over(guest)
        else:
            self._let_hang_up(guest)

    def _let_hang_up(self, guest: Party) -> None:
        """End the call of somebody who was freed for a talk that cannot be."""
        if isinstance(guest, Visitor):
            guest.leave()
        else:
            self._desk.take_over(guest, _hang_up)

    async def _free(self, talk: Talk, leg: SipLeg) -> Party:
        """Take the party that talks to ``leg`` out of the talk, and hang ``leg`` up."""
        far = _other(talk, leg)
        if isinstance(far, Branch):
            await self._release(talk, far)
            return far
        if isinstance(far, Visitor):
            talk.caller.stop()
            far = _call(far.call)
        arrived: asyncio.Future[Visitor] = asyncio.get_running_loop().create_future()
        visitor = Visitor(far, far.leg, lambda visitor: arrived.set_result(visitor))
        far.redirect(visitor.stay)
        await asyncio.wait((arrived, visitor.leg.ended), return_when=asyncio.FIRST_COMPLETED)
        return visitor

    async def _release(self, talk: Talk, callee: Branch) -> None:
        """Take a callee out of a Dial, whose caller is hung up; raises :class:`Refused` if he has left it."""
        dialling = _caller(talk).dialling
        if dialling is None or dialling.branch(callee.row.sid) is not callee:
            raise Refused(GONE, PARTED)
        dialling.let_go(callee)
        talk.caller.stop()
        await dialling.wait_parted(end_talk=False)

    def may_replace(self, replaced: InviteSession, who: Caller, source: str) -> bool:
        """Whether a caller may take the place of a party: one of ours, or one from where that talk goes."""
        leg = self._legs.get(replaced)
        talk = talk_of(leg) if leg is not None else None
        if leg is None or talk is None:
            return False
        known = {leg.remote_host, _other(talk, leg).leg.remote_host}
        return not isinstance(who, Stranger) or source in known

    def taking_place_of(self, replaced: InviteSession, new: SipLeg) -> Plan:
        """Return the plan of a call that takes the place of a party; raises :class:`Refused`.

        Nothing changes until the new call is answered.
        """
        leg = self._legs.get(replaced)
        talk = None if leg is None or leg.gone else talk_of(leg)
        if leg is None or talk is None:
            raise Refused(481, "the call that Replaces names is not connected to anybody")
        before, application = leg, _caller(talk).application
        new.beside = _other(talk, leg).leg

        async def plan(call: Call) -> None:
            await call.answer()
            if before.talk is not talk:
                await call.hang_up(PARTED)
                return
            far = _other(talk, before)
            if isinstance(far, Call):
                visitor = Visitor(call, new, lambda visitor: self._hand_over(talk, visitor))
                await visitor.stay(call)
            else:
                call.application = application
                try:
                    party = await self._free(talk, before)
                except Refused as refused:
                    await call.hang_up(refused.reason)
                    return
                await call.talk_to(party, _limits(talk))

        return plan


async def _hang_up(call: Call) -> None:
    """Do nothing: a call without anything to do is hung up."""


def _other(talk: Talk, leg: SipLeg) -> Call | Party:
    """Return who talks to ``leg``."""
    return _caller(talk) if leg is talk.callee.leg else talk.callee


def _caller(talk: Talk) -> Call:
    return _call(talk.caller)


def _call(running: RunningCall) -> Call:
    """Return the whole of a call of which a talk needs but a part."""
    assert isinstance(running, Call), "who talks has a call, and nothing else"
    return running


def _limits(talk: Talk) -> DialRequest:
    """Return the limits of a talk that goes on with others."""
    return DialRequest(targets=(), time_limit=talk.request.time_limit, refer=talk.request.refer)


def _document(application: Application) -> Fetch | None:
    if not application.refer_url:
        return None
    return Fetch(Url(application.refer_url), HttpMethod(application.refer_method))


def _parameters(refer: IncomingRefer) -> tuple[tuple[str, str], ...]:
    """Return what an application is told of a transfer (rcml.md 7), and Twilio's name for the target."""
    request = refer.request
    transferor = request.contact or request.from_
    return (
        ("Transferor", user_of(transferor.uri) if transferor.uri.username else user_of(request.from_.uri)),
        ("Transferee", user_of(request.to.uri)),
        ("ReferTarget", user_of(refer.target.uri)),
        ("ReferTransferTarget", str(refer.target.uri)),
    )


def _rights(leg: SipLeg, talk: Talk) -> Caller:
    """Return as whom a party may call others."""
    if leg.who is not None:
        return leg.who
    callee = talk.callee
    if isinstance(callee, Branch) and leg is callee.leg and isinstance(callee.target, ClientTarget):
        return ClientCaller(callee.target.login)
    return Stranger(leg.remote_host)


def _charge(talk: Talk, leg: SipLeg) -> None:
    """Let the client that transfers a party pay for whom that party talks to."""
    who = _rights(leg, talk)
    if isinstance(who, ClientCaller):
        far = talk.callee.leg if leg is not talk.callee.leg else talk.caller.leg
        far.payer = who.login


def _same_party(leg: SipLeg, talk: Talk, second: SipLeg, second_talk: Talk) -> bool:
    """Whether two legs lead to the same telephone, or to telephones of the same client."""
    one, other = _rights(leg, talk), _rights(second, second_talk)
    if isinstance(one, ClientCaller) and isinstance(other, ClientCaller):
        return one.login == other.login
    return leg.remote_host == second.remote_host
