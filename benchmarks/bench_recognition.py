"""What listening costs the event loop: ``python -m benchmarks.bench_recognition [callers] [seconds]``.

Each caller says a phrase of the hints every four seconds, one after the other, and each is detected, kept
and recognised by the embedded recogniser as in a call; the sound comes from memory instead of a leg. The lag
is that of a task which sleeps 5 ms at a time. The answer's delay counts from the decision that the caller is
done.
"""

import asyncio
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import uvloop

from engine.recognition.embedded import EmbeddedRecognition
from engine.recognition.listener import FRAME, Heard, SpeechListener
from engine.recognition.recogniser import Told
from media.sound import Samples
from media.speech.sphinx import SphinxRecogniser
from tests.testkit.spoken import spoken

PHRASES = ("technical support", "opening hours")
EVERY = 0.005
TICK = 0.02
PERIOD = 4.0


class Caller:
    """A tap whose sound is a phrase every four seconds, and the listener to it."""

    def __init__(self, said: Samples, late: float, sphinx: SphinxRecogniser) -> None:
        self.on_frame: Callable[[], None] | None = None
        self.waiting: deque[Samples] = deque()
        self.delays: list[float] = []
        self.understood = 0
        self._said = np.concatenate((said, np.zeros(round(PERIOD * 8000) - len(said), np.int16)))
        self._at = round(late / TICK)
        told = Told(partial=lambda words: None, phrase_ended=lambda: None, problem=lambda problem: None)
        heard = Heard(began=lambda: None, ended=self._ended, understood=self._understood)
        tap: Any = self
        self.listener = SpeechListener(tap, lambda: EmbeddedRecognition(sphinx, PHRASES, 0.5, told), heard)

    @property
    def available(self) -> int:
        return FRAME * len(self.waiting)

    def read(self, samples: int) -> Samples:
        return self.waiting.popleft()

    def close(self) -> None:
        self.on_frame = None

    def tick(self) -> None:
        start = self._at % (len(self._said) // FRAME) * FRAME
        self._at += 1
        self.waiting.append(self._said[start : start + FRAME])
        if self.on_frame is not None:
            self.on_frame()

    def _ended(self) -> None:
        asyncio.get_running_loop().call_later(0.7, self._decide)

    def _decide(self) -> None:
        self._decided = time.perf_counter()
        self.listener.decide()

    def _understood(self, found) -> None:
        self.delays.append(time.perf_counter() - self._decided)
        self.understood += bool(found)


async def measure_lag(lags: list[float]) -> None:
    # Not by the loop's own clock: uvloop's counts whole milliseconds.
    while True:
        due = time.perf_counter() + EVERY
        await asyncio.sleep(EVERY)
        lags.append(max(0.0, time.perf_counter() - due))


async def main(count: int, seconds: float) -> None:
    sphinx = SphinxRecogniser(1)
    said = await spoken("technical support")
    await sphinx.recognise(said, PHRASES)
    callers = [Caller(said, PERIOD * number / count, sphinx) for number in range(count)]
    lags: list[float] = []
    measuring = asyncio.create_task(measure_lag(lags))
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for number in range(round(seconds / TICK)):
        await asyncio.sleep(max(0.0, begun + number * TICK - loop.time()))
        for caller in callers:
            caller.tick()
    measuring.cancel()
    delays = sorted(delay for caller in callers for delay in caller.delays)
    understood = sum(caller.understood for caller in callers)
    for caller in callers:
        await caller.listener.close()
    await sphinx.close()
    print(f"{count} callers, {len(delays)} utterances, {understood} understood")
    for what, values in (("event loop lag", lags), ("answer after", delays)):
        middle, late = np.percentile(values, (50, 99)) * 1e3
        print(f"{what} p50 {middle:.2f} ms, p99 {late:.2f} ms")


if __name__ == "__main__":
    callers, seconds, *_ = [*sys.argv[1:], *("50", "20")[len(sys.argv) - 1 :]]
    uvloop.run(main(int(callers), float(seconds)))
