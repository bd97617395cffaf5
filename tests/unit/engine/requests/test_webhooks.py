import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, cast

import pytest

from engine.errors import Cause, RequestRefused, StoreError, StoreUnavailable
from engine.reporting.metrics import Metrics
from engine.requests import webhooks
from engine.requests.http_request import Answer, Request
from engine.requests.webhooks import WebhookOutbox
from engine.store import EventRow, Store
from tests.testkit.virtual_loop import run_virtual

BEGUN = datetime(2024, 1, 1, tzinfo=UTC)
URL = "http://app/status"


def now() -> datetime:
    return BEGUN + timedelta(seconds=asyncio.get_running_loop().time())


class FakeStore:
    """Keeps events in memory; commits take time, or fail, as told."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.committed: list[str] = []
        self.unavailable_until = 0.0
        self.refuses = False

    def save(self, *rows: EventRow) -> None:
        self.rows.update((row.sid, row.values()) for row in rows)

    async def commit(self, *rows: EventRow) -> None:
        await asyncio.sleep(0.01)
        if asyncio.get_running_loop().time() < self.unavailable_until:
            raise StoreUnavailable("the database took no row")
        if self.refuses:
            raise StoreError("the database refused a row")
        self.save(*rows)
        self.committed += [row.sid for row in rows]

    async def find(self, kind, *where, order_by, limit) -> list[EventRow]:
        horizon = where[1].right.value
        await asyncio.sleep(0.01)
        if asyncio.get_running_loop().time() < self.unavailable_until:
            raise StoreUnavailable("the database cannot be read")
        waiting = [values for values in self.rows.values() if values["state"] == "waiting"]
        found = sorted((v for v in waiting if v["position"] > horizon), key=lambda v: v["position"])
        return [EventRow(**values) for values in found[:limit]]

    async def count(self, kind, *where) -> int:
        horizon = where[1].right.value
        await asyncio.sleep(0.01)
        return sum(v["state"] == "waiting" and v["position"] > horizon for v in self.rows.values())


class FakeRequester:
    """Answers as ``behave`` says, and remembers every request with its time."""

    def __init__(self) -> None:
        self.sent: list[tuple[float, Request]] = []
        self.behave: Callable[[Request, int], Awaitable[None]] | None = None
        self.under_way = 0
        self.most_under_way = 0

    async def send(self, request: Request) -> Answer:
        self.sent.append((asyncio.get_running_loop().time(), request))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            if self.behave is not None:
                await self.behave(request, len(self.sent))
        finally:
            self.under_way -= 1
        return Answer(200, None, b"", request.url)

    def times(self) -> list[float]:
        return [round(at, 2) for at, _ in self.sent]

    def ids(self) -> list[str]:
        return [request.event_id for _, request in self.sent]

    def steps(self) -> list[str]:
        return [dict(request.parameters).get("Step", "") for _, request in self.sent]


class World:
    """An outbox between a fake store and a fake requester, in virtual time."""

    def __init__(self) -> None:
        self.store = FakeStore()
        self.requester = FakeRequester()
        self.metrics = Metrics()
        self.outbox = self.new_outbox()

    def new_outbox(self) -> WebhookOutbox:
        return WebhookOutbox(
            cast(Store, self.store),
            cast(Any, self.requester),
            lambda account: f"key of {account}",
            self.metrics,
            now,
        )

    def post(self, step: str = "", call: str = "CA1", url: str = URL) -> str:
        return self.outbox.post(url, {"Step": step}, account_sid="AC1", call_sid=call)

    def state(self, sid: str) -> str:
        return str(self.store.rows[sid]["state"])

    def waiting(self) -> float | None:
        return self.metrics.registry.get_sample_value("dialplane_webhooks_waiting")

    def counted(self, outcome: str) -> float | None:
        return self.metrics.registry.get_sample_value("dialplane_webhooks_total", {"outcome": outcome})


def in_virtual_time(scenario: Callable[[World], Awaitable[None]]) -> Callable[[], None]:
    def test() -> None:
        async def main() -> None:
            world = World()
            world.outbox.start()
            await asyncio.sleep(1)
            await scenario(world)
            await world.outbox.stop()

        run_virtual(main())

    test.__name__ = scenario.__name__
    return test


def refuse(cause: Cause = Cause.STATUS, status: int | None = 500, until: float = float("inf")):
    async def behave(request: Request, number: int) -> None:
        if asyncio.get_running_loop().time() < until:
            raise RequestRefused(cause, "refused", request.url, status)

    return behave


@in_virtual_time
async def test_an_event_is_stored_before_it_is_sent_and_then_marked(world: World):
    async def look(request: Request, number: int) -> None:
        assert world.store.committed == [request.event_id]

    world.requester.behave = look
    sid = world.post("1")
    assert world.requester.sent == []
    await asyncio.sleep(1)
    ((_, request),) = world.requester.sent
    assert (request.event_id, request.auth_token, request.method) == (sid, "key of AC1", "POST")
    assert request.parameters == (("Step", "1"),)
    assert world.state(sid) == "delivered"
    assert world.counted("delivered") == 1


@in_virtual_time
async def test_events_of_a_call_arrive_in_order_even_when_the_first_fails(world: World):
    world.requester.behave = refuse(until=5.0)
    for step in "123":
        world.post(step)
    await asyncio.sleep(30)
    assert world.requester.steps() == ["1", "1", "1", "1", "2", "3"]


@in_virtual_time
async def test_a_failed_event_is_sent_again_with_growing_pauses_under_the_same_id(world: World):
    world.requester.behave = refuse()
    world.post()
    await asyncio.sleep(4000)
    times = world.requester.times()
    pauses = [round(later - earlier) for earlier, later in pairwise(times)]
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    assert len(set(world.requester.ids())) == 1


@in_virtual_time
async def test_an_event_is_given_up_after_a_day_and_the_next_goes_out(world: World):
    world.requester.behave = refuse(until=85_700.0)
    first, second = world.post("1"), world.post("2")
    await asyncio.sleep(85_000)
    assert world.state(first) == "waiting"
    await asyncio.sleep(1_000)
    assert (world.state(first), world.state(second)) == ("given-up", "delivered")
    assert world.counted("given-up") == 1


@pytest.mark.parametrize(("cause", "status"), [(Cause.URL, None), (Cause.STATUS, 410)])
def test_what_can_never_be_delivered_is_given_up_at_once(cause, status):
    @in_virtual_time
    async def scenario(world: World):
        world.requester.behave = refuse(cause, status)
        sid = world.post()
        await asyncio.sleep(60)
        assert (world.state(sid), len(world.requester.sent)) == ("given-up", 1)

    scenario()


@in_virtual_time
async def test_a_slow_receiver_delays_neither_posting_nor_other_receivers(world: World):
    async def behave(request: Request, number: int) -> None:
        if "slow" in request.url:
            await asyncio.sleep(15)

    world.requester.behave = behave
    for number in range(1000):
        world.post("slow", call=f"CA-{number}", url="http://slow/x")
    quick = world.post("quick", call="CA1", url="http://quick/x")
    await asyncio.sleep(0.1)
    assert world.state(quick) == "delivered"
    assert world.requester.most_under_way <= webhooks.MOST_AT_ONCE_PER_RECEIVER + 1


@in_virtual_time
async def test_two_receivers_of_one_call_do_not_wait_for_each_other(world: World):
    async def behave(request: Request, number: int) -> None:
        if "dead" in request.url:
            raise RequestRefused(Cause.CONNECT, "refused", request.url)

    world.requester.behave = behave
    world.post("1", url="http://dead/x")
    alive = world.post("2", url="http://alive/x")
    await asyncio.sleep(1)
    assert world.state(alive) == "delivered"


@in_virtual_time
async def test_no_more_attempts_run_at_once_than_allowed(world: World):
    async def behave(request: Request, number: int) -> None:
        await asyncio.sleep(1)

    world.requester.behave = behave
    for number in range(500):
        world.post(call=f"CA-{number}", url=f"http://app{number % 100}/")
    await asyncio.sleep(60)
    assert world.requester.most_under_way == webhooks.MOST_AT_ONCE
    assert len(world.requester.sent) == 500


@in_virtual_time
async def test_what_an_earlier_run_left_is_delivered_first_and_under_its_old_id(world: World):
    world.requester.behave = refuse()
    left = [world.post(step) for step in "12"]
    await asyncio.sleep(10)
    await world.outbox.stop()
    world.requester.sent.clear()
    world.requester.behave = None
    world.outbox = world.new_outbox()
    new = world.post("3")
    world.outbox.start()
    await asyncio.sleep(60)
    assert world.requester.ids() == [*left, new]


@in_virtual_time
async def test_a_restart_keeps_the_pause_before_the_next_attempt(world: World):
    world.requester.behave = refuse()
    world.post()
    await asyncio.sleep(600)
    pending = world.store.rows[world.requester.ids()[0]]["next_attempt"]
    await world.outbox.stop()
    world.requester.sent.clear()
    world.outbox = world.new_outbox()
    world.outbox.start()
    await asyncio.sleep(2000)
    assert BEGUN + timedelta(seconds=world.requester.sent[0][0]) >= pending


@in_virtual_time
async def test_a_store_that_fails_for_a_while_holds_events_back_and_loses_none(world: World):
    world.store.unavailable_until = 60.0
    sids = [world.post(str(number)) for number in range(3)]
    await asyncio.sleep(50)
    assert world.requester.sent == []
    await asyncio.sleep(20)
    assert world.requester.ids() == sids


@in_virtual_time
async def test_an_event_that_the_store_refuses_is_told_nevertheless(world: World):
    world.store.refuses = True
    sid = world.post()
    await asyncio.sleep(1)
    assert world.requester.ids() == [sid]


def test_what_finds_no_room_in_memory_waits_in_the_store_in_order(monkeypatch):
    monkeypatch.setattr(webhooks, "MOST_IN_MEMORY", 10)

    @in_virtual_time
    async def scenario(world: World):
        async def behave(request: Request, number: int) -> None:
            await asyncio.sleep(0.1)

        world.requester.behave = behave
        steps = [str(number) for number in range(100)]
        for step in steps[:60]:
            world.post(step)
        await asyncio.sleep(3)
        for step in steps[60:]:
            world.post(step)
        assert world.waiting() == 100 - len(world.requester.steps()) + 1
        await asyncio.sleep(3)
        assert world.waiting() == 100 - len(world.requester.steps()) + 1
        await asyncio.sleep(60)
        assert world.requester.steps() == steps
        assert (world.outbox._waiting, world.waiting()) == (0, 0)

    scenario()


@in_virtual_time
async def test_settling_waits_for_the_first_attempt_and_no_longer_than_told(world: World):
    async def behave(request: Request, number: int) -> None:
        await asyncio.sleep(3)
        raise RequestRefused(Cause.READ, "timeout", request.url)

    world.requester.behave = behave
    world.post()
    assert not await world.outbox.settle(within=1)
    assert await world.outbox.settle(within=5)
    assert asyncio.get_running_loop().time() < 5


@in_virtual_time
async def test_nothing_is_left_in_memory_when_everything_is_delivered(world: World):
    for number in range(50):
        world.post(call=f"CA{number}", url=f"http://app{number}/")
    await asyncio.sleep(10)
    assert (world.outbox._lanes, world.outbox._receivers, world.outbox._untried) == ({}, {}, set())
    assert len(world.outbox._tasks) == 1
    assert world.waiting() == 0


@in_virtual_time
async def test_positions_grow_even_within_one_microsecond(world: World):
    sids = [world.post() for _ in range(5)]
    positions = [world.store.rows[sid]["position"] for sid in sids]
    assert positions == sorted(set(positions))


def test_settling_counts_events_posted_before_the_outbox_has_read_the_store():
    async def main() -> None:
        world = World()
        world.outbox.start()
        sid = world.post()
        assert await world.outbox.settle(within=5)
        assert world.state(sid) == "delivered"
        await world.outbox.stop()

    run_virtual(main())
