"""The codecs that a leg can speak, declared once (RFC 3551 section 6, RFC 8866 section 6.6).

Negotiation, the leg table and the recorders read everything they need to know from a
:class:`Codec`; adding one is a row in :data:`CODECS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from media.codecs import g711, g722, l16, opus
from media.sound import Samples


@dataclass(frozen=True)
class Codec:
    """A codec as SDP names it and as the plane carries it."""

    encoding_name: str
    clock_rate: int
    """Ticks of the RTP timestamp in a second."""
    static_payload_type: int | None
    """The payload type that needs no ``rtpmap`` (RFC 3551), or None for a dynamic one."""
    bits_per_sample: int
    encode: Callable[[Samples], bytes] = field(repr=False, compare=False)
    decode: Callable[[bytes], Samples] = field(repr=False, compare=False)
    channels: int = 1
    fmtp: str = ""
    """What we write into ``a=fmtp``, without the payload type."""
    rate: int | None = None
    """Samples in a second, where the clock of RTP counts something else."""

    @property
    def sample_rate(self) -> int:
        return self.rate or self.clock_rate

    def samples_per_frame(self, ptime_ms: int) -> int:
        """Return how many samples ``ptime_ms`` milliseconds hold."""
        return self.sample_rate * ptime_ms // 1000

    def octets_per_frame(self, ptime_ms: int) -> int:
        """Return the payload octets of ``ptime_ms`` milliseconds."""
        return self.samples_per_frame(ptime_ms) * self.bits_per_sample // 8

    def is_named(self, encoding_name: str, clock_rate: int, channels: int) -> bool:
        """Tell whether an ``rtpmap`` means this codec; names ignore case (RFC 8866 section 6.6)."""
        return (
            encoding_name.upper() == self.encoding_name.upper()
            and clock_rate == self.clock_rate
            and channels == self.channels
        )

    def __str__(self) -> str:
        channels = f"/{self.channels}" if self.channels > 1 else ""
        return f"{self.encoding_name}/{self.clock_rate}{channels}"


PCMU = Codec("PCMU", 8000, 0, 8, g711.encode_mulaw, g711.decode_mulaw)
PCMA = Codec("PCMA", 8000, 8, 8, g711.encode_alaw, g711.decode_alaw)
# 8000 is a mistake of RFC 1890 that RFC 3551 section 4.5.2 keeps: a tick stands for two samples.
G722 = Codec("G722", 8000, 9, 4, g722.encode_g722, g722.decode_g722, rate=16000)
# Two channels and 48 kHz whatever it carries (RFC 7587 section 7); bits are those of what it stands for.
OPUS = Codec(
    "opus",
    opus.CLOCK_RATE,
    None,
    16,
    opus.encode_opus,
    opus.decode_opus,
    channels=2,
    fmtp=opus.FMTP,
    rate=opus.RATE,
)
L16_8000 = Codec("L16", 8000, None, 16, l16.encode_l16, l16.decode_l16)
L16_16000 = Codec("L16", 16000, None, 16, l16.encode_l16, l16.decode_l16)

CODECS: tuple[Codec, ...] = (PCMU, PCMA, G722, OPUS, L16_8000, L16_16000)
"""Every codec that this build has, in our order of preference."""


def codec_of_static_payload_type(payload_type: int) -> Codec | None:
    """Return the codec that RFC 3551 ties to ``payload_type``."""
    return next((codec for codec in CODECS if codec.static_payload_type == payload_type), None)


def codecs_named(encoding_name: str) -> tuple[Codec, ...]:
    """Return the codecs of that name, whatever their rate; letters in either case."""
    return tuple(codec for codec in CODECS if codec.encoding_name.upper() == encoding_name.upper())
