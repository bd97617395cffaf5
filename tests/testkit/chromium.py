"""The sound of a real Chromium: an oscillator speaks, an analyser listens; signalling is the test's."""

from __future__ import annotations

import shutil
from types import TracebackType
from typing import Any, Self

from playwright.async_api import async_playwright

from tests.testkit.waiting import eventually_async

CHROMIUM = shutil.which("chromium")
_SCRIPT = """
(frequency) => {
  const audio = new AudioContext();
  const oscillator = new OscillatorNode(audio, {frequency});
  const outlet = audio.createMediaStreamDestination();
  oscillator.connect(outlet);
  oscillator.start();
  const pc = new RTCPeerConnection();
  for (const track of outlet.stream.getTracks()) pc.addTrack(track, outlet.stream);
  const analyser = new AnalyserNode(audio, {fftSize: 8192});
  pc.ontrack = ({track, streams}) => {
    // Chromium lets no sound of a peer into the graph before an element plays it.
    const element = new Audio();
    element.srcObject = streams[0];
    element.play();
    window.streams = streams.length;
    audio.createMediaStreamSource(streams[0]).connect(analyser);
  };
  const gathered = () => new Promise((done) => {
    const look = () => pc.iceGatheringState === "complete" && done(pc.localDescription.sdp);
    pc.onicegatheringstatechange = look;
    look();
  });
  window.peer = {
    offer: async (options) => {
      await pc.setLocalDescription(await pc.createOffer(options));
      return gathered();
    },
    accept: (sdp) => pc.setRemoteDescription({type: "answer", sdp}),
    answer: async (sdp) => {
      await pc.setRemoteDescription({type: "offer", sdp});
      await pc.setLocalDescription(await pc.createAnswer());
      return gathered();
    },
    state: () => pc.connectionState,
    direction: (wanted) => { pc.getTransceivers()[0].direction = wanted; },
    press: (keys) => pc.getSenders()[0].dtmf.insertDTMF(keys, 100, 80),
    loudest: () => {
      const bins = new Float32Array(analyser.frequencyBinCount);
      analyser.getFloatFrequencyData(bins);
      const at = bins.indexOf(Math.max(...bins));
      return bins[at] > -60 ? at * audio.sampleRate / analyser.fftSize : 0;
    },
  };
}
"""


class ChromiumPeer:
    """One page with one peer connection. Use as `async with`; `url` is any page of a secure origin."""

    def __init__(self, url: str, frequency: float) -> None:
        self._url = url
        self._frequency = frequency

    async def __aenter__(self) -> Self:
        self._driver = await async_playwright().start()
        flags = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        self._browser = await self._driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        self._page = await self._browser.new_page()
        await self._page.goto(self._url)
        await self._page.evaluate(_SCRIPT, self._frequency)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._browser.close()
        await self._driver.stop()

    async def offer(self, *, restarts_ice: bool = False) -> str:
        """Return an offer with all candidates."""
        return str(await self._call("offer", {"iceRestart": restarts_ice}))

    async def accept(self, answer: str) -> None:
        await self._call("accept", answer)

    async def answer(self, offer: str) -> str:
        return str(await self._call("answer", offer))

    async def turn(self, direction: str) -> str:
        """Return a further offer in which the sound goes so: `sendonly` is hold."""
        await self._call("direction", direction)
        return await self.offer()

    async def press(self, keys: str) -> None:
        await self._call("press", keys)

    async def state(self) -> str:
        return str(await self._call("state"))

    async def connected(self, within: float = 15.0) -> None:
        async def look() -> bool:
            return await self.state() == "connected"

        await eventually_async(look, within, "Chromium is connected")

    async def hears(self, frequency: float, within: float = 10.0) -> None:
        """Wait until a tone is what is loudest in the page."""

        async def look() -> bool:
            return abs(float(await self._call("loudest")) - frequency) < 20.0

        await eventually_async(look, within, f"Chromium hears {frequency} Hz")

    async def _call(self, name: str, *arguments: Any) -> Any:
        return await self._page.evaluate(
            "([name, given]) => window.peer[name](...given)", [name, list(arguments)]
        )
