"""Relays for browsers: who is told of them, and the phone page whose sound has no other way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from twilio.rest import Client  # type: ignore[import-untyped]

from tests.testkit.browser import BUILT, Browser, Chromium, PhonePage
from tests.testkit.chromium import CHROMIUM
from tests.testkit.coturn import TURNSERVER, Coturn
from tests.testkit.daemon import ACCOUNT_SID, Daemon
from tests.testkit.outside_sound import tone
from tests.testkit.ports import LOOPBACK, free_port

COMMAND = "dev"
PORT, SECRET = free_port(), "between the server and its relay"
RELAY = f"turn:{LOOPBACK}:{PORT}?transport=udp"
SETTINGS = {"media": {"browser_turn_servers": [RELAY], "turn_secret": SECRET}}
RELAYED_ALONE = """
const Connection = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Connection {
  constructor(config) {
    super({ ...config, iceTransportPolicy: "relay" });
    window.connection = this;
  }
};
"""
WAY = """
async () => {
  const all = await window.connection.getStats();
  const pair = [...all.values()].find(({ type, nominated }) => type === "candidate-pair" && nominated);
  return all.get(pair.localCandidateId).candidateType;
}
"""


async def test_the_twilio_sdk_is_told_of_the_relays(twilio: Client, daemon: Daemon):
    token = await asyncio.to_thread(twilio.tokens.create, ttl=600)
    assert (token.account_sid, token.ttl) == (ACCOUNT_SID, "600")
    (relay,) = token.ice_servers
    assert relay == {"url": RELAY, "urls": RELAY, "username": token.username, "credential": token.password}
    assert token.username.endswith(f":{ACCOUNT_SID}")
    assert token.date_created is not None


@pytest.fixture
async def coturn(tmp_path: Path) -> AsyncIterator[Coturn]:
    if TURNSERVER is None:
        pytest.skip("coturn is not installed")
    async with Coturn(tmp_path, PORT, SECRET) as started:
        yield started


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with Chromium(tmp_path_factory.mktemp("chromium"), tone(700, 1.0)) as chromium:
        yield chromium


@pytest.mark.skipif(not BUILT, reason="the page is not built: make phone")
async def test_the_page_hears_over_a_relay_that_takes_its_credentials(
    chromium: Chromium, coturn: Coturn, daemon: Daemon
):
    async with Browser(chromium) as browser:
        await browser.page.add_init_script(RELAYED_ALONE)
        phone = PhonePage(browser, daemon.http)
        await phone.open()
        await phone.state("ready")
        await phone.dial("demo")
        await phone.up()
        await phone.page.wait_for_function(
            "() => Number(document.querySelector('#meter-them').ariaValueNow) > 20"
        )
        assert await phone.page.evaluate(WAY) == "relay"
        await phone.page.click("#hang-up")
        await phone.idle()
    await daemon.clean()
