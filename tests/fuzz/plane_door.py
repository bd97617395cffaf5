"""Where RTP comes in, without a socket: the compiled kernels of legs that have agreed on each codec.

Compiled code checks no index: what writes beside an array ends the process or comes out as wrong sound later.
``NUMBA_DISABLE_JIT=1 python -m tests.fuzz.run 200000 1 plane`` lets Python check each one.
"""

from __future__ import annotations

from functools import cache

from media.codecs import opus
from media.codecs.opus import OpusStates, OpusWishes
from media.plane import layout as c
from media.plane.kernels.g722 import start_g722
from tests.testkit.virtual_leg import PEER, VirtualLeg

LARGEST = 2048
"""Octets of a datagram that the plane reads."""
STRANGER = ("192.0.2.66", 9)


class PlaneDoor:
    """Gives each leg a datagram as it is, and once more as the next of its stream; then a frame is heard."""

    def __init__(self) -> None:
        self._states = OpusStates(OpusWishes.parse("useinbandfec=1"))
        self._legs = [VirtualLeg(), VirtualLeg(sealed=False, shared=1, mux=1), self._wide(), self._opus()]
        self._sequence = 0

    def receive(self, data: bytes) -> None:
        """Take one datagram."""
        self._sequence = (self._sequence + 1) & 0xFFFF
        for leg in self._legs:
            leg.pass_time()
            now = int(leg.lane.now_samples)
            if data:
                leg.deliver(data, now, PEER if data[-1] & 1 else STRANGER)
                leg.deliver(self._next(data), now)
            leg.hear()
            leg.events()
            ends = leg.lane.packet_ends
            ends[c.TAIL] = ends[c.HEAD]

    def _next(self, data: bytes) -> bytes:
        """Return the datagram with a sequence number and a timestamp that go on."""
        stamp = 160 * self._sequence & 0xFFFFFFFF
        return data[:2] + self._sequence.to_bytes(2, "big") + stamp.to_bytes(4, "big") + data[8:]

    def _wide(self) -> VirtualLeg:
        leg = VirtualLeg(law=c.G722, wide=1, heard_voice_type=9, voice_type=9)
        start_g722(leg.leg)
        return leg

    def _opus(self) -> VirtualLeg:
        leg = VirtualLeg(law=c.OPUS, wide=1, clock=6, heard_voice_type=96, voice_type=96, frame_out=160)
        leg.lane.opus_encode, leg.lane.opus_decode = opus.functions()
        leg.leg.opus_encoder, leg.leg.opus_decoder = self._states.encoder, self._states.decoder
        return leg


@cache
def _door() -> PlaneDoor:
    return PlaneDoor()


def receive(data: bytes) -> None:
    """Take one datagram in, as a media thread does."""
    _door().receive(data)
