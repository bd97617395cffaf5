"""Browsers call and are called: SIP over WebSocket, ICE and DTLS-SRTP, with aiortc at the other end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.browser_peer import BrowserPeer
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import tone
from tests.testkit.websocket_phone import WebSocketPhone

PASSWORD = "wonderland7"
CLIENTS = [{"login": login, "password": PASSWORD} for login in ("alice", "maria")]
SETTINGS = {"media": {"codecs": ["opus", "G722", "PCMU", "PCMA"]}}


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": "3000", "voice_url": port.url("/voice")}]


@pytest.fixture
async def page(daemon: Daemon) -> AsyncIterator[WebSocketPhone]:
    url = daemon.http.replace("http:", "ws:") + "/sip"
    async with WebSocketPhone(url, "alice", PASSWORD, origin=daemon.http) as opened:
        assert (await opened.register()).status == 200
        yield opened


@pytest.mark.parametrize("codec", ["audio/PCMU", "audio/opus", "audio/G722"])
async def test_a_browser_calls_an_application_and_hears_it(
    daemon: Daemon, page: WebSocketPhone, application: FakeApplication, codec: str
):
    application.serve_sound("/tone.wav", tone(1500, 6))
    application.answer("/voice", f"<Response><Play>{application.url('/tone.wav')}</Play></Response>")
    async with BrowserPeer(700, codec) as browser:
        call = await page.call("3000", await browser.offer())
        await browser.accept(call.offers[0])
        await browser.connected()
        await browser.hears(1500)
        await call.hang_up()
    await daemon.clean()
