"""A plane for legs that call each other as browsers do."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import uvloop

from media.plane.plane import MediaPlane
from tests.testkit.ports import free_udp_range
from tests.testkit.webrtc_pair import Pair


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run on the loop that the daemon uses."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def plane() -> AsyncIterator[MediaPlane]:
    first, last = free_udp_range(20)
    async with MediaPlane("127.0.0.1", range(first, last + 1)) as started:
        yield started


@pytest.fixture
async def pair(plane: MediaPlane) -> AsyncIterator[Pair]:
    made = Pair.of(plane)
    yield made
    made.close()
