"""A leg that hears a talker over an impaired path, for seconds or for an hour of simulated time.

The loop over ticks is compiled, as the tick itself is: an hour has 180,000.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from media.codecs import g711
from media.plane import layout as c
from media.plane.compiled import kernel
from media.plane.kernels.jitter import hear, is_due
from media.plane.kernels.receive import receive
from media.plane.kernels.stamps import expected_ns, follow_calm, forget_calm, is_asked, is_regular
from media.sound import Samples
from tests.testkit.impairment import ImpairedPath
from tests.testkit.virtual_leg import SSRC, VirtualLeg

RATE = 8000
PACKET = 12 + c.FRAME
CLOCK_STARTS = 0.1
"""Seconds of the leg's clock at which the talker sends the first packet."""


@kernel
def _read(lane: Any, leg: Any, wire: Any, order: Any, arrivals: Any, came: int) -> int:
    """Take in what has come, as the tick reads a socket; return how many packets were taken in by now."""
    while came < len(arrivals) and arrivals[came] <= lane.now_samples:
        for j in range(wire.shape[1]):
            lane.buffer[j] = wire[order[came], j]
        highest = leg.highest
        arrival = arrivals[came] * c.SAMPLE_NS if is_asked(leg) else expected_ns(lane, leg)
        receive(lane, leg, wire.shape[1], arrival)
        follow_calm(leg, highest)
        came += 1
        if is_regular(leg) and not is_due(leg, lane.now_ns):
            return came
    forget_calm(leg)
    return came


@kernel
def _listen(lane: Any, leg: Any, wire: Any, order: Any, arrivals: Any, heard: Any, lags: Any) -> int:
    """Hear as many frames as `heard` has; packet `order[i]` of `wire` comes at `arrivals[i]` (samples).

    `lags` takes the timestamp that is about to be heard, less the clock; returns how many packets came.
    """
    came = 0
    for tick in range(heard.shape[0]):
        lane.now_samples += c.FRAME
        lane.now_ns = lane.now_samples * c.SAMPLE_NS
        came = _read(lane, leg, wire, order, arrivals, came)
        lags[tick] = lane.now_samples - leg.play
        hear(lane, leg)
        for j in range(c.FRAME):
            heard[tick, j] = leg.heard[j]
    return came


@dataclass(frozen=True)
class Listening:
    """What was heard in a stretch of time, and how it was buffered."""

    heard: Samples
    delay: NDArray[np.float64]
    """Per tick, seconds from when the talker sent a sample to when it is heard."""
    late: int
    """Packets that came when their sound was due."""
    concealed: int
    """Frames of which some was missing."""


class ImpairedLeg:
    """A leg and a talker whose clock is `parts_per_million` fast; the talker repeats `sound` without end."""

    def __init__(self, sound: Samples, parts_per_million: float = 0.0) -> None:
        self._leg = VirtualLeg()
        self._payloads = np.frombuffer(g711.encode_mulaw(sound), np.uint8).reshape(-1, c.FRAME)
        self._pace = c.FRAME / RATE * (1 - parts_per_million * 1e-6)
        self._sent = 0
        self._ticks = 0
        self._flying: list[tuple[float, int]] = []

    def listen(self, path: ImpairedPath, seconds: float) -> Listening:
        """Let the talker send by this path for so long, and hear it meanwhile."""
        ticks = round(seconds * RATE / c.FRAME)
        self._ticks += ticks
        end = self._ticks * c.FRAME / RATE
        first = min([number for _, number in self._flying], default=self._sent)
        while (now := CLOCK_STARTS + self._sent * self._pace) < end:
            self._flying += [(at, self._sent) for at in path.arrivals(now)]
            self._sent += 1
        self._flying.sort()
        heard, lags = np.zeros((ticks, c.FRAME), np.int16), np.zeros(ticks, np.int64)
        order = np.array([number - first for _, number in self._flying], np.int64)
        arrivals = np.array([int(at * RATE) for at, _ in self._flying], np.int64)
        before = self._counted()
        leg = self._leg
        came = _listen(leg.lane, leg.leg, self._wire(first), order, arrivals, heard, lags)
        del self._flying[:came]
        late, concealed = self._counted() - before
        return Listening(heard.reshape(-1), self._delays(lags), int(late), int(concealed))

    def _wire(self, first: int) -> NDArray[np.uint8]:
        """Return the packets from number `first` on that have been sent, one a row."""
        numbers = np.arange(first, self._sent)
        wire = np.zeros((len(numbers), PACKET), np.uint8)
        wire[:, 0] = 0x80
        wire[:, 2:4] = (numbers & 0xFFFF).astype(">u2").view(np.uint8).reshape(-1, 2)
        stamps = (numbers * c.FRAME & 0xFFFFFFFF).astype(">u4")
        wire[:, 4:8] = stamps.view(np.uint8).reshape(-1, 4)
        wire[:, 8:12] = np.frombuffer(SSRC.to_bytes(4, "big"), np.uint8)
        wire[:, 12:] = self._payloads[numbers % len(self._payloads)]
        return wire

    def _counted(self) -> NDArray[np.int64]:
        counts: NDArray[np.int64] = self._leg.leg.count[[c.LATE, c.CONCEALED]].copy()
        return counts

    def _delays(self, lags: NDArray[np.int64]) -> NDArray[np.float64]:
        clock = (self._ticks - len(lags) + 1 + np.arange(len(lags))) * c.FRAME
        played = (clock - lags) & 0xFFFFFFFF
        sent = CLOCK_STARTS + played / c.FRAME * self._pace
        delays: NDArray[np.float64] = clock / RATE - sent
        return delays
