import numpy as np
import pytest

from engine.streams.wire_sound import FRAME, Inlet, Outlet
from media.codecs import g711
from media.tone import tone
from rcml.streaming import StreamEncoding
from tests.testkit.sound import level_at


def test_mulaw_is_one_octet_a_sample_both_ways():
    sound = tone(500, 0.02)
    payload = Outlet(StreamEncoding.MULAW, 8000, 1).encode(sound)
    assert payload == g711.encode_mulaw(sound)
    assert np.array_equal(Inlet(StreamEncoding.MULAW, 8000).decode(payload), g711.decode_mulaw(payload))


@pytest.mark.parametrize("rate", [8000, 16000, 24000])
def test_every_frame_of_l16_is_whole_from_the_first_on(rate):
    outlet = Outlet(StreamEncoding.L16, rate, 1)
    sound = tone(500, 0.2)
    frames = [outlet.interleave([sound[at : at + FRAME]]) for at in range(0, len(sound), FRAME)]
    assert {len(frame) for frame in frames} == {2 * rate // 50}
    samples = np.frombuffer(b"".join(frames), "<i2")
    assert level_at(samples[rate // 20 :], 500, rate) == pytest.approx(level_at(sound, 500), abs=0.3)


def test_two_tracks_take_turns():
    frame = Outlet(StreamEncoding.L16, 8000, 2).interleave(
        [np.full(FRAME, 1, np.int16), np.full(FRAME, 2, np.int16)]
    )
    assert np.frombuffer(frame, "<i2")[:4].tolist() == [1, 2, 1, 2]


def test_samples_are_little_endian():
    assert Outlet(StreamEncoding.L16, 8000, 1).interleave([np.full(FRAME, 258, np.int16)])[:2] == b"\x02\x01"
    assert Inlet(StreamEncoding.L16, 8000).decode(b"\x02\x01").tolist() == [258]
