"""Requests a second and processor time per request of the REST API, beside a bare aiohttp handler."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import uvloop
from aiohttp import web

from engine.config import Settings
from engine.exchange.routing import Router
from engine.http import HttpServer
from engine.http.provisioning import Exchange
from engine.reporting.metrics import Metrics
from engine.store import CallRow, Store, adopt

ACCOUNT, TOKEN = "AC" + "a" * 32, "t" * 32
ROWS = 2000
REQUESTS = 2000
AT_ONCE = 16
BASE = f"/2010-04-01/Accounts/{ACCOUNT}"
SETTLED = 200
"""Requests before the clock runs."""

Ask = Callable[[int], Awaitable[None]]


def call(number: int) -> CallRow:
    return CallRow(
        sid=f"CA{number:032x}", account_sid=ACCOUNT, instance_sid="ID", from_="+15550100", to="+15550101",
        direction="inbound", status="completed", duration=8,
    )  # fmt: skip


async def measured(name: str, ask: Ask) -> None:
    """Print what requests cost; client and server share the process, as they do for the bare handler."""
    await _all(ask, 0, SETTLED)
    begun, used = time.perf_counter(), time.process_time()
    await _all(ask, SETTLED, REQUESTS)
    wall, processor = time.perf_counter() - begun, time.process_time() - used
    print(f"{name}_per_second {REQUESTS / wall:.0f} requests/s")
    print(f"{name}_processor {processor / REQUESTS * 1e6:.0f} us/request")


async def _all(ask: Ask, first: int, count: int) -> None:
    numbers = iter(range(first, first + count))

    async def one_after_another() -> None:
        for number in numbers:
            await ask(number)

    await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))


async def _bare(body: bytes) -> tuple[web.AppRunner, str]:
    """Serve what the API answers, without anything that it does for it."""

    async def answer(request: web.Request) -> web.Response:
        await request.post()
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/"


async def _nothing() -> None:
    """Take nothing over: no call is routed."""


async def _run(directory: Path) -> None:
    settings = Settings.embedded(
        http={"listen": "127.0.0.1:0", "public_url": "http://voice.example.com"},
        account={"sid": ACCOUNT, "auth_token": TOKEN},
    )
    store = await Store.open(f"sqlite:///{directory}/dialplane.db")
    await adopt(store, settings)
    await store.commit(*(call(number) for number in range(ROWS)))
    server = HttpServer(settings, store, Metrics(), lambda: None)
    router = Router()
    server.live.exchange = Exchange(lambda: router, _nothing)
    await server.start()
    api = f"http://127.0.0.1:{server.port}{BASE}"
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN)}

        async def request(method: str, url: str, **more: object) -> bytes:
            async with session.request(method, url, headers=headers, **more) as response:  # type: ignore[arg-type]
                body = await response.read()
                assert response.status in (200, 201), body
                return body

        async def get(url: str) -> None:
            await request("GET", url)

        async def create(number: int, at: str) -> None:
            await request("POST", at, data={"FriendlyName": f"queue {number}"})

        one, page = f"{api}/Calls/{call(1).sid}.json", f"{api}/Calls.json?PageSize=50"
        for name, sample in (
            ("fetch", await request("GET", one)),
            ("list_of_50", await request("GET", page)),
        ):
            bare, url = await _bare(sample)
            await measured(f"bare_{name}", lambda _, url=url: get(url))  # type: ignore[misc]
            await measured(name, lambda _, url=one if name == "fetch" else page: get(url))  # type: ignore[misc]
            await bare.cleanup()
        made = json.loads(await request("POST", f"{api}/Queues.json", data={"FriendlyName": "first"}))
        bare, url = await _bare(json.dumps(made).encode())
        await measured("bare_create", lambda number: create(number, url))
        await measured("create", lambda number: create(number, f"{api}/Queues.json"))
        await bare.cleanup()
    await server.stop()
    await store.close()


def main() -> None:
    """Measure in a store of its own."""
    with (
        tempfile.TemporaryDirectory() as directory,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_run(Path(directory)))


if __name__ == "__main__":
    main()
