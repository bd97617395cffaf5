"""A caller in a queue: what they hear, until somebody takes them or they wait no more."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import NoReturn

from engine.conferences.audience import Audience
from engine.conversations.running_call import RunningCall
from engine.queues.hand_over import HandOver
from engine.queues.place import Place
from engine.queues.queue import Queue
from engine.queues.stay_events import StayEvents
from engine.services import Services
from engine.stopping import stopped
from rcml.call import CallerGone
from rcml.flow import Fetch
from rcml.queueing import Dequeued, EnqueueRequest, QueueResult
from rcml.screening import Screening, ScreeningOutcome
from rcml.waiting import QUEUE_VERBS, WaitLoop, WaitOutcome

WHISPER_WITHIN = 60.0
"""Seconds that the document before the connection may take; the agent waits for its end."""


class Member:
    """One stay in a queue."""

    def __init__(self, call: RunningCall, request: EnqueueRequest, queue: Queue, services: Services) -> None:
        self._call = call
        self._request = request
        self._queue = queue
        self._services = services
        self._place = Place(call, priority=request.priority)
        self._events = StayEvents(request.status_callback, call, self._place, queue, services)
        self._when_gone = QueueResult.HANGUP

    async def stay(self) -> Dequeued:
        """Wait and talk, and return how it went; never raises ``CallerGone``."""
        try:
            return await self._stay()
        finally:
            self._place.forget()

    async def _stay(self) -> Dequeued:
        try:
            result = await self._until_over()
        except CallerGone:
            result = self._when_gone
        except asyncio.CancelledError:
            redirected = QueueResult.REDIRECTED if self._call.steerable else QueueResult.HANGUP
            self._tell_redirected(self._went(redirected, self._place.waited))
            raise
        finally:
            waited = self._place.waited
            # Also when the call is moved elsewhere: whom it talked to must not hear what comes then.
            await asyncio.shield(self._queue.leave(self._place))
        went = self._went(result, waited)
        self._events.left(went)
        return went

    def _went(self, result: QueueResult, waited: float) -> Dequeued:
        sid, hand_over = self._queue.row.sid, self._place.hand_over
        if hand_over is None or hand_over.begun is None:
            return Dequeued(result=result, queue_sid=sid, waited=waited)
        waited = hand_over.begun - self._place.waiter.since
        return Dequeued(result=QueueResult.BRIDGED, queue_sid=sid, waited=waited, talked=hand_over.talked)

    def _tell_redirected(self, went: Dequeued) -> None:
        """Tell the application that its document was taken from the caller, unless the call is to end."""
        self._events.left(went)
        to = self._request.if_redirected
        if to is None or not self._call.steerable:
            return
        went = replace(went, result=QueueResult.REDIRECTED)
        told = {name: value for name, value in went.parameters().items() if value is not None}
        row = self._call.row
        self._services.outbox.post(
            to.url,
            {**self._call.journal.parameters(), **told},
            method=to.method.value,
            account_sid=row.account_sid,
            call_sid=row.sid,
        )

    async def _until_over(self) -> QueueResult:
        self._queue.enter(self._place)
        self._events.joined()
        while True:
            result = await self._wait()
            if result is None and self._place.hand_over is not None:
                result = await self._be_taken(self._place.hand_over)
            if result is not None:
                return result
            self._queue.enter(self._place)

    async def _wait(self) -> QueueResult | None:
        """Return why they wait no more; None when it is their turn."""
        limit = self._request.max_wait
        sound = asyncio.ensure_future(self._hear())
        called = asyncio.ensure_future(self._place.wait_called())
        either = asyncio.wait(
            (sound, called),
            timeout=None if limit is None else max(0.0, limit - self._place.waited),
            return_when=asyncio.FIRST_COMPLETED,
        )
        try:
            await self._call.while_up(either)
            if called.done():
                return None
            # From here on nobody takes them.
            self._queue.stop_waiting(self._place)
            return sound.result() if sound.done() else QueueResult.TIMEOUT
        finally:
            called.cancel()
            await stopped(sound)

    async def _hear(self) -> QueueResult:
        """Let them hear what was asked for; return when that takes them out of the queue, and why."""
        wait = self._request.wait
        if not isinstance(wait, Fetch):
            heard = await Audience(self._call, self._call.leg.media, self._services, {}).hear(wait)
            return await _for_ever() if heard else QueueResult.ERROR
        rounds = WaitLoop(self._call, verbs=QUEUE_VERBS, outlives_failure=True)
        match await rounds.run(lambda: self._asked(wait)):
            case WaitOutcome.LEFT:
                return QueueResult.LEAVE
            case WaitOutcome.GONE:
                return await self._say_goodbye(QueueResult.HANGUP)
            case WaitOutcome.FAILED:
                return QueueResult.ERROR
            case _:
                return await _for_ever()

    def _asked(self, wait: Fetch) -> Fetch:
        line, waiter = self._queue.line, self._place.waiter
        now = waiter.since + self._place.waited
        estimate = line.estimated_wait(waiter, now)
        told: dict[str, str | None] = {
            "QueueSid": self._queue.row.sid,
            "QueueTime": str(round(self._place.waited)),
            "QueuePosition": str(line.position(waiter)),
            "CurrentQueueSize": str(len(line)),
            "AvgQueueTime": str(round(line.average_wait(now))),
            "EstimatedWaitTime": "" if estimate is None else str(round(estimate)),
        }
        return replace(wait, parameters=told)

    async def _say_goodbye(self, result: QueueResult) -> NoReturn:
        """Wait for the end of a call that a document has hung up."""
        self._when_gone = result
        self._queue.stop_waiting(self._place)
        await _for_ever()

    async def _be_taken(self, hand_over: HandOver) -> QueueResult | None:
        """Return how it went; None when the agent left before, and they wait on."""
        outcome = await self._whisper(hand_over)
        # A document that fails is left out, as one that never ends is cut: the notifications say why.
        if outcome not in (ScreeningOutcome.ACCEPTED, ScreeningOutcome.FAILED):
            await self._call.while_up(self._say_goodbye(QueueResult.HANGUP))
        if hand_over.over:
            return None
        hand_over.on_connected = partial(self._events.bridged, hand_over.agent.row.sid)
        hand_over.member_is_ready()
        await self._call.while_up(hand_over.wait_over())
        if hand_over.failure is not None:
            return QueueResult.SYSTEM_ERROR
        return None if hand_over.begun is None else QueueResult.BRIDGED

    async def _whisper(self, hand_over: HandOver) -> ScreeningOutcome:
        """Run the agent's document for them, as long as the agent waits for it."""
        whisper = hand_over.whisper
        if whisper is None:
            return ScreeningOutcome.ACCEPTED
        told: dict[str, str | None] = {
            "QueueSid": self._queue.row.sid,
            "CallSid": self._call.row.sid,
            "QueueTime": str(round(self._place.waited)),
            "DequeingCallSid": hand_over.agent.row.sid,
        }
        screening = Screening(self._call, outlives_failure=True)
        heard = asyncio.ensure_future(screening.run(replace(whisper, parameters=told)))
        over = asyncio.ensure_future(hand_over.wait_over())
        either = asyncio.wait((heard, over), timeout=WHISPER_WITHIN, return_when=asyncio.FIRST_COMPLETED)
        try:
            await self._call.while_up(either)
            # A document that never ends is cut: who has waited is not to lose their turn by it.
            return heard.result() if heard.done() else ScreeningOutcome.ACCEPTED
        finally:
            over.cancel()
            await stopped(heard)


async def _for_ever() -> NoReturn:
    await asyncio.get_running_loop().create_future()
    raise AssertionError("nobody sets the result")
