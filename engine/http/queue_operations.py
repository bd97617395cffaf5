"""Making, changing and deleting queues, and taking callers out of them, through the REST API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from engine import ids
from engine.applications import absolute
from engine.calls.call_desk import CallDesk, OtherLeg
from engine.config import Settings
from engine.errors import WrongState
from engine.exchange.routing import Application
from engine.http.call_operations import needed_desk, told_as_problems
from engine.http.dialect import Dialect
from engine.http.operations import Asked, Operations
from engine.http.parts import PartOperations
from engine.http.problems import Problem
from engine.http.resources import Place
from engine.http.resources.queues import MemberChange, QueueChange, QueueCreation, ShownMember
from engine.queues import Place as Waiting
from engine.queues import Queues
from engine.queues.register import NameTaken
from engine.store import QueueRow

FRONT = "Front"
"""Stands for the caller whose turn is next."""

_NAME_TAKEN = 22003
"""Twilio's error code."""

FindSettings = Callable[[], Settings]


class QueueOperations(Operations[QueueRow, QueueCreation, QueueChange]):
    """Keeps queues in the store, and those in use in line with it."""

    def __init__(self, queues: Queues, settings: FindSettings) -> None:
        self._queues = queues
        self._settings = settings

    def live(self, row: QueueRow) -> Mapping[str, object]:
        queue = self._queues.find(row)
        if queue is None:
            return {}
        return {"current_size": len(queue.line), "average_wait_time": round(queue.average_wait)}

    async def create(self, asked: Asked, form: QueueCreation) -> Sequence[QueueRow]:
        size = form.max_size if form.max_size is not None else self._settings().queues.max_size
        try:
            return [await self._queues.make(asked.account.sid, form.friendly_name, size)]
        except NameTaken as error:
            raise _name_taken(error) from error

    async def change(self, asked: Asked, row: QueueRow, form: QueueChange) -> QueueRow:
        try:
            return await self._queues.change(row, form.friendly_name, form.max_size)
        except NameTaken as error:
            raise _name_taken(error) from error
        except WrongState as error:
            raise Problem(404, str(error)) from error

    async def delete(self, asked: Asked, row: QueueRow) -> None:
        try:
            await self._queues.delete(row)
        except WrongState as error:
            raise Problem(409, str(error), twilio=(409, 20409)) from error


class MemberOperations(PartOperations[QueueRow, Waiting, QueueCreation, MemberChange]):
    """Shows who waits in a queue, and takes them out to run another document."""

    def __init__(self, queues: Queues, desk: Callable[[], CallDesk | None], settings: FindSettings) -> None:
        self._queues = queues
        self._find_desk = desk
        self._settings = settings

    async def all_of(self, owner: QueueRow, query: Mapping[str, str], spoken: Dialect) -> Sequence[Waiting]:
        return self._waiting(owner)

    def _waiting(self, owner: QueueRow) -> Sequence[Waiting]:
        queue = self._queues.find(owner)
        return queue.members if queue is not None else ()

    async def find(self, owner: QueueRow, name: str) -> Waiting:
        """Return who waits under this CallSid, or is ``Front``."""
        members = self._waiting(owner)
        if name == FRONT and members:
            return members[0]
        sid = ids.call_sid_in(name)
        for member in members:
            if member.waiter.sid == sid:
                return member
        raise Problem(404, "Nobody waits in the queue." if name == FRONT else "This call does not wait here.")

    def show(self, owner: QueueRow, part: Waiting, place: Place) -> ShownMember:
        queue = self._queues.find(owner)
        return ShownMember(
            call_sid=part.waiter.sid,
            date_enqueued=part.date_enqueued,
            position=queue.line.position(part.waiter) if queue is not None else 0,
            queue_sid=owner.sid,
            wait_time=round(part.waited),
            uri=place.uri("Queues", owner.sid, "Members", part.waiter.sid),
        )

    async def change(self, asked: Asked, owner: QueueRow, part: Waiting, form: MemberChange) -> Waiting:
        application = Application(voice_url=absolute(form.url, self._settings()), voice_method=form.method)
        desk = needed_desk(self._find_desk)
        queue = self._queues.find(owner)
        with told_as_problems():
            # Before anything is awaited: whoever asks for ``Front`` next gets the one behind.
            if queue is not None:
                queue.stop_waiting(part)
            await desk.redirect(part.call.row, application, OtherLeg.STAYS)
        return part


def _name_taken(error: NameTaken) -> Problem:
    return Problem(409, str(error), twilio=(400, _NAME_TAKEN))
