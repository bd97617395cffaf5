"""Opus through libopus (RFC 6716, RFC 7587): mono sound of 16 kHz, in packets of 20 ms.

The library is Debian's ``libopus0`` or the one that PyAV brings along. The plane calls its functions by
their addresses; here are the states it calls them with, and packets for everybody else.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

import numpy as np

from media.errors import MediaMisuse
from media.sound import Samples

RATE = 16000
CLOCK_RATE = 48000
"""Ticks of RTP in a second, whatever the sound is (RFC 7587 section 4.1)."""
MAX_PACKET_SAMPLES = RATE * 120 // 1000
MAX_OCTETS = 400
"""Of a packet that we make: 20 ms at 160 kbit/s, four times what speech needs."""
FMTP = "useinbandfec=1;maxplaybackrate=16000;sprop-maxcapturerate=16000"
COMPLEXITY = 5
EXPECTED_LOSS = 5
"""Percent: without an expectation the encoder adds no FEC."""
BITRATE = 24000
"""Enough for wideband speech (RFC 7587 section 3.1.1 advises 16 to 20 kbit/s), with FEC."""

_VOIP = 2048
_SET_BITRATE, _SET_MAX_BANDWIDTH, _SET_COMPLEXITY = 4002, 4004, 4010
_SET_INBAND_FEC, _SET_PACKET_LOSS, _SET_DTX = 4012, 4014, 4016
_BANDWIDTHS = ((8000, 1101), (12000, 1102), (RATE, 1103))
"""``maxplaybackrate`` and libopus's word for what can be heard there."""


@cache
def library() -> ctypes.CDLL:
    """Load libopus; raises :class:`MediaMisuse` where there is none."""
    names = [ctypes.util.find_library("opus")]
    spec = importlib.util.find_spec("av")
    if spec is not None and spec.origin is not None:
        names += sorted(map(str, (Path(spec.origin).parent.parent / "av.libs").glob("libopus-*.so*")))
    for name in names:
        if name is not None:
            return _declared(ctypes.CDLL(name))
    raise MediaMisuse(
        "Opus needs libopus, which is not here; install libopus0, or take opus out of the codecs"
    )


def _declared(loaded: ctypes.CDLL) -> ctypes.CDLL:
    pointer, number = ctypes.c_void_p, ctypes.c_int
    forms = {
        "opus_encoder_create": (pointer, [number, number, number, pointer]),
        "opus_decoder_create": (pointer, [number, number, pointer]),
        "opus_encoder_destroy": (None, [pointer]),
        "opus_decoder_destroy": (None, [pointer]),
        "opus_encode": (number, [pointer, pointer, number, pointer, number]),
        "opus_decode": (number, [pointer, ctypes.c_char_p, number, pointer, number, number]),
    }
    for name, (result, arguments) in forms.items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    return loaded


def functions() -> tuple[int, int]:
    """Return where ``opus_encode`` and ``opus_decode`` lie; 0 where there is no library."""
    try:
        loaded = library()
    except MediaMisuse:
        return 0, 0
    encode, decode = (ctypes.cast(each, ctypes.c_void_p) for each in (loaded.opus_encode, loaded.opus_decode))
    return encode.value or 0, decode.value or 0


@dataclass(frozen=True)
class OpusWishes:
    """What the peer's ``a=fmtp`` asks of our encoder (RFC 7587 section 6.1)."""

    fec: bool = False
    dtx: bool = False
    bitrate: int = BITRATE
    playback_rate: int = RATE

    @classmethod
    def parse(cls, fmtp: str) -> Self:
        """Read the parameters; what cannot be read counts as not said."""
        said = {}
        for parameter in fmtp.split(";"):
            name, _, value = parameter.partition("=")
            if (value := value.strip()).isascii() and value.isdigit() and len(value) <= 9:
                said[name.strip().lower()] = int(value)
        return cls(
            fec=said.get("useinbandfec") == 1,
            dtx=said.get("usedtx") == 1,
            bitrate=min(max(said.get("maxaveragebitrate", BITRATE), 6000), BITRATE),
            playback_rate=min(max(said.get("maxplaybackrate", RATE), 8000), RATE),
        )


class OpusStates:
    """An encoder and a decoder of libopus, for one leg."""

    def __init__(self, wishes: OpusWishes | None = None) -> None:
        self.wishes = wishes or OpusWishes()
        self._library = library()
        error = ctypes.c_int()
        address = ctypes.addressof(error)
        self.encoder = int(self._library.opus_encoder_create(RATE, 1, _VOIP, address) or 0)
        self.decoder = int(self._library.opus_decoder_create(RATE, 1, address) or 0)
        if not (self.encoder and self.decoder):
            raise MediaMisuse(f"libopus makes no encoder and decoder (error {error.value})")
        self._configure()

    def _configure(self) -> None:
        wishes = self.wishes
        bandwidth = max(word for rate, word in _BANDWIDTHS if rate <= wishes.playback_rate)
        for request, value in (
            (_SET_COMPLEXITY, COMPLEXITY),
            (_SET_BITRATE, wishes.bitrate),
            (_SET_MAX_BANDWIDTH, bandwidth),
            (_SET_INBAND_FEC, int(wishes.fec)),
            (_SET_PACKET_LOSS, EXPECTED_LOSS if wishes.fec else 0),
            (_SET_DTX, int(wishes.dtx)),
        ):
            self._library.opus_encoder_ctl(
                ctypes.c_void_p(self.encoder), ctypes.c_int(request), ctypes.c_int(value)
            )

    def __del__(self) -> None:
        if getattr(self, "encoder", 0):
            self._library.opus_encoder_destroy(self.encoder)
        if getattr(self, "decoder", 0):
            self._library.opus_decoder_destroy(self.decoder)

    def encode(self, samples: Samples) -> bytes:
        """Return one packet of 16 kHz samples, of a length that Opus has."""
        packet = ctypes.create_string_buffer(4000)
        sound = np.ascontiguousarray(samples, np.int16)
        octets = self._library.opus_encode(self.encoder, sound.ctypes.data, len(sound), packet, len(packet))
        if octets < 0:
            raise MediaMisuse(f"Opus has no packet of {len(samples)} samples")
        return packet.raw[:octets]

    def decode(self, payload: bytes) -> Samples:
        """Return the 16 kHz samples of one packet; none of one that cannot be read."""
        sound = np.zeros(MAX_PACKET_SAMPLES, np.int16)
        samples = self._library.opus_decode(
            self.decoder, payload, len(payload), sound.ctypes.data, MAX_PACKET_SAMPLES, 0
        )
        return sound[: max(samples, 0)]


def encode_opus(samples: Samples) -> bytes:
    """Return one packet that stands by itself."""
    return OpusStates().encode(samples)


def decode_opus(payload: bytes) -> Samples:
    """Return the samples of one packet that stands by itself."""
    return OpusStates().decode(payload)
