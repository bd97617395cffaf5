"""A dial on the stage: legs that ring until the test lets somebody answer."""

from __future__ import annotations

from collections.abc import Sequence

from rcml.call import CallerGone, InputKind
from rcml.dialling import (
    BUSY,
    ApplicationTarget,
    ClientTarget,
    Dialled,
    DialRequest,
    DialStatus,
    NumberTarget,
    SipResponse,
    SipTarget,
    Target,
)
from rcml.screening import Screening, ScreeningOutcome
from rcml.testing.scene import Ear
from rcml.testing.staged_leg import StagedLeg
from rcml.testing.transcript import Kind

SCREENING_WITHIN = 60.0
"""Seconds that a callee may take to accept (rcml.md 5.6.6)."""
"""SIP statuses that mean busy."""


def named(target: Target) -> str:
    """Return a target as a test names it: `client:alice`, `sip:bob@example.com`, `+15550123` or `AP…`."""
    match target:
        case ClientTarget(login=login):
            return f"client:{login}"
        case SipTarget(uri=uri):
            return uri
        case NumberTarget(number=number):
            return number
        case ApplicationTarget(sid=sid):
            return sid


class CalleeLeg:
    """A telephone that rings because of a Dial."""

    def __init__(self, caller: StagedLeg, target: Target, caller_id: str) -> None:
        self.target = target
        self.call = caller.another(who=named(target), from_=caller_id)
        self.status = 0
        """The SIP status it gave in the end; 0 while it rings."""
        self.made = caller.scene.stage.now
        self.answered_at: float | None = None
        self.taken = False
        """Whether a test has the telephone in its hands."""

    @property
    def ringing(self) -> bool:
        """Whether neither side has decided yet."""
        return self.status == 0 and not self.call.gone

    def answer(self, status: int) -> None:
        """The callee answers (200), or refuses."""
        self.status = status
        if status == 200:
            self.answered_at = self.call.scene.stage.now
            self.call.picked_up()
        else:
            self.call.refused(status)


class StagedDial:
    """Rings the targets as ``rcml.call.Call.dial`` promises."""

    def __init__(self, caller: StagedLeg, request: DialRequest) -> None:
        self._caller = caller
        self._request = request
        self._stage = caller.scene.stage
        self._legs: list[CalleeLeg] = []
        self._timed_out = False
        self._starred = False
        self._talked = 0.0
        self._winner: CalleeLeg | None = None

    async def run(self) -> Dialled:
        """Ring, ask the callee, let them talk; every leg is over when this returns."""
        keys = frozenset({InputKind.DTMF}) if self._request.hangup_on_star else frozenset[InputKind]()
        try:
            with self._caller.listening(Ear(kinds=keys, key=self._press)):
                await self._run()
        finally:
            self._end(self._legs)
        return self._result()

    async def _run(self) -> None:
        leg = await self._first_to_answer()
        if leg is None or not await self._accepted(leg):
            return
        try:
            await self._caller.answer()
        except CallerGone:
            return
        await self._talk(leg)

    async def _first_to_answer(self) -> CalleeLeg | None:
        if not self._request.sequential:
            return await self._ring(self._request.targets)
        for target in self._request.targets:
            leg = await self._ring((target,))
            if leg is not None or self._over():
                return leg
        return None

    async def _ring(self, targets: Sequence[Target]) -> CalleeLeg | None:
        caller_id = self._request.caller_id or self._caller.from_
        legs = [CalleeLeg(self._caller, target, caller_id) for target in targets]
        self._legs += legs
        for leg in legs:
            leg.call.write(Kind.DIALLED, "", leg)

        def decided() -> bool:
            return self._over() or any(leg.answered_at is not None for leg in legs) or not _ring_on(legs)

        await self._stage.wait(self._request.ring_limit, decided)
        winner = next((leg for leg in legs if leg.answered_at is not None and not leg.call.gone), None)
        self._timed_out = winner is None and _ring_on(legs) and not self._over()
        self._end([leg for leg in legs if leg is not winner])
        return winner

    async def _accepted(self, leg: CalleeLeg) -> bool:
        """Press the digits and run the screening document against the callee."""
        begun = self._stage.start(lambda: self._prepare(leg))
        await self._stage.wait(SCREENING_WITHIN, lambda: begun.over or self._over() or leg.call.gone)
        accepted = begun.over and bool(begun.result) and not leg.call.gone and not self._over()
        begun.stop()
        return accepted

    async def _prepare(self, leg: CalleeLeg) -> bool:
        target = leg.target
        try:
            if isinstance(target, NumberTarget) and target.send_digits:
                await leg.call.send_digits(target.send_digits)
        except CallerGone:
            return False
        if target.screening is None:
            return True
        return await Screening(leg.call).run(target.screening) is ScreeningOutcome.ACCEPTED

    async def _talk(self, leg: CalleeLeg) -> None:
        self._winner, begun = leg, self._stage.now
        self._caller.write(Kind.CONNECTED, f"to {leg.call.who}", leg)
        await self._stage.wait(self._request.time_limit, lambda: self._over() or leg.call.gone)
        self._talked = self._stage.now - begun
        self._caller.write(Kind.PARTED, f"from {leg.call.who} after {self._talked:g} s")

    def _press(self, key: str) -> None:
        self._starred = self._starred or key == "*"

    def _over(self) -> bool:
        return self._caller.gone or self._starred

    def _end(self, legs: Sequence[CalleeLeg]) -> None:
        for leg in legs:
            leg.call.finish()

    def _result(self) -> Dialled:
        leg = self._winner or (self._legs[-1] if self._legs else None)
        if leg is None:
            return Dialled()
        until = leg.answered_at if leg.answered_at is not None else self._stage.now
        response = None
        if isinstance(leg.target, SipTarget) and leg.status:
            response = SipResponse(call_id=f"{leg.call.sid}@dialplane.test", status=leg.status)
        recorded = self._winner is not None and self._request.recording is not None
        scene = self._caller.scene
        return Dialled(
            status=self._status(leg),
            call_sid=leg.call.sid,
            ring_duration=until - leg.made,
            talk_duration=self._talked,
            recording_url=scene.recording_url() if recorded else None,
            response=response,
        )

    def _status(self, last: CalleeLeg) -> DialStatus:
        if self._winner is not None:
            return DialStatus.COMPLETED
        if self._timed_out:
            return DialStatus.NO_ANSWER
        if last.status in BUSY:
            return DialStatus.BUSY
        return DialStatus.FAILED if last.status >= 400 else DialStatus.CANCELED


def _ring_on(legs: Sequence[CalleeLeg]) -> bool:
    return any(leg.ringing for leg in legs)
