"""A queue on the stage: whom the other side of it connects is whatever the test says."""

from __future__ import annotations

from dataclasses import replace

from rcml.call import InputKind, Sound
from rcml.dialling import Dialled, DialStatus
from rcml.flow import Fetch
from rcml.queueing import Dequeued, EnqueueRequest, QueueResult, TakeRequest
from rcml.testing.scene import Ear
from rcml.testing.staged_leg import StagedLeg
from rcml.testing.transcript import Kind
from rcml.waiting import QUEUE_VERBS, WaitLoop, WaitOutcome

_ENDED_BY = {
    WaitOutcome.LEFT: QueueResult.LEAVE,
    WaitOutcome.FAILED: QueueResult.ERROR,
    WaitOutcome.GONE: QueueResult.HANGUP,
}


class _Talk:
    """Somebody whom the test connects and parts again."""

    def __init__(self, call: StagedLeg) -> None:
        self._call = call
        self._stage = call.scene.stage
        self._begun = self._stage.now
        self._taken = False
        self._over = False

    def connect(self) -> None:
        """Let them talk now."""
        self._taken = True
        self._stage.settle()

    def part(self) -> None:
        """The other one hangs up."""
        self._over = True
        self._stage.settle()

    async def _talk(self, limit: float) -> float:
        """Return how long they talked."""
        begun = self._stage.now
        self._call.write(Kind.CONNECTED, "through the queue")
        await self._stage.wait(limit, lambda: self._call.gone or self._over)
        self._call.write(Kind.PARTED, f"after {self._stage.now - begun:g} s")
        return self._stage.now - begun


class QueuedPlace(_Talk):
    """A caller's place in a queue: the test connects an agent, and lets them part."""

    def __init__(self, call: StagedLeg, request: EnqueueRequest) -> None:
        super().__init__(call)
        self.request = request
        self._sid = call.scene.sid("QU")

    async def stay(self) -> Dequeued:
        """Wait until the test takes the caller, or the wait ends otherwise."""
        call, stage = self._call, self._stage
        call.write(Kind.JOINED, self.request.queue, self)
        waiting = stage.start(self._hear_meanwhile)

        def decided() -> bool:
            return self._taken or call.gone or isinstance(waiting.result, QueueResult)

        await stage.wait(self.request.max_wait or float("inf"), decided)
        waited, result = stage.now - self._begun, waiting.result
        waiting.stop()
        if call.gone:
            result = result or QueueResult.HANGUP
        elif self._taken:
            talked = await self._talk(float("inf"))
            return Dequeued(result=QueueResult.BRIDGED, queue_sid=self._sid, waited=waited, talked=talked)
        return Dequeued(result=result or QueueResult.TIMEOUT, queue_sid=self._sid, waited=waited)

    async def _hear_meanwhile(self) -> QueueResult | None:
        match self.request.wait:
            case Fetch() as document:
                rounds = WaitLoop(self._call, verbs=QUEUE_VERBS, outlives_failure=True)
                outcome = await rounds.run(lambda: self._asked(document))
                return _ENDED_BY.get(outcome)
            case Sound(url=url):
                self._call.write(Kind.PLAYED, url, self.request.wait)
            case _:
                pass
        return None

    def _asked(self, document: Fetch) -> Fetch:
        told: dict[str, str | None] = {
            "QueueSid": self._sid,
            "QueueTime": str(round(self._stage.now - self._begun)),
            "QueuePosition": "1",
            "CurrentQueueSize": "1",
            "AvgQueueTime": "0",
            "EstimatedWaitTime": "0",
        }
        return replace(document, parameters=told)


class TakenFromQueue(_Talk):
    """An agent who takes from a queue: the test lets somebody come, and lets them part."""

    def __init__(self, call: StagedLeg, request: TakeRequest) -> None:
        super().__init__(call)
        self.request = request

    async def run(self) -> Dialled:
        """Wait for somebody, and talk to them."""
        call, stage = self._call, self._stage
        call.write(Kind.JOINED, self.request.queue, self)
        keys = frozenset({InputKind.DTMF}) if self.request.hangup_on_star else frozenset[InputKind]()
        with call.listening(Ear(kinds=keys, key=self._press)):
            await stage.wait(self.request.wait_limit, lambda: self._taken or call.gone or self._over)
            waited = stage.now - self._begun
            if call.gone or self._over:
                return Dialled(status=DialStatus.CANCELED, ring_duration=waited)
            if not self._taken:
                return Dialled(status=DialStatus.NO_ANSWER, ring_duration=waited)
            talked = await self._talk(self.request.time_limit)
        return Dialled(
            status=DialStatus.COMPLETED,
            call_sid=call.scene.sid("CA"),
            ring_duration=waited,
            talk_duration=talked,
        )

    def _press(self, key: str) -> None:
        self._over = self._over or key == "*"
