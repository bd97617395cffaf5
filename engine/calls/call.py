"""A call: documents that run on one leg, one after another, until it is over."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import lru_cache

from engine.calls.call_services import CallServices
from engine.calls.time_limit import TimeLimit
from engine.config.schema import CompatSection
from engine.conversations.conversation import Conversation
from engine.dialling.branch import Branch
from engine.dialling.dial import Dialling
from engine.dialling.reach import Reach
from engine.dialling.talk import Party
from engine.dialling.transfer import Transfer
from engine.exchange.routing import NO_APPLICATION, Application, Parameters
from engine.journal.call_journal import CallJournal
from engine.journal.executions import CallExecutions
from engine.legs.leg_ended import LegEnded
from engine.legs.sip_leg import SipLeg
from engine.reporting import log
from engine.requests.behalf import acting_for
from engine.stopping import Overtaken, Stoppable
from engine.telemetry import spans
from engine.turns import a_turn
from media.errors import MediaError
from rcml.call import Callback, CallerGone, Level, PlaybackFailed
from rcml.dialling import ConferenceRequest, Dialled, DialRequest, Left
from rcml.flow import Fetch
from rcml.interpreter import Interpreter, InterpreterOptions
from rcml.queueing import Dequeued, EnqueueRequest, TakeRequest
from rcml.values import HttpMethod, RejectReason, Url
from sip.events import EndCause

APOLOGY_WITHIN = 15.0
"""Seconds after which a caller who still hears the apology is hung up."""

NEVER_ANSWERED = 487
"""SIP status of a call that ends without an answer (rcml.md 5.11)."""

GOODBYE_WITHIN = 34.0
"""Seconds that a BYE of ours may take: 64*T1 (RFC 3261 17.1.2.2) and some air."""

Plan = Application | DialRequest | Callable[["Call"], Awaitable[None]]
"""What a call does: run documents, ring somebody, or something else that ends with it."""


class Call(Conversation):
    """Runs applications on one leg, or connects it to somebody: the engine's :class:`rcml.call.Call`.

    Owns its leg, its running recording, the legs it dials and its task. How it begins, is answered and
    is written down differs between a call that came in and one that we made.
    """

    _services: CallServices

    def __init__(
        self,
        journal: CallJournal,
        leg: SipLeg,
        plan: Plan,
        services: CallServices,
        reach: Reach,
    ) -> None:
        super().__init__(journal, leg, services)
        self._next_plan: Plan | None = plan
        self.application = plan if isinstance(plan, Application) else NO_APPLICATION
        """What decides about the call, or did when somebody else began to."""
        self._transfer: Transfer | None = None
        self._reach = reach
        self._running = Stoppable()
        """The plan that runs."""
        self._dialling: Dialling | None = None
        self._ending = False
        self._fault: str | None = None
        self.time_limit = TimeLimit(self._time_is_up)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.row.sid} {self.row.status} {self._leg}>"

    async def run(self) -> None:
        """Run the application and return when the call is over, recorded and told."""
        row = self.row
        with log.bound(call_sid=row.sid), acting_for(row.account_sid, row.sid), spans.recorder().call(row):
            try:
                await self._begin()
                await self._run_plans()
            except CallerGone:
                pass
            except Exception:
                # An invariant of ours broke: it ends this call alone, with its trace in the log.
                log.get("call").exception("call.broken")
                self.notify(11000, Level.ERROR, "an internal error ended the call; the log has its trace")
                await self.fail("internal error")
            finally:
                await self._finish()

    @abstractmethod
    async def _begin(self) -> None:
        """Do what comes before the first document; raises ``CallerGone``."""

    @abstractmethod
    async def _write_down(self, ended: LegEnded) -> None:
        """Keep how the call went, now that its leg is over."""

    @abstractmethod
    def _refuse(self, status: int | None, reason: str | None) -> None:
        """End a call that rings, with this SIP status or the one that it has earned."""

    async def _run_plans(self) -> None:
        """Run what is planned, and what a request from outside puts in its place."""
        while self._next_plan is not None and not self.gone:
            plan, self._next_plan = self._next_plan, None
            with suppress(Overtaken):
                await self._running.run(self._run_plan(plan))

    async def _run_plan(self, plan: Plan) -> None:
        if isinstance(plan, DialRequest):
            await self._ring(plan)
        elif isinstance(plan, Application):
            self.application = plan
            await self._run_application(plan)
        else:
            await plan(self)

    async def _run_application(self, plan: Application) -> None:
        settings = self._services.settings
        options = _options(settings.compat, settings.rcml.max_documents)
        fallback = _request(plan.voice_fallback_url, plan.voice_fallback_method)
        start = plan.document or _request(plan.voice_url, plan.voice_method, plan.parameters)
        assert start is not None, "an application has a document or a voice URL"
        witness = spans.recorder().verbs(self.row, CallExecutions(self.row, self._services.store))
        await Interpreter(self, fallback=fallback, options=options, witness=witness).run(start)

    async def _ring(self, request: DialRequest) -> None:
        """Connect the party to somebody without an application; a refusal is passed on as it is."""
        await self.dial(request)
        if self.ringing:
            await self.hang_up()

    async def _finish(self) -> None:
        """End what is still up, then write down how it went."""
        self._ending = True
        self.time_limit.close()
        self._streams.stop_all()
        if not self.gone:
            self._leg.hang_up(self.headers())
        ended = await self._leg_ended()
        await self._streams.finish()
        self._leg.close()
        self._end_transfer()
        await a_turn()  # many calls may end at the same moment
        await self._write_down(ended)
        # What was said last is told after the call's end, which nobody waits for.
        await self._transcriptions.finish()
        # It knows the call: a circle, which would be freed by a garbage collection only.
        self._dialling = None

    async def _leg_ended(self) -> LegEnded:
        if not self.gone:
            await asyncio.wait((self._leg.ended,), timeout=GOODBYE_WITHIN)
        return self._leg.ended.result() if self.gone else LegEnded(EndCause.TIMEOUT)

    @property
    def steerable(self) -> bool:
        """Whether the call can be given something else to do: it is neither over nor about to be."""
        return not self.gone and not self._ending

    def redirect(self, plan: Plan, transfer: Transfer | None = None) -> None:
        """Stop what runs and run ``plan``; the legs and rooms of what ran end as if it had ended.

        ``transfer`` is told how it goes, when a party asked for it.
        """
        self._end_transfer()
        self._next_plan, self._transfer = plan, transfer
        self._fault = None
        self._running.stop()

    def stop(self) -> None:
        """Stop what runs and hang up, without asking the application for more."""
        self._ending = True
        self._next_plan = None
        self._running.stop()

    def _time_is_up(self) -> None:
        self._fault = "time limit reached"
        self.stop()

    @abstractmethod
    def tell_status(self, callback: Callback) -> None:
        """Tell another URL, from now on, how the call fares."""

    @property
    def dialling(self) -> Dialling | None:
        """The Dial that runs, or ran last."""
        return self._dialling

    def party(self, call_sid: str) -> Call | Branch | None:
        """Return this call, or the leg with this CallSid that its Dial made; None for what is over."""
        if call_sid == self.row.sid:
            return self
        return self._dialling.branch(call_sid) if self._dialling is not None else None

    @abstractmethod
    async def answer(self) -> None: ...

    @abstractmethod
    async def reject(self, reason: RejectReason) -> None: ...

    async def hang_up(self, reason: str | None = None) -> None:
        self._ending = True
        if self.ringing:
            self._refuse(None, reason)
        elif not self.gone:
            self._leg.hang_up(self.headers(reason))

    async def fail(self, reason: str, *, status: int = 500) -> None:
        if self.gone:
            return
        self._fault = reason
        if self.ringing:
            self._ending = True
            self._refuse(status, reason)
            return
        try:
            async with asyncio.timeout(APOLOGY_WITHIN):
                await self._apologise()
        except (TimeoutError, CallerGone, MediaError, PlaybackFailed) as error:
            log.get("call").info("apology.cut", error=repr(error))
        await self.hang_up(reason)

    async def dial(self, request: DialRequest) -> Dialled:
        self._dialling = Dialling(self, self._leg, request, self._services, self._reach, self._transfer)
        return await self._dialling.run()

    async def talk_to(self, party: Party, request: DialRequest) -> None:
        """Be connected to somebody who is on the line already, within the limits of ``request``."""
        self._dialling = Dialling(self, self._leg, request, self._services, self._reach)
        await self._dialling.run_with(party)

    def _end_transfer(self) -> None:
        """Say that a transfer is over, if nothing said so before."""
        if self._transfer is not None:
            self._transfer.report(500 if self._fault else 200)

    async def join_conference(self, request: ConferenceRequest) -> Left:
        self._arrive()
        return await self._services.conferences.stay(self, self._leg, request, self._services)

    async def enqueue(self, request: EnqueueRequest) -> Dequeued:
        self._arrive()
        return await self._services.queues.stay(self, request, self._services)

    async def take_from_queue(self, request: TakeRequest) -> Dialled:
        self._arrive()
        return await self._services.queues.take(self, request, self._services, self.talk_to)

    def _arrive(self) -> None:
        """Say that a transfer led to somewhere else than to a telephone."""
        if self._transfer is not None:
            self._transfer.report(200)

    async def _apologise(self) -> None:
        rcml = self._services.settings.rcml
        sound = await self.while_up(self._services.sounds.apology(rcml.apology_text, rcml.apology_url))
        if sound is not None:
            await self._play_sound(sound, 1)


@lru_cache(8)
def _options(compat: CompatSection, max_documents: int) -> InterpreterOptions:
    return InterpreterOptions(
        absent_action_is_next_verb=compat.restcomm_next_verb_without_action,
        not_found_is_404=compat.restcomm_not_found,
        restcomm_hangup_after_dial=compat.restcomm_hangup_after_dial,
        unknown_parameters_are_null=compat.restcomm_null_parameters,
        max_documents=max_documents,
    )


def _request(url: str, method: str, parameters: Parameters = ()) -> Fetch | None:
    return Fetch(Url(url), HttpMethod(method), dict(parameters)) if url else None
