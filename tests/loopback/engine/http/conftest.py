"""A running HTTP server with a store, and somebody who asks it."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from engine.config import Settings
from engine.http import HttpServer
from engine.metrics import Metrics
from engine.store import AccountRow, Store, adopt
from tests.testkit.http_visitor import CHILD, CLOSED, ROOT, STRANGER, TOKEN, Visitor


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
async def server(
    settings: Settings, store: Store, readiness: dict[str, str | None]
) -> AsyncIterator[HttpServer]:
    await adopt(store, settings)
    await store.commit(
        AccountRow(sid=CHILD, auth_token=TOKEN, parent_sid=ROOT, email_address="child@example.com"),
        AccountRow(sid=STRANGER, auth_token=TOKEN),
        AccountRow(sid=CLOSED, auth_token=TOKEN, status="closed"),
    )
    running = HttpServer(settings, store, Metrics(), lambda: readiness["reason"])
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def visitor(server: HttpServer) -> AsyncIterator[Visitor]:
    async with aiohttp.ClientSession() as session:
        yield Visitor(server, session)
