"""A call whose sound a real plane moves, and an application that listens and talks."""

from collections.abc import AsyncIterator

import pytest

from media.plane.plane import MediaPlane
from tests.testkit.ports import free_udp_range
from tests.testkit.stream_agent import StreamAgent
from tests.testkit.streaming_call import StreamingCall


@pytest.fixture
async def plane() -> AsyncIterator[MediaPlane]:
    first, last = free_udp_range(8)
    async with MediaPlane("127.0.0.1", range(first, last + 1)) as started:
        yield started


@pytest.fixture
async def call(plane: MediaPlane) -> AsyncIterator[StreamingCall]:
    opened = await StreamingCall.open(plane)
    yield opened
    await opened.close()
    assert opened.media.sounds_held == 0


@pytest.fixture
async def agent() -> AsyncIterator[StreamAgent]:
    async with StreamAgent() as opened:
        yield opened
