"""A running HTTP server with a store, and somebody who asks it."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web_app

from engine.applications import of_number
from engine.config import Settings
from engine.exchange.routing import Router
from engine.http import HttpServer
from engine.http.provisioning import Exchange
from engine.queues import Queues
from engine.reporting.metrics import Metrics
from engine.store import AccountRow, ApplicationRow, NumberRow, Store, adopt
from tests.testkit.http_visitor import CHILD, CLOSED, ROOT, STRANGER, TOKEN, Visitor


class Follower:
    """What the daemon has in the place of this: routes by the numbers of the store."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.router = Router()
        self.changes = 0
        self._settings = settings
        self._store = store

    async def take_over(self) -> None:
        rows = await self._store.find(NumberRow, order_by=[NumberRow.date_created])
        named = {row.sid: row for row in await self._store.find(ApplicationRow)}
        routes = [route for row in rows if (route := of_number(row, self._settings, named)) is not None]
        self.router = Router(routes)
        self.changes += 1


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.embedded(
        http={"listen": "127.0.0.1:0", "public_url": "http://voice.example.com"},
        store={"recordings": str(tmp_path / "recordings")},
        account={"sid": ROOT, "auth_token": TOKEN},
    )


@pytest.fixture
def readiness() -> dict[str, str | None]:
    return {"reason": None}


@pytest.fixture
def follower(settings: Settings, store: Store) -> Follower:
    return Follower(settings, store)


@pytest.fixture
def queues(store: Store) -> Queues:
    return Queues(store, Metrics())


@pytest.fixture
async def server(
    settings: Settings,
    store: Store,
    readiness: dict[str, str | None],
    follower: Follower,
    queues: Queues,
) -> AsyncIterator[HttpServer]:
    await adopt(store, settings)
    await store.commit(
        AccountRow(sid=CHILD, auth_token=TOKEN, parent_sid=ROOT, email_address="child@example.com"),
        AccountRow(sid=STRANGER, auth_token=TOKEN),
        AccountRow(sid=CLOSED, auth_token=TOKEN, status="closed"),
    )
    running = HttpServer(settings, store, Metrics(), lambda: readiness["reason"], queues=queues)
    running.live.exchange = Exchange(lambda: follower.router, follower.take_over)
    await running.start()
    yield running
    await running.stop()
    # It would keep the last thousand handlers, and with them this server and its store: 10,000 objects of
    # each test, which the collector looks through again and again.
    web_app._cached_build_middleware.cache_clear()


@pytest.fixture
async def visitor(server: HttpServer) -> AsyncIterator[Visitor]:
    async with aiohttp.ClientSession() as session:
        yield Visitor(server, session)
