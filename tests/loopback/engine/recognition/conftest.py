"""A recogniser on a WebSocket, and what connects to it."""

from collections.abc import AsyncIterator

import pytest

from engine.config import Settings
from engine.streams.dialing import StreamDialer
from tests.testkit.fake_recogniser import FakeRecogniser


@pytest.fixture
async def server() -> AsyncIterator[FakeRecogniser]:
    async with FakeRecogniser() as listening:
        yield listening


@pytest.fixture
async def dialer() -> AsyncIterator[StreamDialer]:
    opened = StreamDialer(Settings.embedded())
    yield opened
    await opened.close()
