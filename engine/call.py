"""A call: one run of an application, from the INVITE to the last event."""

from __future__ import annotations

import asyncio

from engine import log
from engine.call_journal import CallJournal
from engine.conversation import Conversation
from engine.dial import Dialling
from engine.errors import MediaUnavailable
from engine.reach import Reach
from engine.routing import Application
from engine.services import Services
from engine.sip_leg import LegEnded, SipLeg
from engine.store import CallStatus
from media.errors import MediaError
from rcml.call import CallerGone, Level, PlaybackFailed
from rcml.dialling import ConferenceRequest, Dialled, DialRequest, Left, LeftBecause
from rcml.errors import FEATURE_MISSING
from rcml.flow import Fetch
from rcml.interpreter import Interpreter, InterpreterOptions
from rcml.values import HttpMethod, RejectReason, Url
from sip.events import EndCause

APOLOGY_WITHIN = 15.0
"""Seconds after which a caller who still hears the apology is hung up."""

NEVER_ANSWERED = 487
"""SIP status of a call that ends without an answer (rcml.md 5.11)."""

GOODBYE_WITHIN = 34.0
"""Seconds that a BYE of ours may take: 64*T1 (RFC 3261 17.1.2.2) and some air."""


class Call(Conversation):
    """Runs an application on one leg, or connects it to somebody: the engine's :class:`rcml.call.Call`.

    Owns its leg, its running recording, the legs it dials and its task.
    """

    def __init__(
        self,
        journal: CallJournal,
        leg: SipLeg,
        plan: Application | DialRequest,
        services: Services,
        reach: Reach,
    ) -> None:
        super().__init__(journal, leg, services)
        self._plan = plan
        self._reach = reach
        self._answered = False
        self._refused_as = CallStatus.CANCELED
        self._unanswered = NEVER_ANSWERED
        self._fault: str | None = None

    def __repr__(self) -> str:
        return f"<Call {self.row.sid} {self.row.status} {self._leg}>"

    # -- its life --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Run the application and return when the call is over, recorded and told."""
        with log.bound(call_sid=self.row.sid):
            try:
                await self._run_application()
            except Exception:
                # An invariant of ours broke: it ends this call alone, with its trace in the log.
                log.get("call").exception("call.broken")
                self.notify(11000, Level.ERROR, "an internal error ended the call; the log has its trace")
                await self.fail("internal error")
            finally:
                await self._finish()

    async def _run_application(self) -> None:
        self.journal.reached(CallStatus.RINGING)
        self._leg.ring(self.headers())
        if isinstance(self._plan, DialRequest):
            await self._ring(self._plan)
            return
        application, settings = self._plan, self._services.settings
        options = InterpreterOptions(
            absent_action_is_next_verb=settings.compat.restcomm_next_verb_without_action,
            not_found_is_404=settings.compat.restcomm_not_found,
            restcomm_hangup_after_dial=settings.compat.restcomm_hangup_after_dial,
            unknown_parameters_are_null=settings.compat.restcomm_null_parameters,
            max_documents=settings.rcml.max_documents,
        )
        fallback = _request(application.voice_fallback_url, application.voice_fallback_method)
        start = _request(application.voice_url, application.voice_method)
        assert start is not None, "routing gives an application only with a voice URL"
        await Interpreter(self, fallback=fallback, options=options).run(start)

    async def _ring(self, request: DialRequest) -> None:
        """Connect the caller to somebody without an application; a refusal is passed on as it is."""
        await self.dial(request)
        if self.ringing:
            await self.hang_up()

    async def _finish(self) -> None:
        """End what is still up, then write down how it went."""
        if not self.gone:
            self._leg.hang_up(self.headers())
        try:
            async with asyncio.timeout(GOODBYE_WITHIN):
                ended = await asyncio.shield(self._leg.ended)
        except TimeoutError:
            ended = LegEnded(EndCause.TIMEOUT)
        self._leg.close()
        self.journal.ended(self._final_status(ended), str(ended), self._fault)

    def status_when_gone(self) -> CallStatus:
        return self._final_status(self._leg.ended.result())

    def _final_status(self, ended: LegEnded) -> CallStatus:
        if self._answered:
            return CallStatus.COMPLETED if ended.in_order else CallStatus.FAILED
        if ended.cancelled:
            return CallStatus.CANCELED
        return self._refused_as if ended.in_order else CallStatus.FAILED

    # -- rcml.call.Call: the call itself ---------------------------------------------------------

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
        self.journal.reached(CallStatus.IN_PROGRESS)

    async def reject(self, reason: RejectReason) -> None:
        if self.ringing:
            self._refused_as = CallStatus.BUSY
            self._leg.reject(reason.status, self.headers())

    async def hang_up(self, reason: str | None = None) -> None:
        if self.ringing:
            self._leg.reject(self._unanswered, self.headers(reason))
        elif not self.gone:
            self._leg.hang_up(self.headers(reason))

    async def fail(self, reason: str, *, status: int = 500) -> None:
        if self.gone:
            return
        self._fault = reason
        if self.ringing:
            self._refused_as = CallStatus.FAILED
            self._leg.reject(status, self.headers(reason, status))
            return
        try:
            async with asyncio.timeout(APOLOGY_WITHIN):
                await self._apologise()
        except (TimeoutError, CallerGone, MediaError, PlaybackFailed) as error:
            log.get("call").info("apology.cut", error=repr(error))
        await self.hang_up(reason)

    async def dial(self, request: DialRequest) -> Dialled:
        dialling = Dialling(self, self._leg, request, self._services, self._reach)
        dialled = await dialling.run()
        if self.ringing:
            # A caller who was kept ringing learns why nobody was connected, unless a verb answers him yet.
            self._refused_as = CallStatus(dialled.status.value)
            self._unanswered = dialling.failure_status
        return dialled

    async def join_conference(self, request: ConferenceRequest) -> Left:
        what = "<Conference>: this server has no rooms yet; dial a Number, Client or Sip"
        self.notify(FEATURE_MISSING, Level.ERROR, what)
        return Left(because=LeftBecause.FAILED)

    async def _apologise(self) -> None:
        rcml = self._services.settings.rcml
        sound = await self.while_up(self._services.sounds.apology(rcml.apology_text, rcml.apology_url))
        if sound is not None:
            await self._play_sound(sound, 1)


def _request(url: str, method: str) -> Fetch | None:
    return Fetch(Url(url), HttpMethod(method)) if url else None
