import io
import random
from typing import Any, cast

import av
import numpy as np
import pytest

from media.codecs.g711 import encode_alaw, encode_mulaw
from media.errors import PromptError
from media.prompts import (
    SMALL,
    Prompt,
    PromptCache,
    PromptLimits,
    PromptStore,
    decode_prompt,
    digest_of,
    format_of,
)
from media.tone import tone
from tests.testkit.sound import g711_wav_bytes, level_at, loudest_frequency, noise, wav_bytes

TONE = tone(1000, 0.5)


def encoded(container: str, codec: str, rate: int, channels: int = 1) -> bytes:
    """Return half a second of 1 kHz, written by FFmpeg."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream: Any = output.add_stream(codec, rate=rate, layout="stereo" if channels == 2 else "mono")
        stream.options = {"strict": "experimental"}
        sound = np.repeat(tone(1000, 0.5, rate=rate), channels)[None, :]
        frame = av.AudioFrame.from_ndarray(sound, format="s16", layout=stream.layout.name)
        frame.sample_rate = rate
        resampler = av.AudioResampler(
            format=stream.format.name,
            layout=stream.layout.name,
            rate=rate,
            frame_size=stream.frame_size or 1024,
        )
        for piece in (*resampler.resample(frame), *resampler.resample(None), None):
            output.mux(stream.encode(piece))
    return file.getvalue()


FILES = {
    "wav 8000": lambda: wav_bytes(TONE),
    "wav 44100": lambda: wav_bytes(tone(1000, 0.5, rate=44100), 44100),
    "wav stereo": lambda: wav_bytes(np.repeat(tone(1000, 0.5, rate=22050), 2), 22050, 2),
    "wav 6 channels": lambda: wav_bytes(np.repeat(tone(1000, 0.5, rate=48000), 6), 48000, 6),
    "wav mulaw": lambda: g711_wav_bytes(encode_mulaw(TONE), law="mulaw"),
    "wav alaw": lambda: g711_wav_bytes(encode_alaw(TONE), law="alaw"),
    "wav 24 bit": lambda: encoded("wav", "pcm_s24le", 48000),
    "wav float": lambda: encoded("wav", "pcm_f32le", 48000),
    "mp3": lambda: encoded("mp3", "libmp3lame", 44100, 2),
    "ogg opus": lambda: encoded("ogg", "libopus", 48000),
    "ogg vorbis": lambda: encoded("ogg", "vorbis", 44100, 2),
    "flac": lambda: encoded("flac", "flac", 44100, 2),
    "aiff": lambda: encoded("aiff", "pcm_s16be", 22050),
    "au": lambda: encoded("au", "pcm_s16be", 16000),
    "mp4": lambda: encoded("mp4", "aac", 44100),
    "aac": lambda: encoded("adts", "aac", 44100),
}


@pytest.mark.parametrize("make", FILES.values(), ids=FILES.keys())
def test_every_format_becomes_8_khz_mono(make):
    prompt = decode_prompt(make(), "menu")
    assert (prompt.rate, str(prompt.samples.dtype), prompt.samples.ndim) == (8000, "int16", 1)
    assert prompt.duration == pytest.approx(0.5, abs=0.08)
    middle = prompt.samples[1000:3000]
    assert loudest_frequency(middle) == pytest.approx(1000, abs=4)
    assert level_at(middle, 1000) == pytest.approx(-10.0, abs=1.0)


def test_an_8_khz_wav_is_kept_bit_for_bit():
    sound = noise(0.3, -20.0)
    assert np.array_equal(decode_prompt(wav_bytes(sound), "x").samples, sound)


def test_a_prompt_knows_its_name_and_content_and_never_changes():
    prompt = decode_prompt(wav_bytes(TONE), "http://a.example/menu.wav")
    assert (prompt.name, prompt.digest) == ("http://a.example/menu.wav", digest_of(wav_bytes(TONE)))
    with pytest.raises(ValueError, match="read-only"):
        prompt.samples[0] = 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no sound file"),
        (b"<html>404 not found</html>", "no sound file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "no sound file"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "no sound file"),
        (b"RIFF\0\0\0\0WAVE", "wav content"),
        (wav_bytes([]), "wav content"),
        (wav_bytes(TONE)[:44], "holds no sound"),
        (b"OggS" + bytes(200), "ogg content"),
        (b"fLaC" + bytes(200), "flac content"),
        (b"ID3" + bytes(200), "mp3 content"),
        (b"\0\0\0\x18ftypmp42" + bytes(200), "mp4 content"),
    ],
    ids=[
        "empty",
        "HTML",
        "PNG",
        "playlist",
        "no fmt",
        "no samples",
        "only a header",
        "OGG",
        "FLAC",
        "ID3",
        "MP4",
    ],
)
def test_what_cannot_be_played_is_named_with_the_reason(content, why):
    with pytest.raises(PromptError, match=why) as caught:
        decode_prompt(content, "http://a.example/x.wav")
    assert str(caught.value).startswith("cannot play http://a.example/x.wav: ")


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (PromptLimits(max_octets=1000), "8044 octets are more than the allowed 1000"),
        (PromptLimits(max_seconds=0.4), "longer than the allowed 0.4 seconds"),
        (PromptLimits(max_rate=4000), "rate of 8000"),
        (PromptLimits(max_channels=0), "1 channels"),
    ],
)
def test_a_file_beyond_the_limits_is_refused(limits, why):
    with pytest.raises(PromptError, match=why):
        decode_prompt(wav_bytes(TONE), "x", limits)


def test_a_small_file_of_endless_silence_is_cut_off_while_it_is_decoded():
    content = encoded("flac", "flac", 8000)
    with pytest.raises(PromptError, match="longer than the allowed"):
        decode_prompt(content, "x", PromptLimits(max_seconds=0.1))


def test_a_file_that_was_cut_off_plays_as_far_as_it_goes():
    prompt = decode_prompt(wav_bytes(TONE)[:4044], "x")
    assert np.array_equal(prompt.samples, TONE[:2000])


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"RF64\0\0\0\0WAVE", "wav"),
        (b"FORM\0\0\0\0AIFC", "aiff"),
        (b"\xff\xfb\x90\x00", "mp3"),
        (b"\xff\xf1\x50\x80", "aac"),
        (b"\xff\xd8\xff\xe0", None),
        (b"\xff", None),
        (b"RIFF\0\0\0\0AVI ", None),
        (b"#!AMR\n", "amr"),
    ],
)
def test_formats_are_told_by_their_first_octets(head, expected):
    assert format_of(head) == expected


@pytest.mark.parametrize("name", ["wav 44100", "wav mulaw", "mp3", "ogg opus", "flac", "mp4", "aac"])
def test_damaged_files_play_or_raise_a_prompt_error(name):
    drawn = random.Random(name)
    whole = FILES[name]()
    for _ in range(25):
        content = bytearray(whole)
        for _ in range(drawn.choice((1, 5, 50))):
            content[drawn.randrange(min(len(content), drawn.choice((64, 500, len(content)))))] = (
                drawn.randrange(256)
            )
        try:
            prompt = decode_prompt(bytes(content[: drawn.randrange(1, len(content))]), name)
        except PromptError:
            continue
        assert len(prompt.samples)


def prompt_of(octets: int) -> Prompt:
    return Prompt(np.zeros(octets // 2, dtype=np.int16), 8000, "x", "x")


def test_the_least_recently_used_prompt_leaves_a_full_store():
    store = PromptStore(max_octets=100)
    store.keep("a", prompt_of(40))
    store.keep("b", prompt_of(40))
    assert store.find("a") is not None
    store.keep("c", prompt_of(40))
    assert [store.find(key) is not None for key in "abc"] == [True, False, True]
    assert (store.octets, len(store)) == (80, 2)
    assert (store.hits, store.misses) == (3, 1)


def test_a_prompt_larger_than_the_store_is_not_kept_and_displaces_nothing():
    store = PromptStore(max_octets=100)
    store.keep("a", prompt_of(40))
    store.keep("b", prompt_of(102))
    assert store.find("b") is None
    assert store.find("a") is not None


def test_keeping_a_key_again_counts_it_once():
    store = PromptStore(max_octets=100)
    store.keep("a", prompt_of(40))
    store.keep("a", prompt_of(60))
    assert (store.octets, len(store)) == (60, 1)


class Elsewhere:
    """Runs at once, and remembers what was run."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    async def __call__(self, function, /, *args, **kwargs):
        self.ran.append(function.__name__)
        return function(*args, **kwargs)


async def test_the_same_content_is_decoded_once_whatever_its_name():
    elsewhere = Elsewhere()
    cache = PromptCache(elsewhere)
    first = await cache.decode(wav_bytes(TONE), "http://a.example/1.wav")
    again = await cache.decode(wav_bytes(TONE), "http://a.example/2.wav")
    assert again is first
    assert elsewhere.ran == ["decode_prompt"]


async def test_a_large_file_is_told_apart_elsewhere():
    elsewhere = Elsewhere()
    cache = PromptCache(elsewhere)
    for _ in range(2):
        await cache.decode(wav_bytes([0] * SMALL), "http://a.example/large.wav")
    assert elsewhere.ran == ["digest_of", "decode_prompt", "digest_of"]


async def test_content_whose_digest_is_known_is_not_read_again():
    elsewhere = Elsewhere()
    cache = PromptCache(elsewhere)
    content = wav_bytes([0] * SMALL)
    first = await cache.decode(content, "http://a.example/large.wav", digest=digest_of(content))
    again = await cache.decode(content, "http://a.example/large.wav", digest=digest_of(content))
    assert again is first
    assert elsewhere.ran == ["decode_prompt"]


async def test_broken_content_is_not_remembered():
    cache = PromptCache(Elsewhere())
    for _ in range(2):
        with pytest.raises(PromptError):
            await cache.decode(b"junk", "x")
    assert len(cache.store) == 0


def wide_file(rate: int = 16000) -> bytes:
    return wav_bytes(tone((1000, 3700 if rate == 8000 else 6000), 0.5, rate=rate), rate)


@pytest.mark.parametrize("rate", [11025, 16000, 44100])
def test_a_file_of_a_higher_rate_has_bands_for_who_hears_wideband(rate):
    prompt = decode_prompt(wav_bytes(tone(1000, 0.5, rate=rate), rate), "file", wide=True)
    assert prompt.whole
    assert prompt.bands is not None
    assert prompt.bands.shape == (2, len(prompt.samples))
    assert prompt.duration == pytest.approx(0.5, abs=0.005)
    assert prompt.octets == 3 * prompt.samples.nbytes


def test_what_is_above_4_khz_lies_in_the_higher_band_and_nowhere_else():
    prompt = decode_prompt(wav_bytes(tone(6000, 0.5, rate=16000), 16000), "file", wide=True)
    assert prompt.bands is not None
    wanted = level_at(tone(2000, 0.5), 2000)
    # The higher band lies mirrored: 6 kHz at 2 kHz.
    assert level_at(prompt.bands[1], 2000) == pytest.approx(wanted, abs=0.5)
    assert np.max(np.abs(prompt.samples[100:-100])) < 10


def test_bands_are_made_for_nobody_who_does_not_ask():
    prompt = decode_prompt(wide_file(), "file")
    assert prompt.bands is None
    assert not prompt.whole
    assert prompt.octets == prompt.samples.nbytes


def test_a_file_of_the_telephones_rate_has_no_bands():
    prompt = decode_prompt(wide_file(8000), "file", wide=True)
    assert prompt.bands is None
    assert prompt.whole


def counting_cache() -> tuple[PromptCache, list[dict[str, Any]]]:
    """Return a cache, and with what it asked for files to be decoded."""
    decoded = []

    async def run(function: Any, *arguments: Any, **named: Any) -> Any:
        if function is decode_prompt:
            decoded.append(named)
        return function(*arguments, **named)

    return PromptCache(cast(Any, run)), decoded


async def test_bands_are_made_once_when_they_are_first_asked_for():
    cache, decoded = counting_cache()
    for wide in (False, True, True, False):
        prompt = await cache.decode(wide_file(), "file", wide=wide)
    assert prompt.bands is not None
    assert decoded == [{"wide": False}, {"wide": True}]
    assert cache.store.octets == prompt.octets


async def test_a_file_that_holds_no_more_is_not_decoded_again():
    cache, decoded = counting_cache()
    for wide in (False, True, True):
        await cache.decode(wide_file(8000), "file", wide=wide)
    assert len(decoded) == 1


def test_sound_with_bands_lasts_no_longer_than_is_allowed():
    with pytest.raises(PromptError, match=r"0\.1 seconds"):
        decode_prompt(wide_file(), "file", PromptLimits(max_seconds=0.1), wide=True)
