"""Opus through libopus: packets, and what a peer may ask of our encoder (RFC 7587)."""

import numpy as np
import pytest

from media.codecs import opus
from media.codecs.opus import OpusStates, OpusWishes
from media.errors import MediaMisuse
from tests.testkit.wide_peer import WIDE_RATE, level, wide_tone


def spoken(wishes: OpusWishes, sound: np.ndarray) -> list[bytes]:
    states = OpusStates(wishes)
    return [states.encode(sound[start : start + 320]) for start in range(0, len(sound) - 319, 320)]


def test_a_tone_passes():
    states = OpusStates()
    packets = spoken(OpusWishes(), wide_tone(1000, 0.5))
    heard = np.concatenate([states.decode(packet) for packet in packets])
    assert level(heard, 1000, WIDE_RATE) == pytest.approx(-12.2, abs=2)


def test_a_peer_that_plays_8_khz_is_sent_nothing_above_4():
    sound = wide_tone(1000, 0.6) + wide_tone(6000, 0.6)
    for rate, passes in ((16000, True), (48000, True), (8000, False)):
        packets = spoken(OpusWishes.parse(f"maxplaybackrate={rate}"), sound)
        states = OpusStates()
        heard = np.concatenate([states.decode(packet) for packet in packets])
        assert (level(heard, 6000, WIDE_RATE) > -25) is passes


def test_silence_is_left_out_where_the_peer_takes_that():
    silence = np.zeros(16000, np.int16)
    assert any(len(packet) <= 2 for packet in spoken(OpusWishes.parse("usedtx=1"), silence))
    assert not any(len(packet) <= 2 for packet in spoken(OpusWishes.parse("usedtx=0"), silence))


@pytest.mark.parametrize(
    ("fmtp", "wishes"),
    [
        ("", OpusWishes()),
        ("useinbandfec=1; usedtx=1", OpusWishes(fec=True, dtx=True)),
        ("maxaveragebitrate=12000;maxplaybackrate=8000", OpusWishes(bitrate=12000, playback_rate=8000)),
        ("maxaveragebitrate=999999;maxplaybackrate=48000", OpusWishes()),
        ("maxaveragebitrate=1;maxplaybackrate=-5;useinbandfec=yes;;=", OpusWishes(bitrate=6000)),
    ],
)
def test_what_a_peer_asks_for_is_read_with_bounds(fmtp, wishes):
    assert OpusWishes.parse(fmtp) == wishes


def test_rubbish_is_no_sound_and_no_error():
    assert len(OpusStates().decode(b"\xff" * 7)) == 0


def test_a_packet_of_no_length_that_opus_has_is_refused():
    with pytest.raises(MediaMisuse, match="no packet of 333 samples"):
        OpusStates().encode(np.zeros(333, np.int16))


def test_the_library_is_there():
    assert all(opus.functions())
