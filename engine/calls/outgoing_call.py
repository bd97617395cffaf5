"""A call that we made, once its party has answered: documents run on that leg."""

from __future__ import annotations

from dataclasses import replace

from engine.calls.call import Call, Plan
from engine.calls.call_order import TIME_LIMIT
from engine.calls.call_services import CallServices
from engine.dialling.branch import Branch
from engine.dialling.reach import Reach
from engine.exchange.routing import Application
from engine.legs.leg_ended import LegEnded
from engine.recordings.kept_recording import KeptRecording
from engine.recordings.tracks import tracks
from engine.store import CallStatus
from media.recording.take import RecordingLimits
from rcml.call import Callback, CallerGone
from rcml.dialling import TalkRecording
from rcml.values import RejectReason


class OutgoingCall(Call):
    """Runs an application with somebody who answered, for the REST API or instead of a Dial.

    ``branch`` keeps the record of the leg and tells how it fares.
    """

    def __init__(
        self,
        branch: Branch,
        plan: Plan,
        services: CallServices,
        reach: Reach,
        *,
        time_limit: float | None = None,
        send_digits: str = "",
        recording: TalkRecording | None = None,
        waits_for_detection: bool = False,
    ) -> None:
        super().__init__(branch.journal(), branch.leg, plan, services, reach)
        self.branch = branch
        self.time_limit.seconds = time_limit
        self._send_digits = send_digits
        self._recording_wanted = recording
        self._waits_for_detection = waits_for_detection
        self._recording: KeptRecording | None = None

    async def _begin(self) -> None:
        self.time_limit.answered()
        if self._recording_wanted is not None and not self.gone:
            self._record(self._recording_wanted)
        if self._send_digits:
            await self.send_digits(self._send_digits)

    async def _run_plan(self, plan: Plan) -> None:
        waits, self._waits_for_detection = self._waits_for_detection, False
        detection = self.branch.detection
        # Here, so that a document given from outside need not wait.
        if waits and detection is not None and isinstance(plan, Application):
            found = await self.while_up(detection.result())
            plan = replace(plan, parameters=(*plan.parameters, *found.told().items()))
        await super()._run_plan(plan)

    def _record(self, wanted: TalkRecording) -> None:
        self._recording = KeptRecording(
            self.journal, self._services, wanted.status_callback, source="OutboundAPI", track=wanted.track
        )
        self._recording.start(
            tracks(self._leg.media, wanted),
            # The call ends it; a limit that is raised later must not leave the rest out.
            RecordingLimits(
                max_length=max(self.time_limit.seconds or 0.0, TIME_LIMIT), trim=wanted.trim_silence
            ),
        )

    async def _write_down(self, ended: LegEnded) -> None:
        told: dict[str, str] = {}
        if self._recording is not None:
            await self._recording.finish()
            told = self._recording.told()
        self.branch.row.reason = self._fault or str(ended)
        self.branch.ended(self.status_when_gone() if self.gone else CallStatus.FAILED, told)

    def status_when_gone(self) -> CallStatus:
        return CallStatus.COMPLETED if self._leg.ended.result().in_order else CallStatus.FAILED

    def tell_status(self, callback: Callback) -> None:
        self.branch.tell_status(callback)

    @property
    def ringing(self) -> bool:
        return False

    async def answer(self) -> None:
        if self.gone:
            raise CallerGone

    async def reject(self, reason: RejectReason) -> None:
        """Do nothing: who was called and answered cannot be refused."""

    def _refuse(self, status: int | None, reason: str | None) -> None:
        raise AssertionError("a call that we made never rings here")
