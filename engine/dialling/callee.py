"""A callee while a screening document asks whether they take the call."""

from __future__ import annotations

from engine.conversations.bystander import Bystander
from engine.conversations.conversation import Conversation
from engine.dialling.branch import Branch
from engine.services import Services
from engine.store import CallStatus
from rcml.call import CallerGone


class Callee(Bystander, Conversation):
    """An answered leg of a Dial, as a screening document sees it; it cannot dial further."""

    def __init__(self, branch: Branch, services: Services) -> None:
        super().__init__(branch.journal(), branch.leg, services)

    def status_when_gone(self) -> CallStatus:
        return CallStatus.COMPLETED

    async def answer(self) -> None:
        if self.gone:
            raise CallerGone

    async def hang_up(self, reason: str | None = None) -> None:
        if not self.gone:
            self._leg.hang_up(self.headers(reason))
