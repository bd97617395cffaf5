"""A store on disk, as a daemon has it."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import uvloop

from engine.store import Store


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run on the loop that the daemon uses."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def store(tmp_path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path}/var/dialplane.db")
    yield opened
    await opened.close()
