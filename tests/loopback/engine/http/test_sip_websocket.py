"""SIP over WebSocket at `/sip` (RFC 7118), and who is let in; S10 of robustness.md."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from ipaddress import ip_network

import aiohttp
import pytest

from engine.config import Settings
from engine.http import HttpServer
from engine.http.sip_websocket import SipWebSockets
from sip.events import Acknowledged, IncomingInvite, IncomingRequest, SessionEnded, SipEvent
from sip.flow import Flow
from sip.transport.connections import StreamLimits
from tests.testkit.sip_station import Station
from tests.testkit.waiting import eventually
from tests.testkit.websocket_phone import WebSocketPhone

ROOM = 3
OPTIONS = (
    "OPTIONS sip:server SIP/2.0\r\nVia: SIP/2.0/WS a.invalid;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
    "From: <sip:a@a>;tag=1\r\nTo: <sip:server>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n"
)


def answering(one: Station, event: SipEvent) -> None:
    if isinstance(event, IncomingInvite):
        event.session.answer(one.now, b"answer")
    elif isinstance(event, IncomingRequest):
        one.endpoint.reply(one.now, event.transaction, 200)


@pytest.fixture
async def station(server: HttpServer, settings: Settings) -> AsyncIterator[Station]:
    """A stack whose WebSockets the HTTP server carries."""
    made = Station("server", answering, limits=StreamLimits(connections=ROOM))
    made.stack.serve_websockets("127.0.0.1", server.port)
    server.live.sip = SipWebSockets(made.stack, lambda: settings)
    yield made
    await made.stack.close()


@pytest.fixture
def url(server: HttpServer, station: Station) -> str:
    return f"ws://127.0.0.1:{server.port}/sip"


@pytest.fixture
async def phone(url: str) -> AsyncIterator[WebSocketPhone]:
    async with WebSocketPhone(url, "alice", "secret") as opened:
        yield opened


async def refused(url: str, *, origin: str | None = None, protocols: tuple[str, ...] = ("sip",)) -> int:
    """Return the status that a handshake gets."""
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await http.ws_connect(url, protocols=protocols, origin=origin)
    return refusal.value.status


async def test_a_page_calls_and_hangs_up(phone: WebSocketPhone, station: Station):
    call = await phone.call("server", "offer")
    assert call.offers == ["answer"]
    assert call.target == f"sip:127.0.0.1:{phone.socket.get_extra_info('peername')[1]};transport=ws"
    await station.hears(Acknowledged)
    await call.hang_up()
    await station.hears(SessionEnded)


def call_page(station: Station, phone: WebSocketPhone, flow: Flow) -> None:
    """Have the server invite a page along its connection."""
    station.endpoint.invite(
        station.now,
        request_uri=phone.contact,
        from_="<sip:server@127.0.0.1>",
        to=f"<{phone.contact}>",
        destination=flow,
        body=b"offer",
    )
    station.stack.settle()


async def test_a_page_is_called_along_its_own_connection(phone: WebSocketPhone, station: Station):
    await phone.call("server", "offer")
    flow = station.session.flow
    assert flow is not None
    call_page(station, phone, flow)
    call = await phone.called()
    assert call.offers == ["offer"]
    assert call.invitation is not None
    assert call.invitation.header("Via").startswith("SIP/2.0/WS 127.0.0.1:")
    call.take("answer")
    await asyncio.wait_for(call.acknowledged.wait(), 5.0)


async def test_behind_a_web_server_with_a_certificate_a_page_is_called_over_wss(server, station, settings):
    http = settings.http.model_copy(update={"public_url": "https://voice.example.com"})
    server.live.sip = SipWebSockets(station.stack, lambda: settings.model_copy(update={"http": http}))
    async with WebSocketPhone(f"ws://127.0.0.1:{server.port}/sip", "alice", "secret") as phone:
        await phone.call("server", "offer")
        flow = station.session.flow
        assert flow is not None
        assert flow.transport == "WSS"
        call_page(station, phone, flow)
        invitation = (await phone.called()).invitation
        assert invitation is not None
        assert invitation.header("Via").startswith("SIP/2.0/WSS 127.0.0.1:")


@pytest.mark.parametrize("binary", [True, False])
async def test_a_message_needs_no_content_length_and_may_be_text_or_binary(phone, station, binary):
    await (phone.socket.send_bytes(OPTIONS.encode()) if binary else phone.socket.send_str(OPTIONS))
    assert "CSeq: 1 OPTIONS" in await phone.heard("SIP/2.0 200")


async def test_the_keep_alive_of_streams_is_answered_too(phone: WebSocketPhone):
    """RFC 5626 section 4.4.1; SIP.js sends it."""
    await phone.socket.send_str("\r\n\r\n")
    await eventually(lambda: "\r\n" in phone.frames, 5.0, "a pong")


async def test_a_broken_message_is_answered_and_the_connection_stays(phone: WebSocketPhone):
    await phone.socket.send_str(OPTIONS.replace("Max-Forwards: 70", "bad header line"))
    await phone.heard("SIP/2.0 400")
    await phone.socket.send_str(OPTIONS)
    await phone.heard("SIP/2.0 200")


@pytest.mark.hostile("S10", sent="a WebSocket message over 64 kB")
async def test_a_message_that_is_too_large_closes_the_connection(phone: WebSocketPhone):
    await phone.socket.send_str(OPTIONS + "x" * 70_000)
    await eventually(lambda: phone.socket.closed, 5.0, "the connection is closed")
    assert phone.socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG


@pytest.mark.hostile("S10", sent="WebSockets of foreign origins")
async def test_pages_of_strangers_are_refused(url: str, settings: Settings):
    assert await refused(url, origin="https://evil.example.com") == 403
    assert await refused(url, origin="null") == 403


@pytest.mark.parametrize(
    "origin", ["http://127.0.0.1:{port}", "http://voice.example.com", "https://shop.example"]
)
async def test_our_own_pages_and_named_ones_are_welcome(server, station, settings, origin):
    named = settings.model_copy(
        update={"http": settings.http.model_copy(update={"sip_origins": ("https://Shop.example",)})}
    )
    server.live.sip = SipWebSockets(station.stack, lambda: named)
    url = f"ws://127.0.0.1:{server.port}/sip"
    async with WebSocketPhone(url, "alice", "secret", origin=origin.format(port=server.port)) as phone:
        await phone.socket.send_str(OPTIONS)
        await phone.heard("SIP/2.0 200")


async def test_a_handshake_for_another_protocol_is_refused(url: str):
    assert await refused(url, protocols=()) == 400
    assert await refused(url, protocols=("xmpp",)) == 400


async def test_a_plain_request_is_told_what_this_is(visitor, station, server):
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{server.port}/sip") as answer:
        assert answer.status == 426
        assert "RFC 7118" in (await answer.json())["message"]


@pytest.mark.hostile("S10", sent="too many WebSockets")
async def test_there_is_room_for_only_so_many(url: str, station: Station):
    opened = [await WebSocketPhone(url, "alice", "secret").__aenter__() for _ in range(ROOM + 1)]
    await eventually(lambda: opened[-1].socket.closed, 5.0, "the last one is turned away")
    assert opened[-1].socket.close_code == aiohttp.WSCloseCode.TRY_AGAIN_LATER
    for phone in opened:
        await phone.__aexit__(None, None, None)


async def test_the_stack_is_told_when_a_connection_is_gone(url: str, station: Station):
    gone: list[object] = []
    station.stack.on_closed = gone.append
    async with WebSocketPhone(url, "alice", "secret") as phone:
        await phone.call("server", "offer")
        flow = station.session.flow
    await eventually(lambda: gone == [flow], 5.0, "the flow is closed")


async def test_closing_the_stack_closes_the_connections(phone: WebSocketPhone, station: Station):
    await station.stack.close()
    await eventually(lambda: phone.socket.closed, 5.0, "the connection is closed")
    assert phone.socket.close_code == aiohttp.WSCloseCode.GOING_AWAY


@pytest.mark.parametrize(("trusted", "source"), [(("127.0.0.1",), "198.51.100.1"), ((), "127.0.0.1")])
async def test_a_trusted_proxy_says_who_connects(server, station, settings, trusted, source):
    http = settings.http.model_copy(update={"trusted_proxies": tuple(map(ip_network, trusted))})
    named = settings.model_copy(update={"http": http})
    server.live.sip = SipWebSockets(station.stack, lambda: named)
    url = f"ws://127.0.0.1:{server.port}/sip"
    headers = {"X-Forwarded-For": "192.0.2.66, 198.51.100.1"}
    async with WebSocketPhone(url, "alice", "secret", headers=headers) as phone:
        await phone.call("server", "offer")
        assert station.session.flow is not None
        assert station.session.flow.remote[0] == source
