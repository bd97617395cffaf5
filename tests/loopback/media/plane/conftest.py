"""A plane and a peer; what depends on the event loop runs on asyncio's own one and on uvloop."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import uvloop

from media.plane.plane import MediaPlane
from tests.testkit.ports import free_udp_range
from tests.testkit.rtp_peer import RtpPeer


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    loops: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"uvloop": uvloop.new_event_loop}
    if item.path.name == "test_life.py":
        loops["asyncio"] = asyncio.SelectorEventLoop
    return loops


@pytest.fixture
async def plane() -> AsyncIterator[MediaPlane]:
    first, last = free_udp_range(40)
    async with MediaPlane("127.0.0.1", range(first, last + 1)) as started:
        yield started
        # Of a test that failed before it closed them.
        RtpPeer.close_all()


@pytest.fixture
async def peer() -> AsyncIterator[RtpPeer]:
    opened = await RtpPeer.open()
    yield opened
    opened.close()
