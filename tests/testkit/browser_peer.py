"""The sound of a browser without one: aiortc offers, answers, speaks a tone and remembers what it hears."""

from __future__ import annotations

import asyncio
import fractions
import re
import struct
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self, cast

import aioice.ice
import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import is_rtcp
from av import AudioFrame

from tests.testkit.outside_sound import FRAME, RATE, Samples, seconds_of_tone, tone
from tests.testkit.waiting import eventually

EVENT_TYPE = 126
"""The payload type of telephone-event, as Chromium has it."""
_KEYS = "0123456789*#ABCD"

# aioice leaves out loopback, which may be all that a test machine has.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


class ToneTrack(MediaStreamTrack):
    """A sine without end, paced by the clock."""

    kind = "audio"

    def __init__(self, frequency: float) -> None:
        super().__init__()
        self._second = tone(frequency, 1.0)
        self._at = 0
        self._begun: float | None = None

    async def recv(self) -> AudioFrame:
        if self._begun is None:
            self._begun = time.monotonic()
        await asyncio.sleep(max(0.0, self._begun + self._at / RATE - time.monotonic()))
        start = self._at % RATE
        frame = AudioFrame.from_ndarray(self._second[None, start : start + FRAME], "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._at, fractions.Fraction(1, RATE)
        self._at += FRAME
        return frame


class BrowserPeer:
    """One peer connection. Use as `async with`; `codec` is the only one offered, such as `audio/PCMU`."""

    def __init__(self, frequency: float, codec: str = "audio/PCMU") -> None:
        self.connection = RTCPeerConnection()
        self.heard: list[Samples] = []
        self._transceiver = self.connection.addTransceiver("audio")
        self._transceiver.sender.replaceTrack(ToneTrack(frequency))
        capabilities = RTCRtpReceiver.getCapabilities("audio")
        assert capabilities is not None
        known = capabilities.codecs
        self._transceiver.setCodecPreferences([each for each in known if each.mimeType == codec])
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: int | None = None
        """The number of the last packet sent."""
        self._send_key: Callable[[bytes], Awaitable[None]]
        self._between = 0
        """Packets of keys among those of the sound: later sound has so much higher numbers."""
        self.connection.on("track", self._listen)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.connection.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def offer(self) -> str:
        """Return an offer, with telephone-event as browsers have it."""
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return _with_events(self.connection.localDescription.sdp)

    async def turn(self, direction: str) -> str:
        """Return a further offer in which the sound goes so: `sendonly` is hold."""
        self._transceiver.direction = direction
        return await self.offer()

    async def accept(self, answer: str) -> None:
        """Take the answer."""
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def answer(self, offer: str) -> str:
        """Take an offer and return the answer."""
        await self.connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await self.connection.setLocalDescription(await self.connection.createAnswer())
        return self.connection.localDescription.sdp

    async def connected(self, within: float = 10.0) -> None:
        """Wait for ICE and DTLS."""
        state = self.connection
        await eventually(lambda: state.connectionState == "connected", within, "the browser is connected")

    async def hears(self, frequency: float, seconds: float = 0.4, within: float = 8.0) -> None:
        """Wait until so much of a tone was heard."""
        await eventually(
            lambda: self.seconds_of(frequency) >= seconds,
            within,
            f"{seconds} s of {frequency} Hz heard by the browser",
            context=lambda: f"{sum(map(len, self.heard)) / RATE:.1f} s heard",
        )

    def seconds_of(self, frequency: float) -> float:
        """Return how long a tone was heard."""
        return seconds_of_tone(np.concatenate(self.heard), frequency) if self.heard else 0.0

    async def press(self, keys: str) -> None:
        """Press keys as RFC 4733 says, numbered in a row with the sound."""
        transport, ssrc = self._transceiver.sender.transport, cast(Any, self._transceiver.sender)._ssrc
        send = await self._number_anew(cast(Any, transport))
        timestamp = 90_000
        for key in keys:
            for packet in range(8):
                end = 0x80 if packet >= 5 else 0
                event = struct.pack("!BBH", _KEYS.index(key), 10 | end, min(packet + 1, 6) * 160)
                marker = 0x80 if packet == 0 else 0
                assert self._last is not None
                self._between += 1
                self._last = (self._last + 1) & 0xFFFF
                await send(
                    struct.pack("!BBHII", 0x80, EVENT_TYPE | marker, self._last, timestamp, ssrc) + event
                )
                await asyncio.sleep(0.02)
            timestamp += 3200

    async def _number_anew(self, transport: Any) -> Callable[[bytes], Awaitable[None]]:
        """Have the sound's packets numbered on behind those of keys; return how to send one of these.

        SRTP refuses to send what is numbered far behind what went out last.
        """
        if self._last is not None:
            return self._send_key
        send = self._send_key = transport._send_rtp

        async def renumbered(data: bytes) -> None:
            if not is_rtcp(data):
                (number,) = struct.unpack_from("!H", data, 2)
                self._last = (number + self._between) & 0xFFFF
                data = data[:2] + struct.pack("!H", self._last) + data[4:]
            await send(data)

        transport._send_rtp = renumbered
        await eventually(lambda: self._last is not None, 8.0, "the browser sends sound")
        return self._send_key

    def _listen(self, track: MediaStreamTrack) -> None:
        task = asyncio.ensure_future(self._keep(track))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _keep(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = cast(AudioFrame, await track.recv())
            except MediaStreamError:  # the server hung up
                return
            sound = frame.to_ndarray().reshape(-1, len(frame.layout.channels))[:, 0]
            self.heard.append(np.asarray(sound[:: frame.sample_rate // RATE], np.int16))


def _with_events(offer: str) -> str:
    """Add what aiortc does not know: digits beside the sound."""
    offer = re.sub(r"(m=audio [^\r\n]*)", rf"\1 {EVENT_TYPE}", offer, count=1)
    return offer.rstrip() + f"\r\na=rtpmap:{EVENT_TYPE} telephone-event/8000\r\n"
