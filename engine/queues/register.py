"""All queues of the server, by account and name."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from engine import ids, log
from engine.errors import StoreError
from engine.metrics import Metrics
from engine.queues.agent import Agent
from engine.queues.member import Member
from engine.queues.queue import Queue
from engine.store import QueueRow, Store
from rcml.call import Level
from rcml.dialling import Dialled
from rcml.queueing import Dequeued, EnqueueRequest, QueueResult, TakeRequest

if TYPE_CHECKING:
    from engine.call import Call
    from engine.services import Services

NOT_FOUND = 11008

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

    async def stay(self, call: Call, request: EnqueueRequest, services: Services) -> Dequeued:
        """Let an answered call wait, and return when it waits or talks no more."""
        queue = await self._queue_for(call, request.queue, services)
        if queue is None:
            return Dequeued(result=QueueResult.SYSTEM_ERROR)
        if queue.line.full:
            log.get("queue").info("queue.full", queue=queue.row.sid, size=queue.line.max_size)
            return Dequeued(result=QueueResult.QUEUE_FULL, queue_sid=queue.row.sid)
        return await Member(call, request, queue, services).stay()

    async def take(self, call: Call, request: TakeRequest, services: Services) -> Dialled:
        """Connect an answered call to the next member, and return when that is over."""
        queue = await self._queue_for(call, request.queue, services)
        return Dialled() if queue is None else await Agent(call, request, queue, services).run()

    async def _queue_for(self, call: Call, name: str, services: Services) -> Queue | None:
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
        known = await self._store.find(
            QueueRow, QueueRow.account_sid == account_sid, QueueRow.friendly_name == name, limit=1
        )
        if known:
            return known[0]
        row = QueueRow(
            sid=ids.new_sid(ids.QUEUE), account_sid=account_sid, friendly_name=name, max_size=max_size
        )
        await self._store.commit(row)
        return row

    def _forget_deserted(self) -> None:
        if len(self._by_name) >= KEPT:
            self._by_name = {key: queue for key, queue in self._by_name.items() if not queue.deserted}
