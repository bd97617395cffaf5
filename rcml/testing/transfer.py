"""A transfer on the stage: the caller's telephone calls whom it was referred to, as the test says."""

from __future__ import annotations

from rcml.referring import Referred, ReferRequest, ReferStatus
from rcml.testing.staged_leg import StagedLeg
from rcml.testing.transcript import Kind

DECIDED_WITHIN = 60.0
"""Seconds that a transfer may take (rcml.md 5.14)."""
_STATUSES = {
    486: ReferStatus.BUSY,
    600: ReferStatus.BUSY,
    487: ReferStatus.NO_ANSWER,
}


class Transfer:
    """A REFER that the application sent to the caller's telephone; the test decides what becomes of it."""

    def __init__(self, call: StagedLeg, request: ReferRequest) -> None:
        self.request = request
        self._call = call
        self._referred: Referred | None = None

    def succeed(self) -> None:
        """The other party answers."""
        self._decide(Referred(status=ReferStatus.IN_PROGRESS, response=202, notified=200))

    def fail(self, status: int) -> None:
        """The other party refuses: 486 is busy, 487 no answer."""
        failed = _STATUSES.get(status, ReferStatus.FAILED)
        self._decide(Referred(status=failed, response=202, notified=status))

    def refuse(self, status: int = 603) -> None:
        """The caller's telephone transfers nobody."""
        self._decide(Referred(response=status))

    async def run(self) -> Referred:
        """Wait for the decision."""
        call = self._call
        call.write(Kind.REFERRED, self.request.uri, self)
        await call.scene.stage.wait(DECIDED_WITHIN, lambda: call.gone or self._referred is not None)
        if self._referred is not None:
            return self._referred
        return Referred(status=ReferStatus.CANCELED if call.gone else None, response=202)

    def _decide(self, referred: Referred) -> None:
        self._referred = self._referred or referred
        self._call.scene.stage.settle()
