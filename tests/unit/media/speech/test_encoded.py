"""Sound of strangers, decoded while it comes in."""

import io
import struct

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.errors import SpeechError
from media.sound import Samples
from media.speech.encoded import SoundDecoder, decoder_for
from media.tone import tone
from tests.testkit.sound import loudest_frequency

TONE = tone(440, 1.0)


def wav(samples: Samples, rate: int = 8000, *, length: int | None = None, extra: bytes = b"") -> bytes:
    """Return a mono WAV file whose header says ``length`` octets."""
    octets = samples.astype("<i2").tobytes()
    form = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, rate, 2 * rate, 2, 16)
    head = b"RIFF" + struct.pack("<I", 0xFFFFFFFF) + b"WAVE" + form + extra
    return head + b"data" + struct.pack("<I", len(octets) if length is None else length) + octets


def mpeg(samples: Samples) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as container:
        stream = container.add_stream("mp3", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = 8000
        resampler = av.AudioResampler(format="s16p", layout="mono", rate=16000, frame_size=576)
        for each in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(each))
        container.mux(stream.encode(None))
    return file.getvalue()


def decoded(decoder: SoundDecoder, octets: bytes, cut: int = 1000) -> Samples:
    parts = [decoder.decode(octets[at : at + cut]) for at in range(0, len(octets), cut)]
    return np.concatenate([*parts, decoder.finish()])


@pytest.mark.parametrize("cut", [1, 7, 4096, 100_000])
@pytest.mark.parametrize(
    ("content_type", "octets"),
    [
        ("audio/wav", wav(TONE)),
        ("audio/x-wav", wav(TONE, extra=b"LIST" + struct.pack("<I", 5) + b"abcde\0")),
        ("audio/L16;rate=8000", TONE.astype("<i2").tobytes()),
        ("application/octet-stream", TONE.astype("<i2").tobytes()),
    ],
)
def test_samples_come_out_as_they_went_in_however_they_are_cut(content_type: str, octets: bytes, cut: int):
    assert np.array_equal(decoded(decoder_for(content_type, 8000), octets, cut), TONE)


@pytest.mark.parametrize("length", [0, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_wav_file_of_unknown_length_is_played_to_its_end(length: int):
    assert np.array_equal(decoded(decoder_for("audio/wav", 8000), wav(TONE, length=length)), TONE)


def test_what_follows_the_samples_of_a_wav_file_is_no_sound():
    octets = wav(TONE) + b"LIST" + struct.pack("<I", 400) + b"x" * 400
    assert np.array_equal(decoded(decoder_for("audio/wav", 8000), octets), TONE)


@pytest.mark.parametrize("rate", [16000, 22050, 24000, 48000])
def test_other_rates_become_the_telephones(rate: int):
    octets = tone(440, 1.0, rate=rate).astype("<i2").tobytes()
    sound = decoded(decoder_for(f"audio/l16;rate={rate}", 8000), octets)
    assert len(sound) == pytest.approx(8000, abs=40)
    assert loudest_frequency(sound) == pytest.approx(440, abs=3)


def test_raw_samples_that_name_no_rate_have_that_of_their_kind_of_voice():
    assert len(decoded(decoder_for("audio/pcm", 24000), bytes(48000))) == pytest.approx(8000, abs=40)


def test_mpeg_audio_is_decoded_as_it_comes():
    octets = mpeg(TONE)
    decoder = decoder_for("audio/mpeg", 8000)
    half = decoder.decode(octets[: len(octets) // 2])
    assert 2000 < len(half) < 6000
    sound = np.concatenate([half, decoder.decode(octets[len(octets) // 2 :]), decoder.finish()])
    assert loudest_frequency(sound) == pytest.approx(440, abs=3)


@pytest.mark.parametrize("content_type", [None, "", "text/html", "application/json", "audio/ogg", "audio/\n"])
def test_what_is_no_known_sound_is_refused_by_its_type(content_type: str | None):
    with pytest.raises(SpeechError, match="send audio/wav, audio/mpeg or audio/l16"):
        decoder_for(content_type, 8000)


@pytest.mark.parametrize("rate", ["0", "-8000", "8e3", "999999", "x"])
def test_a_rate_that_cannot_be_is_named(rate: str):
    with pytest.raises(SpeechError, match="4000 to 192000"):
        decoder_for(f'audio/l16;rate="{rate}"', 8000)


@pytest.mark.parametrize(
    ("content_type", "octets"),
    [
        ("audio/wav", b"<html>no such voice</html>"),
        ("audio/wav", b"RIFF"),
        ("audio/wav", b"RIFF\0\0\0\0WAVEdata\x10\0\0\0" + bytes(16)),
        ("audio/wav", b"RIFF\0\0\0\0WAVE" + b"junk\x00\x40\0\0" * 20_000),
        ("audio/wav", wav(TONE, rate=1)),
        ("audio/mpeg", b"{'error': 'quota'}"),
        ("audio/mpeg", b"not sound " * 10_000),
        ("audio/l16;rate=8000", b""),
        ("audio/wav", b""),
    ],
)
def test_garbage_is_an_error_and_no_noise(content_type: str, octets: bytes):
    with pytest.raises(SpeechError):
        decoded(decoder_for(content_type, 8000), octets)


@given(st.sampled_from(["audio/wav", "audio/mpeg"]), st.binary(max_size=300), st.integers(1, 50))
def test_any_octets_are_sound_or_a_speech_error(content_type: str, octets: bytes, cut: int):
    try:
        decoded(decoder_for(content_type, 8000), octets, cut)
        decoded(decoder_for(content_type, 8000), wav(TONE[:160])[:30] + octets, cut)
    except SpeechError:
        pass
