"""All queues of the server, by account and name."""

from __future__ import annotations

import asyncio

from engine import ids
from engine.conversations.running_call import RunningCall
from engine.errors import EngineError, StoreError, WrongState
from engine.queues.agent import Agent, TalkTo
from engine.queues.member import Member
from engine.queues.queue import Queue
from engine.reporting import log
from engine.reporting.metrics import Metrics
from engine.services import Services
from engine.store import QueueRow, Store, utc_now
from rcml.call import Level
from rcml.dialling import Dialled
from rcml.queueing import Dequeued, EnqueueRequest, QueueResult, TakeRequest

NOT_FOUND = 11008


class NameTaken(EngineError):
    """The account has a queue of this name already."""


KEPT = 1000
"""Queues kept in memory though nobody is there, for the pace of their hand-overs; some applications name a
queue after each call."""


class Queues:
    """Finds queues, and makes one when somebody uses a name that has none."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self._store = store
        metrics.queue_members.set_function(lambda: self.members)
        metrics.queue_agents.set_function(lambda: self.agents)
        self._by_name: dict[tuple[str, str], Queue] = {}
        self._finding = asyncio.Lock()

    @property
    def members(self) -> int:
        """How many wait to be taken, in all queues."""
        return sum(len(queue.line) for queue in self._by_name.values())

    @property
    def agents(self) -> int:
        """How many wait to take somebody, in all queues."""
        return sum(queue.agents for queue in self._by_name.values())

    async def stay(self, call: RunningCall, request: EnqueueRequest, services: Services) -> Dequeued:
        """Let an answered call wait, and return when it waits or talks no more."""
        queue = await self._queue_for(call, request.queue, services)
        if queue is None:
            return Dequeued(result=QueueResult.SYSTEM_ERROR)
        if queue.line.is_full(request.most_waiting):
            log.get("queue").info("queue.full", queue=queue.row.sid, waiting=len(queue.line))
            return Dequeued(result=QueueResult.QUEUE_FULL, queue_sid=queue.row.sid)
        return await Member(call, request, queue, services).stay()

    async def take(
        self, call: RunningCall, request: TakeRequest, services: Services, talk_to: TalkTo
    ) -> Dialled:
        """Connect an answered call to the next member, and return when that is over.

        ``talk_to`` connects it to whom the member's telephone transfers it to.
        """
        queue = await self._queue_for(call, request.queue, services)
        return Dialled() if queue is None else await Agent(call, request, queue, services, talk_to).run()

    def find(self, row: QueueRow) -> Queue | None:
        """Return the queue of this record if it was used since the start."""
        queue = self._by_name.get((row.account_sid, row.friendly_name))
        return queue if queue is not None and queue.row.sid == row.sid else None

    async def make(self, account_sid: str, name: str, max_size: int) -> QueueRow:
        """Make a queue; raises :class:`NameTaken`."""
        async with self._finding:
            await self._refuse_taken(account_sid, name)
            return await self._new_row(account_sid, name, max_size)

    async def change(self, row: QueueRow, name: str | None, max_size: int | None) -> QueueRow:
        """Rename a queue, or let more or fewer wait from now on.

        Raises :class:`NameTaken`, and :class:`engine.errors.WrongState` when it was deleted meanwhile.
        """
        async with self._finding:
            stored = await self._store.get(QueueRow, row.sid)
            if stored is None:
                raise WrongState("The queue was deleted a moment ago.")
            if name is not None and name != stored.friendly_name:
                await self._refuse_taken(stored.account_sid, name)
            queue = self._by_name.pop((stored.account_sid, stored.friendly_name), None)
            changed = queue.row if queue is not None else stored
            changed.friendly_name = name or changed.friendly_name
            changed.max_size = changed.max_size if max_size is None else max_size
            changed.date_updated = utc_now()
            if queue is not None:
                queue.line.max_size = changed.max_size
                self._by_name[changed.account_sid, changed.friendly_name] = queue
            await self._store.commit(changed)
            return changed

    async def delete(self, row: QueueRow) -> None:
        """Delete a queue that nobody is in; raises :class:`engine.errors.WrongState`."""
        async with self._finding:
            queue = self.find(row)
            if queue is not None and not queue.deserted:
                raise WrongState("Somebody waits or talks in the queue: it can be deleted when all are gone.")
            self._by_name.pop((row.account_sid, row.friendly_name), None)
            await self._store.delete(QueueRow, QueueRow.sid == row.sid)

    async def _refuse_taken(self, account_sid: str, name: str) -> None:
        if await self._stored(account_sid, name) is not None:
            raise NameTaken(f"The account has a queue named {name!r} already.")

    async def _queue_for(self, call: RunningCall, name: str, services: Services) -> Queue | None:
        try:
            return await self._named(call.row.account_sid, name, services.settings.queues.max_size)
        except StoreError as error:
            call.notify(NOT_FOUND, Level.ERROR, f"the queue {name!r} cannot be used: {error}")
            return None

    async def _named(self, account_sid: str, name: str, max_size: int) -> Queue:
        """Return the queue of this name, which is stored by then; raises ``StoreError``."""
        key = account_sid, name
        async with self._finding:
            if key not in self._by_name:
                self._forget_deserted()
                self._by_name[key] = Queue(await self._row(account_sid, name, max_size))
            return self._by_name[key]

    async def _row(self, account_sid: str, name: str, max_size: int) -> QueueRow:
        known = await self._stored(account_sid, name)
        return known if known is not None else await self._new_row(account_sid, name, max_size)

    async def _stored(self, account_sid: str, name: str) -> QueueRow | None:
        known = await self._store.find(
            QueueRow, QueueRow.account_sid == account_sid, QueueRow.friendly_name == name, limit=1
        )
        return known[0] if known else None

    async def _new_row(self, account_sid: str, name: str, max_size: int) -> QueueRow:
        row = QueueRow(
            sid=ids.new_sid(ids.QUEUE), account_sid=account_sid, friendly_name=name, max_size=max_size
        )
        await self._store.commit(row)
        return row

    def _forget_deserted(self) -> None:
        if len(self._by_name) >= KEPT:
            self._by_name = {key: queue for key, queue in self._by_name.items() if not queue.deserted}
