"""Chromium without a screen, with a microphone that says what a test gives it, and the pages of ours in it.

Driven by playwright; what a page hears is measured in the page, with WebAudio.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from playwright.async_api import BrowserContext, Page, Playwright, async_playwright

from tests.testkit.chromium import CHROMIUM
from tests.testkit.outside_sound import Samples, wav
from tests.testkit.waiting import eventually_blocking

BUILT = (Path(__file__).parents[2] / "engine" / "http" / "phone_page" / "index.html").is_file()

_SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
    "--autoplay-policy=no-user-gesture-required",
)
_OPEN_EAR = """
(selector) => {
  const stream = document.querySelector(selector)?.srcObject;
  if (!stream) return false;
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  analyser.smoothingTimeConstant = 0;
  context.createMediaStreamSource(stream).connect(analyser);
  window.ear = { context, analyser, bins: new Float32Array(analyser.frequencyBinCount) };
  return true;
}
"""
_HEARS = """
(hertz) => {
  const { context, analyser, bins } = window.ear;
  analyser.getFloatFrequencyData(bins);
  const peak = bins.indexOf(Math.max(...bins));
  return bins[peak] > -70 && Math.abs((peak * context.sampleRate) / analyser.fftSize - hertz) < 12;
}
"""


async def hears(page: Page, hertz: float, *, selector: str = "#sound", within: float = 10.0) -> None:
    """Wait until this is the loudest pitch of what an audio element of the page plays."""
    limit = within * 1000
    await page.wait_for_function(_OPEN_EAR, arg=selector, timeout=limit)
    await page.wait_for_function(_HEARS, arg=hertz, timeout=limit)


class Chromium:
    """One Chromium process, for all tests of a module: its start is what costs. Use as `with`."""

    def __init__(self, directory: Path, voice: Samples) -> None:
        self._directory = directory
        self._voice = voice
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        assert CHROMIUM, "chromium is not installed"
        profile, microphone = self._directory / "profile", self._directory / "microphone.wav"
        microphone.write_bytes(wav(self._voice))
        with (self._directory / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *(CHROMIUM, "--headless", *_SWITCHES, f"--user-data-dir={profile}"),
                    *("--remote-debugging-port=0", f"--use-file-for-fake-audio-capture={microphone}"),
                    "about:blank",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            eventually_blocking(self._has_endpoint, 30.0, "Chromium listens", context=self.story)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        assert self._process
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def endpoint(self) -> str:
        """Where it is steered from."""
        port, path = (self._directory / "profile" / "DevToolsActivePort").read_text().split()
        return f"ws://127.0.0.1:{port}{path}"

    def _has_endpoint(self) -> bool:
        assert self._process
        assert self._process.poll() is None, f"Chromium did not start\n{self.story()}"
        file = self._directory / "profile" / "DevToolsActivePort"
        return file.is_file() and len(file.read_text().split()) == 2

    def story(self) -> str:
        """What it wrote, for the text of a failure."""
        return (self._directory / "log").read_text(errors="replace")[-3000:]


class Browser:
    """A window of its own, without history, in a running Chromium. Use as `async with`; leaving closes it."""

    def __init__(self, chromium: Chromium, **options: Any) -> None:
        self._chromium = chromium
        self._options = options
        self._playwright: Playwright | None = None
        self._context: BrowserContext | None = None
        self._page: Page | None = None

    async def __aenter__(self) -> Self:
        self._playwright = await async_playwright().start()
        running = await self._playwright.chromium.connect_over_cdp(self._chromium.endpoint)
        self._context = await running.new_context(**self._options)
        self._context.set_default_timeout(10_000)
        self._page = await self._context.new_page()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._playwright
        assert self._context
        await self._context.close()
        await self._playwright.stop()

    @property
    def page(self) -> Page:
        """The tab that is open from the beginning."""
        assert self._page
        return self._page


class OwnPage:
    """A page of the server in a browser. ``complaints`` are the errors that the browser noted about it."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.page = browser.page
        self.complaints: list[str] = []
        self._url = url
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda line: self._note(line.type, line.text))

    def _note(self, kind: str, text: str) -> None:
        if kind == "error":
            self.complaints.append(text)

    async def open(self, fragment: str = "") -> None:
        await self.page.goto(self._url + fragment)

    async def state(self, state: str) -> None:
        """Wait until the page is `ready`, `lost`, `out` and so on."""
        await self.page.wait_for_selector(f'#state[data-state="{state}"]', state="attached")

    async def shows(self, selector: str, text: str) -> None:
        """Wait until an element is seen with a text in it."""
        await self.page.wait_for_selector(f"{selector}:visible:has-text({text!r})")


class PhonePage(OwnPage):
    """`/phone` in a browser."""

    def __init__(self, browser: Browser, server: str) -> None:
        super().__init__(browser, f"{server}/phone")

    async def dial(self, target: str) -> None:
        await self.page.fill("#to", target)
        await self.page.press("#to", "Enter")

    async def up(self) -> None:
        await self.shows("#call-state", "Connected")

    async def idle(self) -> None:
        await self.page.wait_for_selector("#place:visible")

    async def hears(self, hertz: float, within: float = 10.0) -> None:
        """Wait until this is the loudest pitch of the call's sound."""
        await hears(self.page, hertz, within=within)
