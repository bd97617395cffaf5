"""A party whose document may speak to them, but neither ends nor moves a call."""

from __future__ import annotations

from abc import ABC, abstractmethod

from rcml.call import Sound
from rcml.dialling import ConferenceRequest, Dialled, DialRequest, Left, LeftBecause
from rcml.queueing import Dequeued, EnqueueRequest, QueueResult, TakeRequest
from rcml.referring import Change, Changed, Referred, ReferRequest
from rcml.values import RejectReason

NOT_DONE = 501
"""The SIP status that stands for what such a document may not do."""


class Bystander(ABC):
    """What :class:`rcml.call.Call` says of one who is up already and stays where they are."""

    @abstractmethod
    async def hang_up(self, reason: str | None = None) -> None:
        """End what the document is for."""

    @property
    def ringing(self) -> bool:
        return False

    async def reject(self, reason: RejectReason) -> None:
        """Go on: an answered leg cannot be refused."""
        return

    async def fail(self, reason: str, *, status: int = 500) -> None:
        await self.hang_up(reason)

    async def dial(self, request: DialRequest) -> Dialled:
        return Dialled()

    async def enqueue(self, request: EnqueueRequest) -> Dequeued:
        return Dequeued(result=QueueResult.SYSTEM_ERROR)

    async def take_from_queue(self, request: TakeRequest) -> Dialled:
        return Dialled()

    async def join_conference(self, request: ConferenceRequest) -> Left:
        return Left(because=LeftBecause.FAILED)

    async def refer(self, request: ReferRequest) -> Referred:
        return Referred(response=NOT_DONE)

    async def hold(self, music: Sound | None) -> Changed:
        return Changed(Change.FAILED, NOT_DONE)

    async def resume(self) -> Changed | None:
        return None
