"""A caller who takes somebody out of a queue, and talks to them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from engine.conversations.running_call import RunningCall
from engine.dialling.branch import end
from engine.dialling.dial_recording import DialRecording
from engine.dialling.ringback import Ringback
from engine.dialling.star_key import unless_star
from engine.dialling.talk import Party, Talk
from engine.dialling.visitor import Visitor
from engine.queues.hand_over import HandOver
from engine.queues.place import Place
from engine.queues.queue import Queue
from engine.reporting import log
from engine.services import Services
from engine.stopping import stopped
from rcml.call import CallerGone, Level
from rcml.dialling import Dialled, DialRequest, DialStatus
from rcml.queueing import TakeRequest

NOT_CONNECTED = 11008

TalkTo = Callable[[Party, DialRequest], Awaitable[None]]
"""Connects the agent to somebody who is on the line already, until they part."""


class Agent:
    """One taking from a queue: the wait for somebody, and the talk."""

    def __init__(
        self, call: RunningCall, request: TakeRequest, queue: Queue, services: Services, talk_to: TalkTo
    ) -> None:
        self._call = call
        self._talk_to = talk_to
        self._request = request
        self._queue = queue
        self._services = services
        self._terms = DialRequest(
            targets=(),
            time_limit=request.time_limit,
            hangup_on_star=request.hangup_on_star,
            recording=request.recording,
            refer=request.refer,
        )
        self._place = Place(call, whisper=request.whisper)
        self._recording = DialRecording(call, call.leg, self._terms, services)
        self._ringback = Ringback(call, call.leg, request.while_waiting, services)
        self._successor: Party | None = None
        """Who talks to the agent next, because the member's telephone transferred them."""
        self._status = DialStatus.CANCELED
        self._waited = 0.0

    async def run(self) -> Dialled:
        """Return how it went; never raises ``CallerGone``."""
        try:
            return await self._run()
        finally:
            self._place.forget()

    async def _run(self) -> Dialled:
        try:
            hand_over = await self._call.while_up(self._next_member())
            if hand_over is not None:
                await self._talk(hand_over)
        except CallerGone:
            log.get("queue").info("agent.gone", queue=self._queue.row.sid)
        finally:
            # Also when the call is moved elsewhere.
            await asyncio.shield(self._leave())
        self._call.journal.dialled = result = self._result()
        return result

    async def _leave(self) -> None:
        await self._queue.leave(self._place)
        if isinstance(self._successor, Visitor):
            self._successor.leave()
        elif self._successor is not None:
            await end([self._successor])
        await self._recording.finish()

    def _result(self) -> Dialled:
        hand_over, connected = self._place.hand_over, self._status is DialStatus.COMPLETED
        return Dialled(
            status=self._status,
            call_sid=hand_over.member.row.sid if hand_over is not None and connected else None,
            ring_duration=self._waited,
            talk_duration=hand_over.talked if hand_over is not None else 0.0,
            recording_url=self._recording.url,
        )

    async def _next_member(self) -> HandOver | None:
        """Wait for a member who can be connected now; None when there is none in time, or ``*`` ends it."""
        deadline = asyncio.get_running_loop().time() + self._request.wait_limit
        while True:
            sound = asyncio.ensure_future(self._ringback.run())
            try:
                work = self._next_who_is_ready(deadline)
                found = await (unless_star(self._call.leg, work) if self._request.hangup_on_star else work)
            finally:
                self._waited = self._place.waited
                await stopped(sound)
            # The member may have left while the sound stopped.
            if found is None or not found.over:
                return found

    async def _next_who_is_ready(self, deadline: float) -> HandOver | None:
        while True:
            self._queue.attend(self._place)
            try:
                async with asyncio.timeout_at(deadline):
                    hand_over = await self._place.wait_called()
            except TimeoutError:
                self._status = DialStatus.NO_ANSWER
                return None
            await hand_over.wait_decided()
            if not hand_over.over:
                return hand_over

    async def _talk(self, hand_over: HandOver) -> None:
        self._status = DialStatus.COMPLETED
        self._queue.line.connected(asyncio.get_running_loop().time())
        self._call.journal.dialled = self._result()
        member = hand_over.member
        # Whoever transfers the member finds them as one who lends their leg.
        visitor = Visitor(member, member.leg, lambda visitor: None)
        talk = Talk(self._call, self._call.leg, visitor, self._terms, self._services, self._recording)
        talk.hand_over = partial(self._go_on_with, hand_over)
        await hand_over.run(talk)
        if self._successor is not None:
            successor, self._successor = self._successor, None
            await self._talk_to(successor, self._terms)
        if hand_over.failure is not None:
            self._status = DialStatus.FAILED
            what = f"{member.row.sid} in the queue {self._queue.row.friendly_name!r} cannot be connected"
            self._call.notify(NOT_CONNECTED, Level.ERROR, f"{what}: {hand_over.failure}")

    def _go_on_with(self, hand_over: HandOver, party: Party) -> None:
        """Let the agent talk to somebody else; the member, who transferred them, is hung up."""
        self._successor = party
        hand_over.end()
        hand_over.member.stop()
