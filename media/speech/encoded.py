"""Decoding the sound of an HTTP voice while it comes in: WAV, raw samples or MPEG audio.

What comes is a stranger's: nothing but these is decoded, and what is none of them is a
:class:`~media.errors.SpeechError`.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from email.message import Message
from typing import Protocol

import av
import numpy as np

from media.errors import SpeechError
from media.sound import Samples
from media.speech.rate import RATE, RateConverter, samples_of

RATES = range(4_000, 192_001)
MOST_CHANNELS = 8
LARGEST_HEADER = 65_536
"""Octets of a WAV file before its samples, and of MPEG audio before the first sound."""

_CHUNK = struct.Struct("<4sI")
_FORMAT = struct.Struct("<HHIIHH")
_PCM, _EXTENSIBLE = 1, 0xFFFE


class SoundDecoder(Protocol):
    """Turns octets, cut anywhere, into samples at the rate that is wanted."""

    def decode(self, octets: bytes) -> Samples:
        """Return the samples that ``octets`` complete; raises :class:`SpeechError`."""
        ...

    def finish(self) -> Samples:
        """Return the rest; raises :class:`SpeechError` when there never was sound."""
        ...


def decoder_for(content_type: str | None, pcm_rate: int, wanted: int = RATE) -> SoundDecoder:
    """Return the decoder for a Content-Type to ``wanted`` samples a second.

    ``pcm_rate`` is that of raw samples which name none.

    Raw samples are 16-bit, mono and little-endian whatever the type: so jambonz reads `audio/l16`, though
    RFC 3551 section 4.5.11 has the other order.
    """
    header = Message()
    header["Content-Type"] = " ".join((content_type or "").split())[:200]
    media_type = header.get_content_type() if content_type else ""
    if media_type in ("audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"):
        return WavDecoder(wanted)
    if media_type in ("audio/mpeg", "audio/mp3"):
        return MpegDecoder(wanted)
    if media_type in ("audio/l16", "audio/pcm", "audio/raw", "application/octet-stream"):
        return PcmDecoder(_rate(str(header.get_param("rate", pcm_rate))), wanted=wanted)
    shown = repr((content_type or "")[:80])
    raise SpeechError(f"Content-Type {shown} is no sound: send audio/wav, audio/mpeg or audio/l16")


def _rate(written: str) -> int:
    if not (written.isascii() and written.isdigit() and int(written[:9]) in RATES):
        raise SpeechError(f"rate={written[:20]!r} is no number of samples a second from 4000 to 192000")
    return int(written)


class PcmDecoder:
    """16-bit little-endian samples; of several channels the first is heard."""

    def __init__(self, rate: int, channels: int = 1, *, wanted: int = RATE) -> None:
        self._converter = RateConverter(rate, wanted)
        self._channels = channels
        self._rest = b""
        self._heard = False

    def decode(self, octets: bytes) -> Samples:
        octets = self._rest + octets
        whole = len(octets) - len(octets) % (2 * self._channels)
        self._rest = octets[whole:]
        self._heard = self._heard or whole > 0
        return self._converter.process(np.frombuffer(octets[:whole], "<i2")[:: self._channels])

    def finish(self) -> Samples:
        if not self._heard:
            raise SpeechError("the answer holds no sound")
        return self._converter.finish()


class WavDecoder:
    """A RIFF file of 16-bit samples; its length is not believed, since it was written before the sound."""

    def __init__(self, wanted: int = RATE) -> None:
        self._wanted = wanted
        self._head = b""
        self._samples: PcmDecoder | None = None
        self._left = 0

    def decode(self, octets: bytes) -> Samples:
        if self._samples is None:
            self._head += octets
            octets = self._read_head()
            if self._samples is None:
                return np.empty(0, np.int16)
        octets = octets[: self._left]
        self._left -= len(octets)
        return self._samples.decode(octets)

    def finish(self) -> Samples:
        if self._samples is None:
            raise SpeechError("the answer is cut off before the samples of its WAV file")
        return self._samples.finish()

    def _read_head(self) -> bytes:
        """Look for the samples; return what of them has come."""
        head = self._head
        if head[:4] != b"RIFF"[: len(head)] or head[8:12] != b"WAVE"[: max(0, len(head) - 8)]:
            raise SpeechError("the answer is no WAV file")
        at, shape = 12, None
        while len(head) >= at + _CHUNK.size:
            name, length = _CHUNK.unpack_from(head, at)
            at += _CHUNK.size
            if name == b"data":
                if shape is None:
                    raise SpeechError("the WAV file has no format before its samples")
                self._samples = PcmDecoder(*shape, wanted=self._wanted)
                # 0 and all ones stand for a length that was not known yet.
                self._left = length if 0 < length < 0x7FFF_FFFF else 1 << 62
                return head[at:]
            if name == b"fmt " and len(head) >= at + _FORMAT.size:
                shape = _wav_shape(head, at)
            at += length + length % 2
        if len(head) > LARGEST_HEADER:
            raise SpeechError(f"the WAV file has no samples in its first {LARGEST_HEADER} octets")
        return b""


def _wav_shape(head: bytes, at: int) -> tuple[int, int]:
    coding, channels, rate, _, _, bits = _FORMAT.unpack_from(head, at)
    if coding not in (_PCM, _EXTENSIBLE) or bits != 16:
        raise SpeechError(f"the WAV file has coding {coding} of {bits} bits: send 16-bit PCM")
    if rate not in RATES or not 0 < channels <= MOST_CHANNELS:
        raise SpeechError(f"the WAV file has {channels} channels of {rate} samples a second")
    return rate, channels


class MpegDecoder:
    """MPEG audio, layers 1 to 3."""

    def __init__(self, wanted: int = RATE) -> None:
        self._codec = av.CodecContext.create("mp3", "r")
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=wanted)
        self._octets = 0
        self._heard = False

    def decode(self, octets: bytes) -> Samples:
        self._octets += len(octets)
        samples = self._sound(octets)
        if not self._heard and self._octets > LARGEST_HEADER:
            raise SpeechError(f"there is no MPEG audio in its first {LARGEST_HEADER} octets")
        return samples

    def finish(self) -> Samples:
        rest = self._sound(None)
        if not self._heard:
            raise SpeechError("the answer holds no MPEG audio")
        return np.concatenate((rest, samples_of(self._resampler.resample(None))))

    def _sound(self, octets: bytes | None) -> Samples:
        frames: list[av.AudioFrame] = []
        for packet in self._codec.parse(octets):
            # A broken frame costs only its own sound.
            with suppress(av.InvalidDataError, ValueError):
                for frame in self._codec.decode(packet):
                    assert isinstance(frame, av.AudioFrame)
                    frames += self._resampler.resample(frame)
        self._heard = self._heard or bool(frames)
        return samples_of(frames)
