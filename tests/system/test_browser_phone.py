"""The phone in the page, in Chromium: it signs in by itself, calls, is called, and is heard."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
import pytest
from playwright.async_api import Page

from tests.testkit.application import ApplicationPort, FakeApplication, Reply
from tests.testkit.baresip import BARESIP, Baresip
from tests.testkit.browser import BUILT, Browser, Chromium, PhonePage, hears
from tests.testkit.chromium import CHROMIUM
from tests.testkit.conferences import join, participants, room
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import seconds_of_tone, silence, tone
from tests.testkit.phone import Phones
from tests.testkit.ports import LOOPBACK, free_port
from tests.testkit.softphones import PASSWORD, Softphones
from tests.testkit.tcp_relay import TcpRelay
from tests.testkit.waiting import eventually

COMMAND = "dev"
LOGINS = ("alice", "desk", "other", "maria", "nina", "olaf", "paul", "rosa")
CLIENTS = [{"login": login, "password": PASSWORD} for login in LOGINS]
SHOP_PORT = free_port()
"""Of a server whose pages may call, too."""
SETTINGS = {"http": {"sip_origins": [f"http://{LOOPBACK}:{SHOP_PORT}"]}}
LAST_NOTE = 1046.5
"""Hertz that the demo's tune ends with."""

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(not BUILT, reason="the page is not built: make phone"),
]

VOICE = np.concatenate([tone(700, 0.4), silence(0.1)] * 20)
"""What the page's microphone hears. In pieces: a steady tone is noise to a browser, which takes it away."""

METER_MOVES = "(meter) => Number(document.querySelector(meter).ariaValueNow) > 20"
NO_MICROPHONE = (
    "() => { navigator.mediaDevices.getUserMedia ="
    " () => Promise.reject(new DOMException('', 'NotAllowedError')); }"
)


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [
        {"number": "3000", "voice_url": port.url("/room")},
        {"number": "3001", "voice_url": port.url("/keys")},
    ]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with Chromium(tmp_path_factory.mktemp("chromium"), VOICE) as chromium:
        yield chromium


@pytest.fixture
async def browser(chromium: Chromium) -> AsyncIterator[Browser]:
    async with Browser(chromium) as browser:
        yield browser


@pytest.fixture
async def phone(browser: Browser, daemon: Daemon) -> AsyncIterator[PhonePage]:
    """The page, signed in as the client that `dialplane dev` has ready."""
    phone = PhonePage(browser, daemon.http)
    await phone.open()
    await phone.state("ready")
    yield phone
    await daemon.clean()
    assert not phone.complaints


async def test_a_wrong_password_is_told_the_right_one_signs_in_and_a_server_that_was_gone_is_found_again(
    browser: Browser, daemon: Daemon
):
    at = urlparse(daemon.http)
    async with TcpRelay(at.hostname or "", at.port or 0) as relay:
        phone = PhonePage(browser, f"http://{at.hostname}:{relay.port}")
        await phone.open()
        await phone.state("ready")
        await phone.page.click("#sign-out")
        await phone.page.fill("#login", "alice")
        await phone.page.fill("#password", "wrong")
        await phone.page.press("#password", "Enter")
        await phone.shows("#alert", "Login and password do not fit")
        await phone.page.fill("#password", PASSWORD)
        await phone.page.press("#password", "Enter")
        await phone.state("ready")
        await phone.shows("#me", "alice")
        await relay.cut()
        await phone.state("lost")
        assert not await phone.page.is_enabled("#place")
        await relay.mend()
        await phone.state("ready")
        await phone.page.reload()
        await phone.state("ready")
        await phone.shows("#me", "alice")
        await phone.page.evaluate(NO_MICROPHONE)
        await phone.dial("demo")
        await phone.shows("#alert", "allow the microphone, and call again")


@pytest.fixture
async def softphones(daemon: Daemon, tmp_path: Path) -> AsyncIterator[Softphones]:
    if BARESIP is None:
        pytest.skip("baresip is not installed")
    async with AsyncExitStack() as stack:
        yield Softphones(daemon.sip, tmp_path, stack)


async def heard_by(softphone: Baresip, hertz: float) -> None:
    await eventually(
        lambda: seconds_of_tone(softphone.heard(), hertz) > 0.3,
        10.0,
        f"{hertz} Hz are heard",
        context=softphone.story,
    )


async def test_a_newcomer_calls_the_demo_presses_keys_and_holds(phone: PhonePage, daemon: Daemon):
    page = phone.page
    await page.click("#suggestion")
    await phone.up()
    await phone.shows("#quality", "lost")
    await page.keyboard.press("1")
    await phone.hears(LAST_NOTE)
    await phone.shows("#pressed", "1")
    await page.click("#hold")
    await phone.shows("#call-state", "On hold")
    await page.click("#hold")
    await phone.up()
    await page.click("#mute")
    await page.wait_for_selector('#mute[aria-pressed="true"]')
    await page.click("#hang-up")
    await phone.idle()
    await phone.shows("#history", "demo")
    (call,) = daemon.resource("Calls.json")["calls"]
    assert (call["from"], call["to"], call["status"]) == ("browser", "demo", "completed")


async def test_the_page_is_called_and_both_are_heard(
    phone: PhonePage, softphones: Softphones, daemon: Daemon
):
    alice = await softphones.add("alice", 1500)
    host, port = daemon.sip
    await alice.command("dial", f"sip:browser@{host}:{port}")
    await phone.shows("#incoming-who", "alice")
    await phone.page.click("#answer")
    await phone.up()
    await phone.hears(1500)
    await heard_by(alice, 700)
    for meter in ("#meter-me", "#meter-them"):
        await phone.page.wait_for_function(METER_MOVES, arg=meter)
    await alice.hang_up()
    await phone.idle()
    await alice.command("dial", f"sip:browser@{host}:{port}")
    await phone.shows("#incoming-who", "alice")
    await phone.page.click("#decline")
    await phone.idle()
    await phone.shows("#history", "Declined")


async def test_the_page_transfers_a_softphone_to_another_one(phone: PhonePage, softphones: Softphones):
    desk, other = await softphones.add("desk", 900), await softphones.add("other", 1300)
    await phone.dial("desk")
    await phone.up()
    await phone.hears(900)
    await phone.page.click("#transfer")
    await phone.page.fill("#transfer-to", "other")
    await phone.page.press("#transfer-to", "Enter")
    await phone.idle()
    await heard_by(other, 900)
    await heard_by(desk, 1300)
    await desk.hang_up()


async def test_who_calls_meanwhile_waits_is_declined_or_answered_and_both_are_swapped(
    phone: PhonePage, softphones: Softphones, daemon: Daemon
):
    page, (host, port) = phone.page, daemon.sip
    nina, olaf = await softphones.add("nina", 1500), await softphones.add("olaf", 900)
    await nina.command("dial", f"sip:browser@{host}:{port}")
    await phone.shows("#incoming-who", "nina")
    await page.click("#answer")
    await phone.hears(1500)
    await olaf.command("dial", f"sip:browser@{host}:{port}")
    await phone.shows("#other-who", "olaf")
    await page.click("#other-decline")
    await page.wait_for_selector("#other", state="hidden")
    await olaf.command("dial", f"sip:browser@{host}:{port}")
    await phone.shows("#other-who", "olaf")
    await page.press("#other-answer", "Enter")
    await phone.shows("#call-who", "olaf")
    await phone.shows("#other-who", "nina")
    await phone.hears(900)
    await page.press("#swap", "Enter")
    await phone.shows("#call-who", "nina")
    await phone.up()
    await phone.hears(1500)
    await page.click("#hang-up")
    await phone.shows("#call-who", "olaf")
    await phone.shows("#call-state", "On hold")
    await page.click("#hold")
    await phone.up()
    await phone.hears(900)
    await page.click("#hang-up")
    await phone.idle()


async def test_the_page_asks_somebody_and_connects_both(phone: PhonePage, softphones: Softphones):
    paul, rosa = await softphones.add("paul", 900), await softphones.add("rosa", 1300)
    await phone.dial("paul")
    await phone.up()
    await phone.page.click("#transfer")
    await phone.page.fill("#transfer-to", "rosa")
    await phone.page.press("#consult", "Enter")
    await phone.shows("#call-who", "rosa")
    await phone.up()
    await phone.hears(1300)
    await phone.page.press("#join", "Enter")
    await phone.idle()
    await heard_by(rosa, 900)
    await heard_by(paul, 1300)
    await paul.hang_up()


async def test_the_page_is_heard_in_a_conference(
    phone: PhonePage, phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer("/room", room())
    bob, carol = await join(phones, daemon, "3000", "3000")
    await phone.dial("3000")
    await phone.up()
    await participants(daemon, 3)
    await bob.voice.hears(700, 0.3)
    await carol.voice.hears(700, 0.3)
    bob.voice.say_nowait(tone(1500, 4.0))
    await phone.hears(1500)
    await phone.page.click("#hang-up")
    await phone.idle()
    await bob.hang_up()
    await carol.hang_up()


SOURCES = Path(__file__).parents[2] / "phone"
ESBUILD = SOURCES / "node_modules" / "esbuild" / "bin" / "esbuild"
THEIR_PAGE = """
async ({ url, login, token, number }) => {
  const happened = [];
  window.happened = happened;
  const agent = new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(url)],
    uri: `sip:${login}@dialplane`,
    authorization_jwt: `Bearer ${token}`,
  });
  agent.on("registered", () => happened.push("registered"));
  agent.on("registrationFailed", ({ response }) => happened.push(`refused ${response?.status_code}`));
  agent.start();
  window.call = () => {
    const session = agent.call(number, { mediaConstraints: { audio: true, video: false } });
    session.connection.addEventListener("track", ({ track }) => {
      document.querySelector("#sound").srcObject = new MediaStream([track]);
    });
    session.on("confirmed", () => happened.push("confirmed"));
    session.on("ended", ({ originator }) => happened.push(`ended by ${originator}`));
    session.on("failed", ({ cause }) => happened.push(`failed: ${cause}`));
    window.session = session;
  };
}
"""


@pytest.fixture(scope="module")
def jssip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library in one file, as a page includes it."""
    if not ESBUILD.is_file():
        pytest.skip("the packages of the page are not installed: make phone")
    bundle = tmp_path_factory.mktemp("jssip") / "jssip.js"
    made = ["node", str(ESBUILD), "jssip", "--bundle", "--global-name=JsSIP", f"--outfile={bundle}"]
    subprocess.run(made, cwd=SOURCES, check=True, capture_output=True, timeout=30)
    return bundle


@pytest.fixture
async def shop(browser: Browser, jssip: Path) -> AsyncIterator[Page]:
    """A page that another server has, with JsSIP in it."""
    async with FakeApplication(SHOP_PORT) as server:
        server.answer("/", Reply(b'<audio id="sound" autoplay></audio>', content_type="text/html"))
        await browser.page.goto(server.url())
        await browser.page.add_script_tag(path=jssip)
        yield browser.page


async def happens(page: Page, what: str) -> None:
    await page.wait_for_function("(what) => window.happened.includes(what)", arg=what)


async def test_jssip_in_a_page_of_another_origin_calls_as_the_client_of_its_token_and_as_no_other(
    shop: Page, daemon: Daemon, application: FakeApplication
):
    answer = await daemon.ask("POST", "Clients/maria/Tokens.json", ("Ttl", "60"))
    application.serve_sound("/600.wav", tone(600, 20.0))
    application.answer(
        "/keys",
        '<Response><Gather numDigits="2" action="/pressed"><Play>/600.wav</Play></Gather></Response>',
    )
    application.answer("/pressed", "<Response><Hangup/></Response>")
    asked = {
        "url": daemon.http.replace("http", "ws") + "/sip",
        "token": answer.json["token"],
        "number": "3001",
    }
    await shop.evaluate(THEIR_PAGE, {**asked, "login": "alice"})
    await happens(shop, "refused 403")
    await shop.evaluate(THEIR_PAGE, {**asked, "login": "maria"})
    await happens(shop, "registered")
    await shop.evaluate("window.call()")
    await happens(shop, "confirmed")
    await hears(shop, 600)
    await shop.evaluate("window.session.sendDTMF('42', { transportType: 'RFC2833' })")
    pressed = await application.request_to("/pressed")
    assert (pressed["Digits"], pressed["From"]) == ("42", "maria")
    await happens(shop, "ended by remote")
    await daemon.clean()
