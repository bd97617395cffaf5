"""The bundled demo application, asked over HTTP as the engine asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest

from engine.demo import DemoApplication

Post = Callable[..., Awaitable[str]]


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    """Post parameters to a path of a running demo, and return what it answers."""
    demo = DemoApplication()
    url = await demo.start()
    async with aiohttp.ClientSession() as session:

        async def ask(path: str, **parameters: str) -> str:
            async with session.post(url + path, data=parameters) as answer:
                return await answer.text()

        yield ask
    await demo.stop()


async def test_who_chooses_the_conference_is_told_who_is_in_it(post: Post):
    async def joins(sid: str, name: str) -> None:
        event = {"StatusCallbackEvent": "participant-join", "CallSid": sid, "ParticipantLabel": name}
        await post("conference", **event)

    assert "Nobody is in the conference yet." in await post("choice", Digits="4", From="bob")
    await joins("CA1", "bob")
    assert "One other is in the conference: bob." in await post("choice", Digits="4", From="carol")
    await joins("CA2", "<carol>")
    answer = await post("choice", Digits="4", From='da"ve')
    assert "2 others are in the conference: bob, &lt;carol&gt;." in answer
    assert "participantLabel='da\"ve'" in answer
    await post("conference", StatusCallbackEvent="participant-leave", CallSid="CA1")
    assert "One other is in the conference: &lt;carol&gt;." in await post("choice", Digits="4", From="bob")
