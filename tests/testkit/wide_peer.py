"""An outside caller who speaks G.722, coded and heard by FFmpeg: not by anything of ours."""

from collections.abc import Iterator

import av
import numpy as np

from tests.testkit.outside_sound import Samples
from tests.testkit.rtp_peer import RtpPeer, _Outgoing

G722 = 9
WIDE_RATE = 16000
OCTETS = 160
"""Of 20 ms."""


def wide_tone(frequency: float, seconds: float, amplitude: int = 8000) -> Samples:
    """Return a sine of 16 kHz."""
    at = np.arange(round(seconds * WIDE_RATE)) / WIDE_RATE
    return np.asarray(np.rint(amplitude * np.sin(2 * np.pi * frequency * at)), np.int16)


def encode_g722(sound: Samples) -> bytes:
    """Return FFmpeg's octets for 16 kHz sound."""
    coder = av.CodecContext.create("g722", "w")
    coder.sample_rate, coder.format, coder.layout = WIDE_RATE, "s16", "mono"
    frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = WIDE_RATE
    coded = [*coder.encode(frame), *coder.encode(None)]
    return b"".join(bytes(packet) for packet in coded)


def decode_g722(octets: bytes) -> Samples:
    """Return FFmpeg's 16 kHz sound of octets."""
    decoder = av.CodecContext.create("g722", "r")
    decoder.sample_rate, decoder.layout = WIDE_RATE, "mono"
    frames = [*decoder.decode(av.Packet(octets)), *decoder.decode(None)]
    return np.concatenate([frame.to_ndarray().ravel() for frame in frames] or [np.zeros(0, np.int16)])


def level(sound: Samples, frequency: float, rate: int) -> float:
    """Return how loud a tone is in the last half of some sound, in dB below a full sine."""
    piece = sound[len(sound) // 2 :].astype(np.float64)
    window = np.hanning(len(piece))
    turning = np.exp(-2j * np.pi * frequency / rate * np.arange(len(piece)))
    amplitude = 2 * abs(np.sum(piece * window * turning)) / max(np.sum(window), 1)
    return float(20 * np.log10(max(amplitude, 1e-3) / 32768))


QUIET = encode_g722(np.zeros(2 * OCTETS, np.int16))[:OCTETS]


class WidePeer(RtpPeer):
    """An RTP endpoint of payload type 9; what it is to say comes before :meth:`connect`, in 16 kHz."""

    def _speech(self, samples: Samples) -> Iterator[_Outgoing]:
        octets = encode_g722(samples)
        for start in range(0, len(octets) // OCTETS * OCTETS, OCTETS):
            yield _Outgoing(octets[start : start + OCTETS], self.payload_type)

    def _quiet(self) -> bytes:
        return QUIET if self.payload_type == G722 else super()._quiet()

    def heard_wide(self) -> Samples:
        """Return the 16 kHz sound of all that came."""
        return decode_g722(b"".join(packet.payload for packet in self.received))
