"""What keeps an event loop from ever being idle: JSON that goes over HTTP from its client to its server."""

import asyncio
import contextlib
import json

from aiohttp import ClientSession, web

ASKERS = 8
"""Requests under way at once: the loop always finds another one to go on with."""
BODY = [{"sid": f"CA{number:032x}", "status": "completed", "duration": number} for number in range(400)]
"""32 kB of JSON, made and read four times for each request."""


class BusyLoop:
    """Runs inside an ``async with``; counts the requests that were answered."""

    def __init__(self):
        self.answered = 0
        self._parts = contextlib.AsyncExitStack()

    async def __aenter__(self):
        application = web.Application()
        application.router.add_post("/", self._answer)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        self._parts.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        client = await self._parts.enter_async_context(ClientSession())
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        askers = [asyncio.create_task(self._ask(client, url)) for _ in range(ASKERS)]
        self._parts.push_async_callback(self._stop, askers)
        return self

    async def __aexit__(self, *failure):
        await self._parts.__aexit__(*failure)

    async def _answer(self, request):
        return web.json_response(json.loads(await request.read()))

    async def _ask(self, client, url):
        while True:
            async with client.post(url, data=json.dumps(BODY)) as answer:
                assert await answer.json() == BODY
            self.answered += 1

    async def _stop(self, askers):
        for asker in askers:
            asker.cancel()
        await asyncio.wait(askers)
