"""The sound of a real Chromium both ways, through ICE, DTLS-SRTP, hold and an ICE restart."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.callee import Callees
from tests.testkit.chromium import CHROMIUM, ChromiumPeer
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import tone
from tests.testkit.phone import Phones
from tests.testkit.websocket_phone import WebSocketPhone

PASSWORD = "wonderland7"
CLIENTS = [{"login": "alice", "password": PASSWORD}]
SETTINGS = {"media": {"codecs": ["PCMU", "PCMA", "G722", "opus"]}}

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": "3000", "voice_url": port.url("/voice")}]


@pytest.fixture
async def page(daemon: Daemon) -> AsyncIterator[WebSocketPhone]:
    async with WebSocketPhone(daemon.http.replace("http:", "ws:") + "/sip", "alice", PASSWORD) as opened:
        assert (await opened.register()).status == 200
        yield opened


@pytest.fixture
async def chromium(daemon: Daemon) -> AsyncIterator[ChromiumPeer]:
    async with ChromiumPeer(f"{daemon.http}/healthz", 700) as opened:
        yield opened


async def test_chromium_calls_a_telephone_holds_and_restarts_ice(
    page: WebSocketPhone, chromium: ChromiumPeer, callees: Callees, application: FakeApplication
):
    bob = await callees.add()
    application.answer("/voice", f"<Response><Dial>{bob.noun}</Dial></Response>")
    call = await page.call("3000", await chromium.offer())
    await chromium.accept(call.offers[0])
    await chromium.connected()
    await bob.answered()
    bob.voice.say_nowait(tone(1500, 40))
    await chromium.hears(1500)
    await bob.voice.hears(700, 0.4)
    held = await call.request("INVITE", await chromium.turn("sendonly"))
    await chromium.accept(held.body)
    resumed = await call.request("INVITE", await chromium.turn("sendrecv"))
    await chromium.accept(resumed.body)
    await chromium.hears(1500)
    again = await call.request("INVITE", await chromium.offer(restarts_ice=True))
    assert again.status == 200
    await chromium.accept(again.body)
    await chromium.hears(1500)
    await chromium.connected()
    await call.hang_up()


async def test_chromium_is_called_and_presses_keys(
    page: WebSocketPhone, chromium: ChromiumPeer, phones: Phones, application: FakeApplication
):
    screening = f'<Response><Dial><Client url="{application.url("/screen")}">alice</Client></Dial></Response>'
    application.answer("/voice", screening)
    application.answer("/screen", '<Response><Gather action="/keys" numDigits="2"/></Response>')
    application.answer("/keys", "<Response/>")
    caller = await phones.dial("3000")
    call = await page.called()
    call.take(await chromium.answer(call.offers[0]))
    await chromium.connected()
    await application.request_to("/screen")
    await chromium.press("42")
    assert (await application.request_to("/keys"))["Digits"] == "42"
    await caller.answered()
    caller.voice.say_nowait(tone(1100, 10))
    await chromium.hears(1100)
    await caller.voice.hears(700, 0.4)
    await caller.hang_up()
