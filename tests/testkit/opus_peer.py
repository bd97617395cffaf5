"""An outside caller who speaks Opus, coded and heard by libopus itself."""

import itertools
import struct
from collections.abc import Iterator

import numpy as np

from media.codecs.opus import OpusStates, OpusWishes
from tests.testkit.outside_sound import Samples
from tests.testkit.rtp_peer import RtpPeer, _Outgoing

OPUS = 96
FRAME = 320
CLOCK = 6
"""Ticks of 48 kHz in one of 8 kHz."""


class OpusPeer(RtpPeer):
    """An RTP endpoint of payload type 96; what it is to say comes before :meth:`connect`, in 16 kHz."""

    def _speech(self, samples: Samples) -> Iterator[_Outgoing]:
        coder = OpusStates(OpusWishes(fec=True))
        for start in range(0, len(samples) // FRAME * FRAME, FRAME):
            yield _Outgoing(coder.encode(samples[start : start + FRAME]), self.payload_type)

    def send_raw(self, datagram: bytes) -> None:
        (timestamp,) = struct.unpack_from("!I", datagram, 4)
        super().send_raw(datagram[:4] + struct.pack("!I", timestamp * CLOCK & 0xFFFFFFFF) + datagram[8:])

    def heard_wide(self) -> Samples:
        """Return the 16 kHz sound of all that came."""
        decoder = OpusStates()
        return np.concatenate(
            [decoder.decode(packet.payload) for packet in self.received if packet.payload_type == OPUS]
        )

    def steps(self) -> set[int]:
        """Return how far apart the timestamps of packets that followed each other were."""
        stamps = [packet.timestamp for packet in self.received if packet.payload_type == OPUS]
        return {(later - former) & 0xFFFFFFFF for former, later in itertools.pairwise(stamps)}
