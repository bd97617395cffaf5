"""The console in Chromium: calls are seen while they live, and it says why one failed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlparse

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication, Reply
from tests.testkit.browser import Browser, Chromium, OwnPage
from tests.testkit.chromium import CHROMIUM
from tests.testkit.daemon import ACCOUNT_SID, AUTH_TOKEN, Daemon
from tests.testkit.outside_sound import silence
from tests.testkit.phone import Phones
from tests.testkit.tcp_relay import TcpRelay

COMMAND = "dev"
ATTACK = "<img src=x onerror=window.attacked=1>"
LOOKED_AT_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"
"""As after another tab: the page looks at once, and does not wait for its time."""

KEEPS_WHAT_DID_NOT_CHANGE = """
async () => {
  const { h, keep } = await import("/console/dom.mjs");
  const list = h("ul");
  document.body.append(list);
  const button = (text) => h("button", { "data-act": "end" }, text);
  const draw = ({ text }) => h("li", {}, h("details", {}, h("summary", {}, text)), button(text));
  const show = (...texts) => keep(list, texts.map((text, key) => ({ key, text })), ({ key }) => key, draw);
  show("a", "b", "c");
  const [first, second] = list.children;
  first.querySelector("details").open = true;
  second.querySelector("button").focus();
  show("a", "B", "c", "d");
  const seen = {
    texts: [...list.children].map((each) => each.lastChild.textContent).join(" "),
    same: list.firstChild === first && first.querySelector("details").open,
    focus: document.activeElement.textContent,
  };
  keep(list, [{ key: 3, text: "d" }, { key: 0, text: "a" }], ({ key }) => key, draw);
  seen.moved = [...list.children].map((each) => each.lastChild.textContent).join(" ");
  list.remove();
  return seen;
}
"""

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.hostile("W14", sent="HTML in a caller's name and an application's error"),
]


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": name, "voice_url": port.url(f"/{name}")} for name in ("3000", "3001")]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with Chromium(tmp_path_factory.mktemp("chromium"), silence(0.1)) as chromium:
        yield chromium


@pytest.fixture
async def browser(chromium: Chromium) -> AsyncIterator[Browser]:
    async with Browser(chromium) as browser:
        yield browser


async def test_w14_a_call_is_seen_live_and_hung_up_and_another_says_why_it_failed(
    browser: Browser, daemon: Daemon, phones: Phones, application: FakeApplication
):
    application.answer("/3000", Reply(f"<h1>{ATTACK}</h1>", status=500, content_type="text/html"))
    application.answer("/3001", "<Response>\n  <Gather timeout='60' times='2'/>\n</Response>")
    console = OwnPage(browser, f"{daemon.http}/")
    page = console.page
    await console.open()
    await console.state("ready")
    await console.shows("#view", "No calls just now")

    call = await (await phones.dial("3001", display_name=ATTACK, from_user="maria")).answered()
    await page.evaluate(LOOKED_AT_AGAIN)
    await console.shows("tbody tr", f"{ATTACK} (maria)")
    await page.click("[data-act=open]")
    await console.shows("h2", f"{ATTACK} (maria) → 3001")
    await console.shows(".because", "Warning 12200")
    await console.shows(".marked", "times='2'")
    await console.shows(".ladder", "200 (INVITE)")
    await page.press("[data-act=hang-up]", "Enter")
    await page.keyboard.press("Escape")
    await page.press("[data-act=hang-up]", "Enter")
    await page.press("[data-act=sure]", "Enter")
    await call.ended_by_server()
    await page.evaluate(LOOKED_AT_AGAIN)
    await console.shows(".headline", "Completed after")

    await (await phones.dial("3000", display_name=ATTACK)).refused()
    await page.click("text=Calls")
    await page.select_option("#by-Status", "failed")
    await page.press("#by-From", "Enter")
    await page.click("tbody [data-act=open]")
    await console.shows(".headline", "The call failed")
    await console.shows(".because", "answered 500 Internal Server Error")
    await console.shows(".because", "Cure: ")
    await console.shows(".code", ATTACK)
    await console.shows(".ladder", "500 (INVITE)")
    await page.click("text=Notifications")
    await console.shows("tbody", "Error 11206")
    assert await page.evaluate("window.attacked") is None
    assert await page.locator("#view img").count() == 0
    assert not console.complaints


async def test_who_is_not_before_the_machine_signs_in_and_stays_so_over_a_reload(
    browser: Browser, daemon: Daemon
):
    at = urlparse(daemon.http)
    console = OwnPage(browser, f"{daemon.http}/")
    page = console.page
    await page.set_extra_http_headers({"X-Forwarded-For": "192.0.2.7"})
    await console.open()
    await console.state("out")
    await page.fill("#name", ACCOUNT_SID)
    await page.fill("#secret", "wrong")
    await page.press("#secret", "Enter")
    await console.shows("#alert", "Give the account's sid and auth token")
    await page.fill("#secret", AUTH_TOKEN)
    await page.press("#secret", "Enter")
    await console.shows("#view", "Live calls")
    assert AUTH_TOKEN not in page.url
    await page.reload()
    await console.state("ready")
    await page.click("text=Setup")
    await console.shows("tbody", "+12223334457")
    await console.shows("tbody", "Not registered")
    assert await page.evaluate(KEEPS_WHAT_DID_NOT_CHANGE) == {
        "texts": "a B c d", "same": True, "focus": "B", "moved": "d a",
    }  # fmt: skip
    await page.click("text=Server")
    await console.shows(".figures", "Legs with sound")
    await page.click("#sign-out")
    await console.state("out")
    assert await page.evaluate("sessionStorage.length") == 0

    async with TcpRelay(at.hostname or "", at.port or 0) as relay:
        there = OwnPage(browser, f"http://{at.hostname}:{relay.port}/#/server")
        await page.set_extra_http_headers({})
        await there.open()
        await there.state("ready")
        await relay.cut()
        await page.evaluate(LOOKED_AT_AGAIN)
        await there.state("lost")
        await relay.mend()
        await page.evaluate(LOOKED_AT_AGAIN)
        await there.state("ready")
