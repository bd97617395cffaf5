"""A callee while a screening document asks whether they take the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.conversation import Conversation
from engine.services import Services
from engine.store import CallStatus
from rcml.call import CallerGone
from rcml.dialling import ConferenceRequest, Dialled, DialRequest, Left, LeftBecause
from rcml.values import RejectReason

if TYPE_CHECKING:
    from engine.branch import Branch


class Callee(Conversation):
    """An answered leg of a Dial, as a screening document sees it; it cannot dial further."""

    def __init__(self, branch: Branch, services: Services) -> None:
        super().__init__(branch.journal(), branch.leg, services)

    @property
    def ringing(self) -> bool:
        return False

    def status_when_gone(self) -> CallStatus:
        return CallStatus.COMPLETED

    async def answer(self) -> None:
        if self.gone:
            raise CallerGone

    async def reject(self, reason: RejectReason) -> None:
        """Do nothing: an answered leg cannot be refused."""

    async def hang_up(self, reason: str | None = None) -> None:
        if not self.gone:
            self._leg.hang_up(self.headers(reason))

    async def fail(self, reason: str, *, status: int = 500) -> None:
        await self.hang_up(reason)

    async def dial(self, request: DialRequest) -> Dialled:
        return Dialled()

    async def join_conference(self, request: ConferenceRequest) -> Left:
        return Left(because=LeftBecause.FAILED)
