"""Between the 8 kHz samples of a leg and the encoded sound of a stream.

``mulaw`` is G.711 at 8 kHz. ``l16`` is 16-bit signed little-endian samples, as sound libraries have them
(RFC 3551's L16 is big-endian; no WebSocket client expects that), at 8, 16 or 24 kHz; of two tracks the
samples take turns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from media.codecs import g711
from media.resample import Resampler
from media.sound import Samples
from rcml.streaming import StreamEncoding

LEG_RATE = 8000
FRAME = 160
"""Samples of a leg's 20 ms."""

_L16 = np.dtype("<i2")
FILE_HEADS = (b"RIFF", b"ID3", b"OggS", b"fLaC")
"""How sound files begin. Sent as media they are noise, and clicks at the best."""


class Upsampler:
    """Turns frames of 20 ms at 8 kHz into frames of 20 ms at another rate, one for one."""

    def __init__(self, rate: int) -> None:
        self._resampler = Resampler(LEG_RATE, rate)
        self._samples = rate // 50

    def frame(self, samples: Samples) -> Samples:
        made = self._resampler.process(samples)
        # The first frame lacks what the filter still holds, some 3 ms. Silence before it, and every frame
        # is whole at once; silence after it, and every one would wait for the next.
        missing = self._samples - len(made)
        return np.concatenate((np.zeros(missing, np.int16), made)) if missing else made


class Outlet:
    """Encodes what an application is to hear, 20 ms at a time."""

    def __init__(self, encoding: StreamEncoding, rate: int, tracks: int) -> None:
        self.binary = encoding is StreamEncoding.L16
        """Whether all tracks travel together in one binary message."""
        self._upsamplers = [Upsampler(rate) for _ in range(tracks)]

    def encode(self, samples: Samples) -> bytes:
        """Return a frame of one track as G.711."""
        return g711.encode_mulaw(samples)

    def interleave(self, frames: Sequence[Samples]) -> bytes:
        """Return a frame of every track as 16-bit samples."""
        upsampled = [up.frame(frame) for up, frame in zip(self._upsamplers, frames, strict=True)]
        return np.column_stack(upsampled).astype(_L16, copy=False).tobytes()


class Inlet:
    """Decodes what an application says, in pieces of any length, into one stream of samples."""

    def __init__(self, encoding: StreamEncoding, rate: int) -> None:
        self._mulaw = encoding is StreamEncoding.MULAW
        self.rate = rate
        self.octets = 1 if self._mulaw else 2
        """Octets of a sample."""
        self._resampler = Resampler(rate, LEG_RATE)

    def decode(self, payload: bytes) -> Samples:
        """Return the samples at 8 kHz that whole samples of payload complete."""
        if self._mulaw:
            return g711.decode_mulaw(payload)
        return self._resampler.process(np.frombuffer(payload, _L16).astype(np.int16, copy=False))

    def forget(self) -> None:
        """Begin anew, without the 3 ms that the filter still holds of what came before."""
        self._resampler = Resampler(self.rate, LEG_RATE)
