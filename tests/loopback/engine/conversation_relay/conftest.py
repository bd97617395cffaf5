"""A call whose sound a real plane moves, and an application that holds a conversation."""

from collections.abc import AsyncIterator

import pytest

from media.plane.plane import MediaPlane
from tests.testkit.ports import free_udp_range
from tests.testkit.relay_agent import RelayAgent
from tests.testkit.relaying_call import RelayingCall


@pytest.fixture
async def call() -> AsyncIterator[RelayingCall]:
    first, last = free_udp_range(8)
    async with MediaPlane("127.0.0.1", range(first, last + 1)) as plane:
        opened = await RelayingCall.open(plane)
        yield opened
        await opened.close()
        assert opened.media.sounds_held == 0


@pytest.fixture
async def agent() -> AsyncIterator[RelayAgent]:
    async with RelayAgent() as opened:
        yield opened
