"""A call that came in: from the INVITE to the last event."""

from __future__ import annotations

from engine.calls.call import Call, Plan
from engine.calls.call_services import CallServices
from engine.dialling.reach import Reach
from engine.errors import MediaUnavailable
from engine.journal.call_journal import CallJournal
from engine.journal.call_quality import quality_of
from engine.legs.leg_ended import LegEnded
from engine.legs.sip_leg import SipLeg
from engine.store import CallStatus
from engine.turns import a_turn
from rcml.call import Callback, CallerGone, Level
from rcml.dialling import Dialled, DialRequest
from rcml.values import RejectReason

NEVER_ANSWERED = 487
"""SIP status of a call that ends without an answer (rcml.md 5.11)."""


class IncomingCall(Call):
    """Rings until the first verb that needs sound answers, or one refuses."""

    def __init__(
        self,
        journal: CallJournal,
        leg: SipLeg,
        plan: Plan,
        services: CallServices,
        reach: Reach,
    ) -> None:
        super().__init__(journal, leg, plan, services, reach)
        self._answered = False
        self._refused_as = CallStatus.CANCELED
        self._unanswered = NEVER_ANSWERED

    async def _begin(self) -> None:
        self.journal.reached(CallStatus.RINGING)
        self._leg.ring(self.headers())
        # The application hears of the call next.
        await self.journal.stored()
        await a_turn()

    async def _write_down(self, ended: LegEnded) -> None:
        self.row.quality = quality_of(self._leg)
        self.journal.ended(self._final_status(ended), str(ended), self._fault)

    def tell_status(self, callback: Callback) -> None:
        self.journal.tell_status(callback)

    def status_when_gone(self) -> CallStatus:
        return self._final_status(self._leg.ended.result())

    def _final_status(self, ended: LegEnded) -> CallStatus:
        if self._answered:
            return CallStatus.COMPLETED if ended.in_order else CallStatus.FAILED
        if ended.cancelled:
            return CallStatus.CANCELED
        return self._refused_as if ended.in_order else CallStatus.FAILED

    @property
    def ringing(self) -> bool:
        return not self.gone and not self._answered

    async def answer(self) -> None:
        if self.gone:
            raise CallerGone
        if self._answered:
            return
        try:
            await self.while_up(self._leg.answer(self.headers()))
        except MediaUnavailable as error:
            self.journal.notify(error.code, Level.ERROR, str(error))
            await self.fail("no media port is free", status=503)
            raise CallerGone from error
        self._answered = True
        self.time_limit.answered()
        self.journal.reached(CallStatus.IN_PROGRESS)

    async def reject(self, reason: RejectReason) -> None:
        if self.ringing:
            self._refused_as = CallStatus.BUSY
            self._leg.reject(reason.status, self.headers())

    async def dial(self, request: DialRequest) -> Dialled:
        dialled = await super().dial(request)
        if self.ringing and self._dialling is not None:
            # A caller who was kept ringing learns why nobody was connected, unless a verb answers him yet.
            self._refused_as = CallStatus(dialled.status.value)
            self._unanswered = self._dialling.failure_status
        return dialled

    def _refuse(self, status: int | None, reason: str | None) -> None:
        if self._leg.accepted:
            self._leg.hang_up(self.headers(reason))
        elif status is None:
            self._leg.reject(self._unanswered, self.headers(reason))
        else:
            self._refused_as = CallStatus.FAILED
            self._leg.reject(status, self.headers(reason, status))
