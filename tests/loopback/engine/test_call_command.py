"""The command `dialplane call` beside a daemon that takes its time."""

import asyncio

import pytest
from aiohttp import web

from engine.call_command import Wanted, place_and_follow
from tests.testkit.loopback_server import LoopbackServer

ACCOUNT = ("AC" + "1" * 32, "token")
CALL = {"sid": "CA" + "2" * 32, "status": "queued"}


class SlowDaemon(LoopbackServer):
    """Answers that a call was placed when it is let, and notes how the call is changed."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.may_answer = asyncio.Event(), asyncio.Event()
        self.changes: list[str] = []

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://127.0.0.1:{self._port}"

    def _application(self) -> web.Application:
        application = web.Application()
        calls = f"/2012-04-24/Accounts/{ACCOUNT[0]}/Calls"
        application.router.add_post(f"{calls}.json", self._place)
        application.router.add_post(f"{calls}/{CALL['sid']}.json", self._change)
        return application

    async def _place(self, request: web.Request) -> web.Response:
        self.asked.set()
        await self.may_answer.wait()
        return web.json_response(CALL)

    async def _change(self, request: web.Request) -> web.Response:
        self.changes.append(str((await request.post())["Status"]))
        return web.json_response(CALL)


async def test_a_command_that_is_stopped_before_it_knows_its_call_hangs_up():
    async with SlowDaemon() as daemon:
        wanted = Wanted(target="+15551230001", application="http://a.test/")
        command = asyncio.create_task(place_and_follow(wanted, daemon.url, ACCOUNT))
        await daemon.asked.wait()
        command.cancel()
        await asyncio.sleep(0)
        daemon.may_answer.set()
        with pytest.raises(asyncio.CancelledError):
            await command
        assert daemon.changes == ["completed"]
