"""A store on disk, as a daemon has it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import uvloop

from engine.store import Store
from tests.testkit.postgresql import PostgresServer, find_binaries, new_url


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run on the loop that the daemon uses."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """A server for all tests of a process, started when the first one asks."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("postgresql is not installed")
    with PostgresServer(binaries) as server:
        yield server


@pytest.fixture
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new database: SQLite, unless a test is parametrised with the other kind."""
    return new_url(getattr(request, "param", "sqlite"), request, tmp_path)


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(store_url)
    yield opened
    await opened.close()
