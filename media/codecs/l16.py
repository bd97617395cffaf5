"""L16: uncompressed 16-bit samples in network byte order (RFC 3551 section 4.5.11)."""

from __future__ import annotations

import numpy as np

from media.sound import Samples


def encode_l16(samples: Samples) -> bytes:
    """Return ``samples`` as L16, two octets a sample."""
    return samples.astype(">i2").tobytes()


def decode_l16(payload: bytes) -> Samples:
    """Return the samples of an L16 payload; an odd last octet is dropped."""
    whole = payload[: len(payload) & ~1]
    return np.frombuffer(whole, dtype=">i2").astype(np.int16)
