"""Browsers call and are called: SIP over WebSocket, ICE and DTLS-SRTP, with aiortc at the other end."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.browser_peer import BrowserPeer
from tests.testkit.callee import Callee, Callees
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import tone
from tests.testkit.phone import Phones
from tests.testkit.websocket_phone import PhoneCall, WebSocketPhone

PASSWORD = "wonderland7"
CLIENTS = [{"login": login, "password": PASSWORD} for login in ("alice", "maria")]
SETTINGS = {"media": {"codecs": ["PCMU", "PCMA", "G722", "opus"]}}


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": "3000", "voice_url": port.url("/voice")}]


@pytest.fixture
async def page(daemon: Daemon) -> AsyncIterator[WebSocketPhone]:
    url = daemon.http.replace("http:", "ws:") + "/sip"
    async with WebSocketPhone(url, "alice", PASSWORD, origin=daemon.http) as opened:
        assert (await opened.register()).status == 200
        yield opened


async def calls(page: WebSocketPhone, browser: BrowserPeer) -> PhoneCall:
    """Call the application, and take what it answers."""
    call = await page.call("3000", await browser.offer())
    await browser.accept(call.offers[0])
    return call


async def bob_is_heard(
    page: WebSocketPhone, browser: BrowserPeer, callees: Callees, application: FakeApplication
) -> tuple[Callee, PhoneCall]:
    """Let the browser be connected with a telephone and hear it; both have much to say."""
    bob = await callees.add()
    application.answer("/voice", f"<Response><Dial>{bob.noun}</Dial></Response>")
    call = await calls(page, browser)
    await bob.answered()
    bob.voice.say_nowait(tone(1500, 20))
    await browser.hears(1500)
    return bob, call


@pytest.mark.parametrize("codec", ["audio/PCMU", "audio/opus", "audio/G722"])
async def test_a_browser_calls_an_application_and_hears_it(
    daemon: Daemon, page: WebSocketPhone, application: FakeApplication, codec: str
):
    application.serve_sound("/tone.wav", tone(1500, 6))
    application.answer("/voice", f"<Response><Play>{application.url('/tone.wav')}</Play></Response>")
    async with BrowserPeer(700, codec) as browser:
        call = await calls(page, browser)
        await browser.connected()
        await browser.hears(1500)
        await call.hang_up()
    await daemon.clean()


@pytest.fixture
async def browser() -> AsyncIterator[BrowserPeer]:
    async with BrowserPeer(700) as opened:
        yield opened


async def test_q08_a_registered_browser_is_dialled_with_the_callers_headers(
    daemon: Daemon,
    page: WebSocketPhone,
    browser: BrowserPeer,
    phones: Phones,
    application: FakeApplication,
):
    target = "alice?X-Custom-Header1=1234&amp;X-Custom-Header2=4321"
    application.answer("/voice", f"<Response><Dial><Client>{target}</Client></Dial></Response>")
    caller = await phones.dial("3000")
    call = await page.called()
    assert call.invitation is not None
    assert call.invitation.header("X-Custom-Header1") == "1234"
    assert call.invitation.header("X-Custom-Header2") == "4321"
    assert "UDP/TLS/RTP/SAVPF" in call.offers[0]
    call.take(await browser.answer(call.offers[0]))
    await browser.connected()
    await caller.answered()
    caller.voice.say_nowait(tone(1100, 6))
    await browser.hears(1100)
    await caller.voice.hears(700, 0.4)
    await call.hang_up()
    await caller.ended_by_server()


async def test_keys_of_a_browser_are_gathered(
    daemon: Daemon, page: WebSocketPhone, browser: BrowserPeer, application: FakeApplication
):
    application.answer("/voice", '<Response><Gather action="/keys" numDigits="3"/></Response>')
    application.answer("/keys", "<Response><Hangup/></Response>")
    call = await calls(page, browser)
    assert "telephone-event/8000" in call.offers[0]
    await browser.connected()
    await browser.press("4#2")
    assert (await application.request_to("/keys"))["Digits"] == "4"
    await asyncio.wait_for(call.ended.wait(), 5.0)
    await daemon.clean()


async def test_a_browser_holds_and_resumes(
    daemon: Daemon,
    page: WebSocketPhone,
    browser: BrowserPeer,
    callees: Callees,
    application: FakeApplication,
):
    bob, call = await bob_is_heard(page, browser, callees, application)
    held = await call.request("INVITE", await browser.turn("sendonly"))
    assert "a=recvonly" in held.body
    await browser.accept(held.body)
    resumed = await call.request("INVITE", await browser.turn("sendrecv"))
    assert "a=sendrecv" in resumed.body
    await browser.accept(resumed.body)
    heard = browser.seconds_of(1500)
    await browser.hears(1500, heard + 0.4)
    await bob.voice.hears(700, 0.4)
    await call.hang_up()
    await daemon.clean()


async def test_a_browser_and_a_telephone_meet_in_a_conference(
    daemon: Daemon,
    page: WebSocketPhone,
    browser: BrowserPeer,
    phones: Phones,
    application: FakeApplication,
):
    application.answer("/voice", "<Response><Dial><Conference>room</Conference></Dial></Response>")
    caller = await (await phones.dial("3000")).answered()
    caller.voice.say_nowait(tone(1100, 10))
    call = await calls(page, browser)
    await browser.hears(1100)
    await caller.voice.hears(700, 0.4)
    await call.hang_up()
    await caller.hang_up()


async def test_another_certificate_than_the_one_of_the_offer_ends_the_call(
    daemon: Daemon, page: WebSocketPhone, browser: BrowserPeer, application: FakeApplication
):
    application.answer("/voice", "<Response><Say>Who are you?</Say></Response>")
    offer = re.sub(r"(a=fingerprint:sha-\d+ )..:..", r"\g<1>00:11", await browser.offer())
    call = await page.call("3000", offer)
    await browser.accept(call.offers[0])
    await asyncio.wait_for(call.ended.wait(), 8.0)
    assert call.bye is not None
    assert "fingerprint" in call.bye.header("Reason")
    (told,) = daemon.notifications(call.call_sid)
    assert told["error_code"] == 11010
    assert "fingerprint" in told["message_text"]
    await daemon.clean()


async def test_an_offer_without_ice_is_refused_and_says_why(
    daemon: Daemon, page: WebSocketPhone, browser: BrowserPeer
):
    offer = re.sub(r"a=ice-[^\r\n]*\r\n", "", await browser.offer())
    _, refused = await page.invite("3000", offer)
    assert refused.status == 488
    assert "a=ice-ufrag" in refused.header("Reason")


async def test_a_page_that_connects_anew_keeps_its_call_and_learns_of_its_end(
    daemon: Daemon,
    page: WebSocketPhone,
    browser: BrowserPeer,
    callees: Callees,
    application: FakeApplication,
):
    bob, call = await bob_is_heard(page, browser, callees, application)
    await page.reconnect()
    heard = browser.seconds_of(1500)
    await browser.hears(1500, heard + 0.3)
    await bob.sip.hang_up()
    await asyncio.wait_for(call.ended.wait(), 5.0)
    await daemon.clean()
