"""Lists of a million calls over HTTP: ``python -m benchmarks.bench_lists [ROWS] [postgresql]``.

Each figure is what one request takes in the process that serves it, from the socket to the last byte,
with the quickest and the slowest of ten in brackets. ``bare`` is an aiohttp handler in the same process
that answers as many bytes. The goal is 50 ms for every page that the list before it leads to, wherever it
lies.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from sqlalchemy import Connection, insert, text

from engine.config import Settings
from engine.http import HttpServer
from engine.reporting import log
from engine.reporting.metrics import Metrics
from engine.store import CallRow, Store, adopt
from engine.store.opening import open_database
from tests.testkit.http_visitor import ROOT, TOKEN, Visitor
from tests.testkit.postgresql import PostgresServer, find_binaries

ROWS, TIMES, AT_ONCE = 1_000_000, 10, 5_000
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
STATUSES = ("completed",) * 8 + ("busy", "failed")


def calls(rows: int) -> Iterator[dict[str, Any]]:
    """Make the calls of a year by column: 200,000 callers, 20,000 numbers."""
    chance = random.Random(1)
    usual = CallRow(
        sid="",
        account_sid=ROOT,
        instance_sid="ID" + "b" * 32,
        from_="",
        to="",
        direction="inbound",
        status="",
    ).values()
    usual["from"] = usual.pop("from_")
    for number in range(rows):
        moment = FIRST + timedelta(seconds=number * 30 + chance.random())
        yield usual | {
            "sid": f"CA{chance.getrandbits(128):032x}",
            "from": f"+1666{chance.randrange(200_000):07}",
            "to": f"+1555{chance.randrange(20_000):07}",
            "status": chance.choice(STATUSES),
            "parent_call_sid": f"CA{chance.randrange(1000):032x}" if number % 100 == 0 else None,
            **dict.fromkeys(("date_created", "date_updated", "start_time", "end_time"), moment),
            "duration": chance.randrange(600),
        }


async def fill(url: str, rows: int) -> float:
    """Write the calls; return the microseconds that one took."""
    database = await open_database(url)
    begun = time.perf_counter()
    waiting = calls(rows)
    while batch := list(itertools.islice(waiting, AT_ONCE)):
        await database.write(partial(_insert, batch))
    took = time.perf_counter() - begun
    # What a daemon does now and then, and autovacuum by itself where rows come over days.
    await (database.write(_analyse) if url.startswith("postgresql") else database.analyse())
    await database.close()
    return took / rows * 1e6


def _insert(batch: list[dict[str, Any]], connection: Connection) -> None:
    connection.execute(insert(CallRow), batch)


def _analyse(connection: Connection) -> None:
    connection.execute(text("ANALYZE"))


async def measure(what: str, ask: Callable[[], Awaitable[Any]]) -> None:
    took = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - begun) * 1000)
    print(f"{what}: {statistics.median(took):.1f} ms ({min(took):.1f} to {max(took):.1f})", flush=True)


async def bare(size: int) -> None:
    """Measure a handler that has its answer ready."""
    body = b"x" * size

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body)

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession() as session:

        async def ask() -> None:
            async with session.get(f"http://127.0.0.1:{port}/") as response:
                await response.read()

        await measure(f"bare handler, {size} bytes", ask)
    await runner.cleanup()


async def lists(visitor: Visitor, rows: int) -> None:
    twilio, restcomm = f"/2010-04-01/Accounts/{ROOT}/Calls.json", f"/2012-04-24/Accounts/{ROOT}/Calls.json"
    middle, end = rows // 100, rows // 50 - 1
    deep = (await visitor.json(f"{twilio}?Page={middle - 1}"))["next_page_uri"]
    deep_restcomm = (await visitor.json(f"{restcomm}?Page={middle - 1}"))["next_page_uri"]
    callers = [call["from"] for call in (await visitor.json(twilio))["calls"]]
    asked = {
        "first page, Twilio": twilio,
        "first page with total, Restcomm": restcomm,
        "page after the middle by token, Twilio": deep,
        "page after the middle by token, Restcomm": deep_restcomm,
        "page of the middle by number": f"{twilio}?Page={middle}",
        "last page by number, Restcomm": f"{restcomm}?Page={end}",
        "From, Twilio": f"{twilio}?From=%2B{callers[0][1:]}",
        "To, Twilio": f"{twilio}?To=%2B15550000007",
        "Status": f"{twilio}?Status=failed",
        "To and Status": f"{twilio}?To=%2B15550000007&Status=completed",
        "From and Status": f"{twilio}?From=%2B{callers[0][1:]}&Status=completed",
        "StartTime of a day": f"{twilio}?StartTime=2026-03-01",
        "ParentCallSid": f"{twilio}?ParentCallSid=CA{7:032x}",
        "SortBy=From": f"{restcomm}?SortBy=From:asc",
        "From ends with, Restcomm (looks at every caller)": f"{restcomm}?From={callers[0][-7:]}",
    }
    body = (await visitor.get(twilio))[1]
    await bare(len(body))
    for what, path in asked.items():
        await measure(what, lambda path=path: visitor.json(path))  # type: ignore[misc]


async def run(url: str, rows: int, folder: Path) -> None:
    print(f"write a call in bulk: {await fill(url, rows):.0f} us, {rows} rows", flush=True)
    store = await Store.open(url)
    settings = Settings.embedded(
        http={"listen": "127.0.0.1:0"},
        store={"recordings": str(folder / "recordings")},
        account={"sid": ROOT, "auth_token": TOKEN},
    )
    await adopt(store, settings)
    server = HttpServer(settings, store, Metrics(), lambda: None)
    await server.start()
    async with aiohttp.ClientSession() as session:
        await lists(Visitor(server, session), rows)
    await server.stop()
    await store.close()


def main() -> None:
    log.configure(level="warning")
    words = sys.argv[1:]
    rows = next((int(word) for word in words if word.isdigit()), ROWS)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder}/calls.db"
        if "postgresql" in words:
            binaries = find_binaries()
            if binaries is None:
                sys.exit("postgresql is not installed")
            url = stack.enter_context(PostgresServer(binaries)).new_database()
        asyncio.run(run(url, rows, folder))


if __name__ == "__main__":
    main()
