"""Delivers events to applications: written to the store first, retried until delivered or a day old.

Events of one call to one receiver (scheme, host and port) arrive in order; different calls, and
different receivers of one call, do not wait for each other. A receiver may see an event twice, with
the same ``Dialplane-Event-Id``. Nothing here ever makes a call wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement

from engine import ids
from engine.errors import Cause, RequestRefused, StoreError, StoreFull, StoreUnavailable, WrongState
from engine.reporting import log
from engine.reporting.metrics import Metrics
from engine.requests.http_request import Parameters, Request, pairs, shown
from engine.requests.requester import Requester
from engine.store import EventRow, Store, utc_now
from engine.telemetry import spans

GIVE_UP_AFTER = timedelta(hours=24)
FIRST_RETRY, LAST_RETRY = 1.0, 900.0
"""Seconds between attempts, doubled each time."""
MOST_AT_ONCE, MOST_AT_ONCE_PER_RECEIVER = 64, 16
MOST_IN_MEMORY = 20_000
"""Events held here; what comes on top stays in the store alone until there is room."""

Lane = tuple[str, str]
"""Call (or, without one, the event itself) and receiver: what is delivered in order."""


@dataclass
class _Receiver:
    """One scheme, host and port, and how many attempts it may get at a time."""

    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_AT_ONCE_PER_RECEIVER))
    lanes: int = 0


class WebhookOutbox:
    """The events that applications have yet to be told."""

    def __init__(
        self,
        store: Store,
        requester: Requester,
        auth_token: Callable[[str], str],
        metrics: Metrics,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """``auth_token`` returns the signing key of an account by its sid."""
        self._store = store
        self.requester = requester
        """Replaced by the daemon when the configuration is reloaded."""
        self._auth_token = auth_token
        self._metrics = metrics
        self._clock = clock
        self._lanes: dict[Lane, deque[EventRow]] = {}
        self._receivers: dict[str, _Receiver] = {}
        self._slots = asyncio.Semaphore(MOST_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._untried: set[str] = set()
        self._all_tried = asyncio.Event()
        self._all_tried.set()
        # What an earlier run left in the store is found as what found no room in memory is.
        self._spilled = 0
        self._in_store_alone = 0
        self._reading_store = True
        self._horizon = 0
        self._last_position = 0
        self._room = asyncio.Event()
        self._room.set()
        metrics.webhooks_waiting.set_function(lambda: self._waiting + self._in_store_alone)

    def start(self) -> None:
        """Begin delivering, first of all what an earlier run left in the store."""
        self._spawn(self._refill(), "webhooks: refill")

    def post(
        self, url: str, parameters: Parameters, *, account_sid: str, call_sid: str = "", method: str = "POST"
    ) -> str:
        """Queue an event and return its id at once; it is stored and then delivered in the background."""
        row = EventRow(
            sid=ids.new_sid(ids.EVENT),
            position=self._next_position(),
            account_sid=account_sid,
            call_sid=call_sid or None,
            url=url,
            method=method.upper(),
            parameters=[list(pair) for pair in pairs(parameters)],
            next_attempt=self._clock(),
            traceparent=spans.recorder().carried(call_sid),
            date_created=self._clock(),
            date_updated=self._clock(),
        )
        self._take(row)
        return row.sid

    def replay(self, row: EventRow) -> None:
        """Deliver an event again, with its id, after what its call has still to tell; tried for a day.

        Raises :exc:`WrongState` for one that is being delivered.
        """
        queued = self._lanes.get(_lane_of(row), ())
        if row.state == "waiting" or any(each.sid == row.sid for each in queued):
            raise WrongState(
                f"The event is being delivered: {row.attempts} attempts, the next at"
                f" {row.next_attempt:%Y-%m-%d %H:%M:%S} UTC. Replay what is delivered or given up."
            )
        now = self._clock()
        row.state, row.attempts, row.last_error = "waiting", 0, ""
        row.position, row.next_attempt = self._next_position(), now
        row.give_up_at, row.date_updated = now + GIVE_UP_AFTER, now
        self._take(row)

    def _take(self, row: EventRow) -> None:
        self._store.save(row)
        self._untried.add(row.sid)
        self._all_tried.clear()
        if self._reading_store or self._waiting >= MOST_IN_MEMORY:
            self._reading_store = True
            self._spilled += 1
            self._in_store_alone += 1
        else:
            self._enqueue(row)

    async def settle(self, within: float) -> bool:
        """Wait, at a shutdown, until each event posted here was tried once; False when that takes longer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._all_tried.wait()
        return self._all_tried.is_set()

    async def stop(self) -> None:
        """End all attempts. What is not delivered waits in the store for the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _enqueue(self, row: EventRow) -> None:
        lane = _lane_of(row)
        receiver = lane[1]
        self._horizon = max(self._horizon, row.position)
        self._waiting += 1
        if lane in self._lanes:
            self._lanes[lane].append(row)
            return
        self._lanes[lane] = deque([row])
        self._receivers.setdefault(receiver, _Receiver()).lanes += 1
        self._spawn(self._run_lane(lane), "webhooks: lane")

    async def _run_lane(self, lane: Lane) -> None:
        rows = self._lanes[lane]
        receiver = self._receivers[lane[1]]
        with log.bound(call_sid=rows[0].call_sid):
            while rows:
                try:
                    await self._deliver(rows[0], receiver)
                except Exception:
                    # Ours to mend; it stays in the store for the next start, and the lane goes on.
                    log.get("webhooks").exception("event.broken", event_id=rows[0].sid)
                self._tried(rows.popleft())
                self._waiting -= 1
                if self._reading_store and self._waiting <= MOST_IN_MEMORY // 2:
                    self._room.set()
        del self._lanes[lane]
        receiver.lanes -= 1
        if receiver.lanes == 0:
            del self._receivers[lane[1]]

    async def _deliver(self, row: EventRow, receiver: _Receiver) -> None:
        if row.attempts == 0:
            await self._stored(row)
        while row.state == "waiting":
            # At most the longest pause: the wall clock may have been set back since this was written.
            await asyncio.sleep(min((row.next_attempt - self._clock()).total_seconds(), LAST_RETRY))
            async with receiver.slots, self._slots:
                await self._attempt(row)
            self._store.save(row)
            self._tried(row)

    async def _stored(self, row: EventRow) -> None:
        while True:
            try:
                await self._store.commit(row)
            except (StoreUnavailable, StoreFull):
                await asyncio.sleep(FIRST_RETRY)
            except StoreError as error:
                # Telling the application unrecorded is better than not telling it.
                log.get("webhooks").error("event.unrecorded", event_id=row.sid, error=str(error))
                return
            else:
                return

    async def _attempt(self, row: EventRow) -> None:
        request = Request(
            url=row.url,
            method=row.method,
            parameters=pairs((name, value) for name, value in row.parameters),
            auth_token=self._auth_token(row.account_sid),
            event_id=row.sid,
            wants_body=False,
            account_sid=row.account_sid,
            call_sid=row.call_sid or "",
            attempt=row.attempts + 1,
        )
        row.attempts += 1
        begun = time.perf_counter()
        try:
            with (
                log.step("webhook", event_id=row.sid, url=shown(row.url), attempt=row.attempts) as result,
                spans.recorder().continued(row.traceparent, row.call_sid),
            ):
                answer = await self.requester.send(request)
                result["status"] = answer.status
        except RequestRefused as refused:
            self._postpone(row, refused)
        else:
            row.state = "delivered"
            row.last_error = ""
        row.date_updated = self._clock()
        outcome = "failed" if row.state == "waiting" else row.state
        self._metrics.webhooks.labels(outcome).inc()
        self._metrics.webhook_seconds.observe(time.perf_counter() - begun)
        if row.state != "waiting":
            self._metrics.webhook_attempts.observe(row.attempts)

    def _postpone(self, row: EventRow, refused: RequestRefused) -> None:
        row.last_error = refused.reason
        delay = min(FIRST_RETRY * 2.0 ** (row.attempts - 1), LAST_RETRY)
        row.next_attempt = self._clock() + timedelta(seconds=delay)
        hopeless = refused.cause is Cause.URL or refused.status == 410
        if hopeless or row.next_attempt > (row.give_up_at or row.date_created + GIVE_UP_AFTER):
            row.state = "given-up"
            log.get("webhooks").error(
                "event.given_up",
                event_id=row.sid,
                url=shown(row.url),
                attempts=row.attempts,
                error=refused.reason,
            )

    def _tried(self, row: EventRow) -> None:
        self._untried.discard(row.sid)
        if not self._untried:
            self._all_tried.set()

    async def _refill(self) -> None:
        """Bring events from the store into memory whenever some are there only and there is room."""
        while True:
            await self._room.wait()
            self._room.clear()
            try:
                await self._read_store()
            except StoreError as error:
                log.get("webhooks").warning("outbox.store_unavailable", error=str(error))
                await asyncio.sleep(FIRST_RETRY)
                self._room.set()

    async def _read_store(self) -> None:
        while self._reading_store and self._waiting < MOST_IN_MEMORY:
            room = MOST_IN_MEMORY - self._waiting
            spilled_before = self._spilled
            rows = await self._store.find(
                EventRow, *self._beyond_memory(), order_by=[EventRow.position], limit=room
            )
            for row in rows:
                self._enqueue(row)
            if len(rows) < room and self._spilled == spilled_before:
                self._reading_store, self._in_store_alone = False, 0
            else:
                self._in_store_alone = await self._store.count(EventRow, *self._beyond_memory())

    def _beyond_memory(self) -> tuple[ColumnElement[bool], ...]:
        return EventRow.state == "waiting", EventRow.position > self._horizon

    def _next_position(self) -> int:
        # Microseconds since 1970 grow over restarts too; two events of one microsecond still differ.
        now = int(self._clock().timestamp() * 1_000_000)
        self._last_position = max(now, self._last_position + 1)
        return self._last_position

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _lane_of(row: EventRow) -> Lane:
    return row.call_sid or row.sid, _receiver_of(row.url)


def _receiver_of(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2].lower()}"
