"""Connections to the HTTP server that cost and bring nothing."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from engine.http.doorkeeper import Doorkeeper, GuardedSite
from tests.testkit.certificates import contexts
from tests.testkit.waiting import eventually

MOST = 8
WITHIN = 0.3


async def _echo(request: web.Request) -> web.Response:
    return web.Response(text=await request.text() or "nothing")


@pytest.fixture
async def keeper() -> Doorkeeper:
    return Doorkeeper(MOST, request_within=WITHIN)


@pytest.fixture
async def where(keeper: Doorkeeper) -> AsyncIterator[tuple[str, int]]:
    async with listening(keeper) as address:
        yield address


@asynccontextmanager
async def listening(keeper: Doorkeeper, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[str, int]]:
    app = web.Application(middlewares=[keeper.note_request])
    app.router.add_route("*", "/", _echo)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await GuardedSite(runner, "127.0.0.1", 0, keeper, tls).start()
    yield runner.addresses[0]
    await runner.cleanup()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    return (await reader.readuntil(b"nothing"))[:15]


async def ended(reader: asyncio.StreamReader) -> bytes:
    try:
        return await asyncio.wait_for(reader.read(), 5.0)
    except ConnectionError:
        return b""


async def test_a_connection_may_ask_again_and_again(where):
    reader, writer = await asyncio.open_connection(*where)
    for _ in range(3):
        assert await ask(reader, writer) == b"HTTP/1.1 200 OK"
    writer.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-a: ",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
    ],
    ids=["nothing", "half a head", "half a body"],
)
async def test_a_connection_that_brings_no_whole_request_in_time_is_closed(where, sent):
    reader, writer = await asyncio.open_connection(*where)
    begun = asyncio.get_running_loop().time()
    writer.write(sent)
    assert b"200" not in await ended(reader)
    assert WITHIN * 0.9 <= asyncio.get_running_loop().time() - begun < 10 * WITHIN
    writer.close()


@pytest.mark.hostile("S9", sent="HTTP connections of one address that ask nothing")
async def test_one_address_gets_a_quarter_and_others_are_served(where, keeper):
    many = [await asyncio.open_connection(*where, local_addr=("127.0.0.66", 0)) for _ in range(MOST)]
    served = await asyncio.open_connection(*where)
    assert await ask(*served) == b"HTTP/1.1 200 OK"
    assert keeper.turned_away == MOST - MOST // 4
    for _, writer in [*many, served]:
        writer.close()


async def test_connections_that_ended_make_room(where, keeper):
    for _ in range(3 * MOST):
        reader, writer = await asyncio.open_connection(*where)
        assert await ask(reader, writer) == b"HTTP/1.1 200 OK"
        writer.close()
        await writer.wait_closed()
    assert keeper.turned_away == 0
    assert len(keeper._asked) <= 1


async def test_a_tls_handshake_has_a_place_and_gives_it_back(keeper):
    tls = contexts()
    async with listening(keeper, tls.server) as where:
        silent = [await asyncio.open_connection(*where) for _ in range(MOST // 4)]
        refused, one_more = await asyncio.open_connection(*where)
        assert await ended(refused) == b""
        assert keeper.turned_away == 1
        for _, writer in [*silent, (refused, one_more)]:
            writer.close()
        await eventually(lambda: not keeper._hosts, 5.0, "their places are free")
        reader, writer = await asyncio.open_connection(*where, ssl=tls.client)
        assert await ask(reader, writer) == b"HTTP/1.1 200 OK"
        writer.close()
