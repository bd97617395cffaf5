"""Prompts: sound files decoded once, ready to be played.

Decoding takes milliseconds to seconds and runs in C (FFmpeg through PyAV, without the GIL), so
it belongs in a worker thread: :func:`decode_prompt` blocks, :class:`PromptCache` is told how
to run it. What arrives is a stranger's file, so the format is read from its first octets and
only formats and codecs named here are ever opened; size and duration are bounded.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import itertools
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

import av
import numpy as np

from media.band_splitter import RATE as WIDE_RATE
from media.band_splitter import BandSplitter
from media.errors import PromptError
from media.sound import Banded, Samples

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet

RATE = 8000
"""Prompts are kept at the rate of the telephone, with both bands beside for who hears wideband."""

SMALL = 65_536
"""Octets whose digest takes 0.1 ms, less than the way to another thread and back under load."""

CODECS = (
    "pcm_s16le,pcm_s16be,pcm_u8,pcm_s8,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,"
    "pcm_f64le,pcm_mulaw,pcm_alaw,adpcm_ms,adpcm_ima_wav,gsm_ms,gsm,libgsm,libgsm_ms,g722,"
    "mp3,mp3float,mp2,mp2float,vorbis,libvorbis,opus,libopus,flac,speex,libspeex,alac,aac,amrnb"
)
"""Everything that is decoded; FFmpeg refuses what is not listed, pictures inside files included."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Run(Protocol):
    """Runs a blocking function elsewhere; ``asyncio.to_thread`` is one."""

    def __call__(
        self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> Awaitable[_T]: ...


@dataclass(frozen=True, eq=False)
class Prompt:
    """Decoded sound; never changes, so any number of legs may play it at once."""

    samples: Samples = field(repr=False)
    rate: int
    name: str
    """The file, URL or text it came from, for logs."""
    digest: str
    """SHA-256 of what it was made from, in hex."""
    bands: Samples | None = field(default=None, repr=False)
    """Shape ``(2, samples)``: the bands below and above 4 kHz, which legs that hear wideband play instead."""
    whole: bool = True
    """Whether this is all there is: not where sound above 4 kHz was left out because nobody could hear it."""

    @classmethod
    def of(cls, sound: Samples | Banded, name: str, digest: str, *, whole: bool = True) -> Prompt:
        """Return ``sound`` as a prompt, which keeps it."""
        sound.setflags(write=False)
        if sound.ndim == 1:
            return cls(sound, RATE, name, digest, whole=whole)
        return cls(sound[0], RATE, name, digest, sound[1:])

    @property
    def sound(self) -> Samples | Banded:
        """All there is to hear, as :meth:`of` takes it."""
        return self.samples if self.bands is None else np.concatenate((self.samples[np.newaxis], self.bands))

    @property
    def octets(self) -> int:
        """What it takes of memory: 16 kB a second, 48 with bands."""
        return self.samples.nbytes + (0 if self.bands is None else self.bands.nbytes)

    @property
    def duration(self) -> float:
        """In seconds."""
        return len(self.samples) / self.rate


@dataclass(frozen=True)
class PromptLimits:
    """What is refused, so that one file cannot take the memory or the time of the others."""

    max_octets: int = 32 * 1024 * 1024
    max_seconds: float = 3600.0
    """Of sound: an hour of music on hold takes 58 MB of samples, 173 MB with bands."""
    max_channels: int = 8
    max_rate: int = 192_000


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of ``content`` in hex; takes 0.5 ms a megabyte, which a loop may feel."""
    return hashlib.sha256(content).hexdigest()


async def digested(content: bytes, run: Run) -> str:
    """Return the same, without the event loop feeling it; ``run`` as :class:`PromptCache` has it."""
    return digest_of(content) if len(content) <= SMALL else await run(digest_of, content)


def decode_prompt(
    content: bytes, name: str, limits: PromptLimits | None = None, *, wide: bool = False
) -> Prompt:
    """Decode a whole sound file; blocks. Raises :class:`PromptError` naming ``name`` and why not.

    With ``wide`` a file of more than 8000 samples a second is given bands.
    """
    limits = limits or PromptLimits()
    if len(content) > limits.max_octets:
        raise PromptError(name, f"{len(content)} octets are more than the allowed {limits.max_octets}")
    file_format = format_of(content)
    if file_format is None:
        raise PromptError(name, "it is no sound file of a known format (WAV, MP3, OGG, FLAC, AIFF, AU, MP4)")
    try:
        sound, whole = _decode(content, file_format, limits, wide)
    # PyAV raises FFmpegError for what FFmpeg reports, and these for what it finds out itself.
    except (av.FFmpegError, ValueError, LookupError, OverflowError, NotImplementedError) as error:
        raise PromptError(name, f"its {file_format} content cannot be decoded: {error}") from error
    if not sound.size:
        raise PromptError(name, f"its {file_format} content holds no sound")
    return Prompt.of(sound, name, digest_of(content), whole=whole)


def format_of(content: bytes) -> str | None:
    """Return FFmpeg's name of a format, read from the first octets; None for anything else."""
    head = content[:12]
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[4:8] == b"ftyp":
        return "mp4"
    for magic, name in (
        (b"OggS", "ogg"),
        (b"fLaC", "flac"),
        (b".snd", "au"),
        (b"#!AMR", "amr"),
        (b"ID3", "mp3"),
    ):
        if head.startswith(magic):
            return name
    return _format_of_frames(head)


def _format_of_frames(head: bytes) -> str | None:
    """Tell bare MPEG audio frames from AAC in ADTS by the layer bits, which are 0 in ADTS."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0x06:
        return "mp3"
    return "aac" if head[1] & 0xF0 == 0xF0 else None


def _decode(
    content: bytes, file_format: str, limits: PromptLimits, wide: bool
) -> tuple[Samples | Banded, bool]:
    """Return the sound, with bands where they are wanted and there, and whether that is all of it."""
    options = {"codec_whitelist": CODECS, "protocol_whitelist": "none"}
    with av.open(io.BytesIO(content), mode="r", format=file_format, options=options) as container:
        if not container.streams.audio:
            raise ValueError("there is no audio stream")
        stream = container.streams.audio[0]
        holds_more = _checked_rate(stream, limits) > RATE
        if wide and holds_more:
            parts = list(_split(_resampled(container, stream, limits, WIDE_RATE)))
        else:
            parts = list(_resampled(container, stream, limits, RATE))
    return np.concatenate(parts or [np.empty(0, dtype=np.int16)], axis=-1), wide or not holds_more


def _split(pieces: Iterator[Samples]) -> Iterator[Banded]:
    splitter = BandSplitter()
    for samples in pieces:
        yield splitter.process(samples)
    yield splitter.finish()


def _checked_rate(stream: AudioStream, limits: PromptLimits) -> int:
    # PyAV's types do not say so, but there is none without a decoder for the stream.
    if stream.codec_context is None:
        raise ValueError("its codec is not known")
    rate, channels = stream.codec_context.sample_rate, stream.codec_context.channels
    if not 0 < rate <= limits.max_rate:
        raise ValueError(f"its rate of {rate} samples a second is outside 1 to {limits.max_rate}")
    if not 0 < channels <= limits.max_channels:
        raise ValueError(f"its {channels} channels are outside 1 to {limits.max_channels}")
    return rate


def _resampled(
    container: InputContainer, stream: AudioStream, limits: PromptLimits, rate: int
) -> Iterator[Samples]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
    left = int(limits.max_seconds * rate)
    for frame in itertools.chain(_frames(container, stream), (None,)):
        for converted in resampler.resample(frame):
            samples = converted.to_ndarray().reshape(-1).astype(np.int16, copy=False)
            left -= len(samples)
            if left < 0:
                raise ValueError(f"it lasts longer than the allowed {limits.max_seconds:g} seconds")
            yield samples


def _frames(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """Yield what can be decoded: a broken packet costs only its own sound."""
    for packet in _packets(container, stream):
        with contextlib.suppress(av.InvalidDataError, av.EOFError):
            yield from packet.decode()


def _packets(container: InputContainer, stream: AudioStream) -> Iterator[Packet[AudioStream]]:
    """Yield the packets up to the end of the file, or to where it was cut off."""
    with contextlib.suppress(av.InvalidDataError, av.EOFError):
        yield from container.demux(stream)


class PromptStore:
    """Decoded prompts under keys; the least recently used leave when they outgrow ``max_octets``.

    Belongs to the event loop: no lock. A prompt that is being played stays alive when it leaves.
    """

    def __init__(self, max_octets: int = 256 * 1024 * 1024) -> None:
        self._max_octets = max_octets
        self._prompts: OrderedDict[str, Prompt] = OrderedDict()
        self.octets = 0
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._prompts)

    def find(self, key: str) -> Prompt | None:
        prompt = self._prompts.get(key)
        if prompt is None:
            self.misses += 1
            return None
        self.hits += 1
        self._prompts.move_to_end(key)
        return prompt

    def keep(self, key: str, prompt: Prompt) -> None:
        """Remember ``prompt``; one that is larger than the whole store is not kept."""
        before = self._prompts.pop(key, None)
        if before is not None:
            self.octets -= before.octets
        if prompt.octets > self._max_octets:
            return
        self._prompts[key] = prompt
        self.octets += prompt.octets
        while self.octets > self._max_octets:
            _, oldest = self._prompts.popitem(last=False)
            self.octets -= oldest.octets


class PromptCache:
    """Decodes sound files off the event loop, each content once.

    ``run`` runs a blocking function elsewhere; ``asyncio.to_thread`` is one. How many run at
    once is for its executor to bound.
    """

    def __init__(
        self, run: Run, store: PromptStore | None = None, limits: PromptLimits | None = None
    ) -> None:
        self._run = run
        self._limits = limits or PromptLimits()
        self.store = store or PromptStore()

    async def decode(self, content: bytes, name: str, *, wide: bool = False, digest: str = "") -> Prompt:
        """Return the prompt in ``content``; raises :class:`PromptError` naming ``name``.

        Who asks for ``wide`` gets bands where the file has any; they are made when first asked for. Who has
        the content for longer gives its ``digest``, which costs what the content is long.
        """
        digest = digest or await digested(content, self._run)
        prompt = self.store.find(digest)
        if prompt is None or (wide and not prompt.whole):
            prompt = await self._run(decode_prompt, content, name, self._limits, wide=wide)
            self.store.keep(digest, prompt)
        return prompt
