"""The RTP peer, proved against another of its kind; its G.711 against the Recommendation's known points."""

import asyncio

import numpy as np
import pytest

from tests.testkit.outside_sound import (
    dtmf,
    frames_of_tone,
    from_alaw,
    from_ulaw,
    seconds_of_sound,
    seconds_of_tone,
    share_of_tone,
    silence,
    speech_like,
    to_alaw,
    to_ulaw,
    tone,
)
from tests.testkit.rtp_peer import PCMA, PCMU, KeyPress, RtpPeer
from tests.testkit.waiting import NeverHappened

pytestmark = pytest.mark.loopback


@pytest.fixture
async def peers():
    here, there = await RtpPeer.open(), await RtpPeer.open(PCMA)
    here.connect("127.0.0.1", there.port)
    there.connect("127.0.0.1", here.port)
    yield here, there
    here.close()
    there.close()


@pytest.mark.parametrize(("encode", "decode"), [(to_ulaw, from_ulaw), (to_alaw, from_alaw)])
def test_g711_keeps_every_sample_within_its_step(encode, decode):
    samples = np.arange(-32768, 32768, dtype=np.int32).astype(np.int16)
    error = np.abs(decode(encode(samples)).astype(np.int32) - samples)
    assert np.all(error <= np.maximum(np.abs(samples.astype(np.int32)) // 28, 8) + 8)


def test_g711_has_the_code_words_of_the_recommendation():
    assert to_ulaw(np.array([0, 32767, -32768], np.int16)) == b"\xff\x80\x00"
    assert to_alaw(np.array([0, 32767, -32768], np.int16)) == b"\xd5\xaa\x2a"


def test_tones_are_told_from_each_other_from_silence_and_from_speech():
    assert seconds_of_tone(tone(450, 1.0), 450) == pytest.approx(1.0)
    assert not frames_of_tone(tone(450, 1.0), 600).any()
    assert not frames_of_tone(silence(1.0), 450).any()
    assert seconds_of_tone(speech_like(2.0), 450) < 0.1
    assert seconds_of_sound(speech_like(2.0)) > 1.5
    assert share_of_tone(dtmf("5"), 770) == pytest.approx(0.5, abs=0.05)


async def test_both_hear_the_tone_of_the_other(peers):
    here, there = peers
    await asyncio.gather(here.say(tone(450, 0.4)), there.say(tone(650, 0.4)))
    await here.hears(650, 0.36)
    await there.hears(450, 0.36)
    assert seconds_of_tone(here.heard(), 450) == 0
    assert there.gaps().missing == 0


async def test_keys_arrive_once_whatever_is_lost_or_doubled(peers):
    here, there = peers
    await here.press(
        [
            KeyPress("1"),
            KeyPress("2", lose_first=2),
            KeyPress("#", lose_ends=2, marker=False),
            KeyPress("2", duplicate=True),
        ],
        gap=0.04,
    )
    assert there.digits_heard() == "12#2"
    assert there.gaps().missing == 4


async def test_a_tone_that_never_comes_is_a_failure_that_says_what_was_heard(peers):
    here, there = peers
    await there.say(tone(650, 0.1))
    with pytest.raises(NeverHappened, match="strongest at 650 Hz"):
        await here.hears(450, within=0.1)


async def test_the_payload_type_of_each_side_is_its_own(peers):
    here, there = peers
    await here.say(tone(450, 0.1))
    await there.hears(450, 0.08)
    await there.say(tone(650, 0.1))
    await here.hears(650, 0.08)
    assert {packet.payload_type for packet in there.received} == {PCMU}
    assert {packet.payload_type for packet in here.received} == {PCMA}
